# SPDX-License-Identifier: Apache-2.0
# The measuring programs: what they refuse, and that their numbers are of what they say.

load lib

PAIR=$BUILD/bench/pair

@test "pair: one line per command, in the order given, ratios to the base" {
	run -0 "$PAIR" -n 5 -w 0 --base second ::: first true ::: second true ::: third=1 false
	has "(5 rounds, interleaved; ratios to 'second', with 95% intervals)"
	[[ ${lines[1]} == first* && ${lines[2]} == second*"1.00 [1.00-1.00]"* && ${lines[3]} == third* ]]
}

@test "pair: measures the whole process" {
	need jq
	run -0 "$PAIR" -n 5 -w 0 --json ::: none true ::: nap sleep 0.1
	[ "$(jq '.commands[1].p10_ms >= 100 and .commands[1].p10_ms < 1000' <<<"$output")" = true ]
	[ "$(jq '.commands[0].median_ms < 100' <<<"$output")" = true ]
	[ "$(jq '.commands[1].median_ratio.low <= .commands[1].median_ratio.value' <<<"$output")" = true ]
}

@test "pair: every round runs every command once, after --prepare" {
	run -0 "$PAIR" -n 4 -w 1 --prepare "echo p >>'$T/log'" ::: a sh -c "echo a >>'$T/log'" ::: b sh -c "echo b >>'$T/log'"
	is "$(grep -c p "$T/log")" 10
	is "$(grep -c a "$T/log")" 5
	is "$(grep -c b "$T/log")" 5
}

@test "pair: a command that fails, is missing, is killed or hangs stops the measurement" {
	refused 1 "'x' exited with status 1, expected was 0" -- "$PAIR" ::: x false
	refused 1 "'x' exited with status 0, expected was 3" -- "$PAIR" ::: x=3 true
	refused 1 "'x' exited with status 127, expected was 0 (is the command there?)" -- "$PAIR" ::: x "$T/none"
	refused 1 "'x' was killed by signal 9" -- "$PAIR" ::: x sh -c 'kill -9 $$'
	refused 1 "'x' took longer than 1 s" -- "$PAIR" --limit 1 ::: x sleep 20
}

@test "pair: mistakes on the command line" {
	refused 2 "Usage: pair" -- "$PAIR"
	refused 2 "Usage: pair" -- "$PAIR" --frob ::: x true
	refused 1 "no command after the name 'x'" -- "$PAIR" ::: x
	refused 1 "no command after ':::'" -- "$PAIR" ::: x true :::
	refused 1 "bad value 'many' for --rounds" -- "$PAIR" --rounds many ::: x true
	refused 1 "no command is named 'y'" -- "$PAIR" --base y ::: x true
}
