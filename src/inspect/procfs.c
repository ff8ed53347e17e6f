// SPDX-License-Identifier: Apache-2.0
#include "procfs.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include "file.h"
#include "parse.h"

int procfs_open(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		err_errno(err, "cannot open '%s'", path);
		return err_remedy(err, "mount it: mount -t proc proc %s", path);
	}
	return fd;
}

/* linux/dirent.h: not in the headers of every libc. */
struct dirent64_header {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

struct pids {
	int32_t *v;
	size_t n, size;
};

static int add_pid(struct pids *pids, int32_t pid)
{
	if (pids->n == pids->size) {
		size_t size = pids->size ? 2 * pids->size : 64;
		int32_t *v = realloc(pids->v, size * sizeof(*v));

		if (!v)
			return -ENOMEM;
		pids->v = v;
		pids->size = size;
	}
	pids->v[pids->n++] = pid;
	return 0;
}

/* The numbers among the names of one block of entries. */
static int scan_block(struct pids *pids, const char *block, long len)
{
	for (long at = 0; at < len;) {
		const struct dirent64_header *d = (const void *)(block + at);
		int32_t pid = 0;
		const char *s = d->name;

		for (; *s >= '0' && *s <= '9' && pid < 100000000; s++)
			pid = pid * 10 + (*s - '0');
		if (!*s && s > d->name && add_pid(pids, pid) < 0)
			return -ENOMEM;
		at += d->reclen;
	}
	return 0;
}

static int compare_pids(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return x < y ? -1 : x > y;
}

int procfs_numbers(int dir, int32_t **ret, size_t *ret_n)
{
	/* On the stack, and the list small at first: this runs once per process for its
	 * descriptors, and large blocks from malloc() are mapped and unmapped each time. */
	enum { BLOCK = 16 << 10 };
	_Alignas(struct dirent64_header) char block[BLOCK];
	struct pids pids = {0};
	long n;
	int r = 0;

	lseek(dir, 0, SEEK_SET);
	while (r == 0 && (n = syscall(SYS_getdents64, dir, block, BLOCK)) > 0)
		r = scan_block(&pids, block, n);
	if (r == 0 && n < 0)
		r = -errno;
	if (r < 0) {
		free(pids.v);
		return r;
	}
	/* The kernel lists them in order; a directory made for a test may not. */
	for (size_t i = 1; i < pids.n; i++) {
		if (pids.v[i - 1] > pids.v[i]) {
			qsort(pids.v, pids.n, sizeof(*pids.v), compare_pids);
			break;
		}
	}
	*ret = pids.v;
	*ret_n = pids.n;
	return 0;
}

const char *procfs_path(char *buf, size_t size, int32_t pid, const char *name)
{
	snprintf(buf, size, "%d/%s", (int)pid, name);
	return buf;
}

/* "PID (comm) S PPID …": comm may hold blanks and parentheses, so its end is the last ')'. */
int procfs_stat(int proc, int32_t pid, struct proc_stat *ret)
{
	char path[PROCFS_PATH_SIZE], text[1024];
	ssize_t n = read_line_at(proc, procfs_path(path, sizeof(path), pid, "stat"), text,
				 sizeof(text));
	const char *open, *end;
	int ppid, used = 0;
	char state;

	if (n < 0)
		return (int)n;
	open = strchr(text, '(');
	end = strrchr(text, ')');
	if (!open || !end || end < open || sscanf(end + 1, " %c %d%n", &state, &ppid, &used) != 2)
		return -EINVAL;
	*ret = (struct proc_stat){.ppid = ppid, .state = state};
	n = MIN(end - open - 1, (ssize_t)sizeof(ret->comm) - 1);
	memcpy(ret->comm, open + 1, (size_t)n);
	return 0;
}

int procfs_uid(int proc, int32_t pid, uint32_t *ret)
{
	char path[PROCFS_PATH_SIZE];
	struct stat st;

	if (fstatat(proc, procfs_path(path, sizeof(path), pid, "."), &st, 0) < 0)
		return -errno;
	*ret = st.st_uid;
	return 0;
}

int procfs_command(int proc, int32_t pid, char **ret)
{
	enum { LONGEST = 32 << 10 }; /* longer command lines are cut */
	char path[PROCFS_PATH_SIZE];
	FREE_PTR char *text = malloc(LONGEST);
	ssize_t n;

	if (!text)
		return -ENOMEM;
	n = read_line_at(proc, procfs_path(path, sizeof(path), pid, "cmdline"), text, LONGEST);
	while (n > 0 && text[n - 1] == '\0')
		n--;
	if (n <= 0) /* a kernel thread or a zombie */
		n = read_line_at(proc, procfs_path(path, sizeof(path), pid, "comm"), text, LONGEST);
	if (n < 0)
		return (int)n;
	for (ssize_t i = 0; i < n; i++)
		if (text[i] == '\0')
			text[i] = ' ';
	text[n] = '\0';
	*ret = strdup(text);
	return *ret ? 0 : -ENOMEM;
}

void user_name(uint32_t uid, char *buf, size_t size)
{
	FREE_PTR char *text = NULL;
	char number[16];
	const char *line;

	snprintf(number, sizeof(number), "%u", uid);
	snprintf(buf, size, "%s", number);
	if (read_file_at(AT_FDCWD, "/etc/passwd", 16 << 20, &text) < 0)
		return;
	for (line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t name = strcspn(line, ":\n"), password = 0;

		if (line[name] != ':')
			continue;
		password = strcspn(line + name + 1, ":\n");
		if (line[name + 1 + password] != ':')
			continue;
		if (strncmp(line + name + password + 2, number, strlen(number)) == 0 &&
		    line[name + password + 2 + strlen(number)] == ':') {
			snprintf(buf, size, "%.*s", (int)name, line);
			return;
		}
	}
}
