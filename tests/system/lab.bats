# SPDX-License-Identifier: Apache-2.0
# docs/lab.md is run: each block of commands, in order, in one folder; what is shown after a block must be
# in its output, line by line and in that order. Blanks count as one, and "…" stands for anything.

load lib

setup() {
	common_setup
	need_root
	DOCS=$BATS_TEST_DIRNAME/../../docs
}

# The blocks of commands of a guide, one file each in $T/blocks: N.sh or N.fails, and N.text.
split_blocks() {
	mkdir -p "$T/blocks"
	awk -v dir="$T/blocks" '
		/^```sh/ { n++; file = sprintf("%s/%02d.%s", dir, n, $2 == "" ? "sh" : $2); next }
		/^```text/ { file = sprintf("%s/%02d.text", dir, n); next }
		/^```/ { file = ""; next }
		file { print > file }' "$1"
}

# Every line of $1 is in $2, in this order.
shows() {
	awk '
		function plain(s) { gsub(/[ \t]+/, " ", s); gsub(/^ | $/, "", s); return s }
		# The pieces between "…" stand one after the other.
		function matches(line, wanted,  n, i, at, piece) {
			n = split(wanted, piece, /…/)
			for (i = 1; i <= n; i++) {
				at = index(line, plain(piece[i]))
				if (!at) return 0
				line = substr(line, at + length(plain(piece[i])))
			}
			return 1
		}
		NR == FNR { if (plain($0) != "") want[++n] = $0; next }
		k < n && matches(plain($0), want[k + 1]) { k++ }
		END { if (k < n) { print "not shown: " want[k + 1]; exit 1 } }' "$1" "$2"
}

@test "docs/lab.md: every block of commands does what is shown" {
	local block name status_of
	for name in ip ps pgrep hostname; do need "$name"; done
	cgroup_of memory >/dev/null && cgroup_of pids >/dev/null || skip "no memory or pids controller"
	split_blocks "$DOCS/lab.md"
	mkdir "$T/lab"
	cd "$T/lab"
	PATH=${KOKON%/*}:$PATH
	for block in "$T"/blocks/*.sh "$T"/blocks/*.fails; do echo "$block"; done | sort >"$T/list"
	while read -r block; do
		name=${block##*/}
		status_of=0
		timeout 60 bash "$block" >"$T/output" 2>&1 </dev/null 3>&- || status_of=$?
		echo "--- $name (status $status_of)"
		cat "$block" "$T/output"
		case $name in
		*.sh) [ "$status_of" -eq 0 ] ;;
		*.fails) [ "$status_of" -ne 0 ] ;;
		esac
		[ ! -e "${block%.*}.text" ] || shows "${block%.*}.text" "$T/output"
	done <"$T/list"
	[ "$(wc -l <"$T/list")" -ge 18 ]
}

# The blocks of a document; what is said behind a command is translated.
blocks() { sed -n '/^```/,/^```/p' "$1" | sed 's/  *# .*//'; }

@test "a translation has the same blocks as its original" {
	local translated
	for translated in "$DOCS"/*.ru.md "$DOCS"/../README.ru.md; do
		diff <(blocks "${translated%.ru.md}.md") <(blocks "$translated")
	done
}
