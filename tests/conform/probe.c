// SPDX-License-Identifier: Apache-2.0
/*
 * conform-probe: the program inside of the containers that tests/conform makes. It prints what it
 * sees as one JSON object, a member for each word of its command line:
 *
 *	self               what a process knows of itself
 *	read:PATH          a file's text          stat:PATH   what is there
 *	list:PATH          a folder's names       link:PATH   a link's text
 *	write:PATH=TEXT    0 or the error         open:PATH   0 or the error (for reading)
 *	mkdir:PATH  mknod:TYPE:MAJOR:MINOR:PATH   0 or the error
 *	call:NUMBER:ARG…   result or the error of a system call
 *	wait               at the end: print, then stay until a signal ends it
 *	exit:N             at the end: print, then exit with that status
 *	out:PATH           print to that file, not to standard output
 *	hook:NAME          as a hook: "state" is what standard input holds
 *
 * As it is static and needs no other file, a root file system of this program alone will do.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static FILE *out;

static void put_text(const char *s, size_t n)
{
	fputc('"', out);
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20 || c > 0x7e)
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static void put(const char *s)
{
	put_text(s, strlen(s));
}

static void member(const char *key, const char *value)
{
	put(key);
	fputs(": ", out);
	put(value);
	fputs(",\n", out);
}

static void number(const char *key, long long value)
{
	put(key);
	fprintf(out, ": %lld,\n", value);
}

static const char *error_name(int code)
{
	static const struct {
		int code;
		const char *name;
	} names[] = {{EPERM, "EPERM"},   {ENOENT, "ENOENT"}, {EACCES, "EACCES"},   {EROFS, "EROFS"},
		     {EINVAL, "EINVAL"}, {ENOSYS, "ENOSYS"}, {ENOTDIR, "ENOTDIR"}, {ELOOP, "ELOOP"},
		     {EEXIST, "EEXIST"}, {EBUSY, "EBUSY"},   {EBADF, "EBADF"},     {ENXIO, "ENXIO"},
		     {EIO, "EIO"},       {ENOMEM, "ENOMEM"}, {EAGAIN, "EAGAIN"},   {ESRCH, "ESRCH"},
		     {ENOTTY, "ENOTTY"}, {EFAULT, "EFAULT"}};
	static char other[32];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].code == code)
			return names[i].name;
	snprintf(other, sizeof(other), "errno %d", code);
	return other;
}

static void result(const char *key, int r)
{
	if (r < 0)
		member(key, error_name(errno));
	else
		number(key, r);
}

/* ---- what a process knows of itself ------------------------------------------------------- */

static void put_strings(const char *key, char *const *v)
{
	put(key);
	fputs(": [", out);
	for (size_t i = 0; v[i]; i++) {
		fputs(i ? ", " : "", out);
		put(v[i]);
	}
	fputs("],\n", out);
}

static void put_ids(void)
{
	static gid_t groups[65536];
	int n = getgroups(65536, groups);
	mode_t mask = umask(0);

	umask(mask);
	number("uid", getuid());
	number("gid", getgid());
	number("euid", geteuid());
	number("umask", mask);
	fputs("\"groups\": [", out);
	for (int i = 0; i < n; i++)
		fprintf(out, "%s%u", i ? ", " : "", (unsigned)groups[i]);
	fputs("],\n", out);
}

static void put_limits(void)
{
	fputs("\"rlimits\": [", out);
	for (int i = 0; i < 16; i++) {
		struct rlimit l = {0, 0};

		prlimit(0, i, NULL, &l);
		fprintf(out, "%s[%llu, %llu]", i ? ", " : "", (unsigned long long)l.rlim_cur,
			(unsigned long long)l.rlim_max);
	}
	fputs("],\n", out);
}

static void put_schedule(void)
{
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
		uint32_t more[2];
	} a = {.size = sizeof(a)};
	cpu_set_t set;

	if (syscall(SYS_sched_getattr, 0, &a, sizeof(a), 0) == 0)
		fprintf(out,
			"\"scheduler\": {\"policy\": %u, \"flags\": %llu, \"nice\": %d, "
			"\"priority\": %u, "
			"\"runtime\": %llu, \"deadline\": %llu, \"period\": %llu},\n",
			a.policy, (unsigned long long)a.flags, a.nice, a.priority,
			(unsigned long long)a.runtime, (unsigned long long)a.deadline,
			(unsigned long long)a.period);
	number("ioprio", syscall(SYS_ioprio_get, 1, 0));
	CPU_ZERO(&set);
	sched_getaffinity(0, sizeof(set), &set);
	fputs("\"cpus\": [", out);
	for (int i = 0, n = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &set))
			fprintf(out, "%s%d", n++ ? ", " : "", i);
	fputs("],\n", out);
}

static void put_clocks(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	number("monotonic", t.tv_sec);
	clock_gettime(CLOCK_BOOTTIME, &t);
	number("boottime", t.tv_sec);
}

static void put_memory_policy(void)
{
	unsigned long nodes[16] = {0};
	int mode = -1;

	if (syscall(SYS_get_mempolicy, &mode, nodes, sizeof(nodes) * 8, NULL, 0) < 0)
		mode = -errno;
	number("mempolicy", mode);
	number("mempolicy_nodes", (long long)nodes[0]);
}

static void put_streams(void)
{
	fputs("\"tty\": [", out);
	for (int fd = 0; fd < 3; fd++)
		fprintf(out, "%s%d", fd ? ", " : "", isatty(fd));
	fputs("],\n\"fds\": [", out);
	for (int fd = 0, n = 0; fd < 1024; fd++)
		if ((out == stdout || fd != fileno(out)) && fcntl(fd, F_GETFD) >= 0)
			fprintf(out, "%s%d", n++ ? ", " : "", fd);
	fputs("],\n", out);
	{
		struct winsize size;

		if (ioctl(0, TIOCGWINSZ, &size) == 0)
			fprintf(out, "\"winsize\": [%u, %u],\n", size.ws_row, size.ws_col);
	}
}

static void put_self(char **argv, char **envp)
{
	struct utsname u;
	char cwd[4096];

	uname(&u);
	put_strings("argv", argv);
	put_strings("env", envp);
	member("cwd", getcwd(cwd, sizeof(cwd)) ? cwd : error_name(errno));
	member("hostname", u.nodename);
	member("domainname", u.domainname);
	member("machine", u.machine);
	number("pid", getpid());
	number("ppid", getppid());
	number("sid", getsid(0));
	number("dumpable", prctl(PR_GET_DUMPABLE));
	number("no_new_privs", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	number("securebits", prctl(PR_GET_SECUREBITS));
	number("seccomp", prctl(PR_GET_SECCOMP));
	put_ids();
	put_limits();
	put_schedule();
	put_clocks();
	put_memory_policy();
	put_streams();
}

/* ---- files -------------------------------------------------------------------------------- */

static void read_path(const char *key, const char *path)
{
	static char text[1 << 18];
	int fd = open(path, O_RDONLY | O_NONBLOCK);
	size_t n = 0;
	ssize_t r = fd;

	while (fd >= 0 && n < sizeof(text) && (r = read(fd, text + n, sizeof(text) - n)) > 0)
		n += (size_t)r;
	if (r < 0) {
		member(key, error_name(errno));
	} else {
		put(key);
		fputs(": ", out);
		put_text(text, n);
		fputs(",\n", out);
	}
	if (fd >= 0)
		close(fd);
}

static void stat_path(const char *key, const char *path)
{
	struct stat st;
	const char *type;

	if (lstat(path, &st) < 0) {
		member(key, error_name(errno));
		return;
	}
	type = S_ISDIR(st.st_mode)    ? "dir"
	       : S_ISREG(st.st_mode)  ? "file"
	       : S_ISLNK(st.st_mode)  ? "link"
	       : S_ISCHR(st.st_mode)  ? "char"
	       : S_ISBLK(st.st_mode)  ? "block"
	       : S_ISFIFO(st.st_mode) ? "fifo"
				      : "socket";
	put(key);
	fprintf(out,
		": {\"type\": \"%s\", \"mode\": %u, \"uid\": %u, \"gid\": %u, \"major\": %u, "
		"\"minor\": %u, \"size\": %lld, \"dev\": %llu, \"ino\": %llu},\n",
		type, (unsigned)st.st_mode & 07777, st.st_uid, st.st_gid, major(st.st_rdev),
		minor(st.st_rdev), (long long)st.st_size, (unsigned long long)st.st_dev,
		(unsigned long long)st.st_ino);
}

static void list_path(const char *key, const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	int n = 0;

	if (!d) {
		member(key, error_name(errno));
		return;
	}
	put(key);
	fputs(": [", out);
	while ((e = readdir(d))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		fputs(n++ ? ", " : "", out);
		put(e->d_name);
	}
	closedir(d);
	fputs("],\n", out);
}

static void link_path(const char *key, const char *path)
{
	char text[4096];
	ssize_t n = readlink(path, text, sizeof(text) - 1);

	if (n < 0) {
		member(key, error_name(errno));
		return;
	}
	text[n] = '\0';
	member(key, text);
}

static void write_path(const char *key, char *path)
{
	char *text = strchr(path, '=');
	int fd, r;

	if (!text)
		return;
	*text++ = '\0';
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	r = fd < 0 ? -1 : (int)write(fd, text, strlen(text));
	if (fd >= 0) {
		int saved = errno;

		close(fd);
		errno = saved;
	}
	text[-1] = '=';
	result(key, r < 0 ? r : 0);
}

static void open_path(const char *key, const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	result(key, fd < 0 ? fd : 0);
	if (fd >= 0)
		close(fd);
}

static void make_node(const char *key, const char *words)
{
	char type, path[512];
	unsigned ma, mi;
	int r;

	if (sscanf(words, "%c:%u:%u:%511s", &type, &ma, &mi, path) != 4)
		return;
	r = mknod(path, (type == 'b' ? S_IFBLK : S_IFCHR) | 0600, makedev(ma, mi));
	result(key, r);
	if (r == 0)
		unlink(path);
}

static void call(const char *key, const char *words)
{
	long a[7] = {0};
	char *end;
	long r;

	for (int i = 0; i < 7 && *words; i++) {
		a[i] = (long)strtoull(words, &end, 0);
		words = *end == ':' ? end + 1 : end;
	}
	r = syscall(a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
	result(key, r < 0 ? -1 : (int)r);
}

/* ------------------------------------------------------------------------------------------- */

static bool has_prefix(char *word, const char *prefix, char **ret)
{
	size_t n = strlen(prefix);

	*ret = word + n;
	return strncmp(word, prefix, n) == 0;
}

static void perform(char *word, char **argv, char **envp)
{
	static const struct {
		const char *prefix;
		void (*run)(const char *key, const char *path);
	} plain[] = {{"read:", read_path}, {"stat:", stat_path}, {"list:", list_path},
		     {"link:", link_path}, {"open:", open_path}, {"mknod:", make_node},
		     {"call:", call}};
	char *rest;

	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		if (has_prefix(word, plain[i].prefix, &rest))
			plain[i].run(word, rest);
	if (strcmp(word, "self") == 0)
		put_self(argv, envp);
	else if (has_prefix(word, "write:", &rest))
		write_path(word, rest);
	else if (has_prefix(word, "mkdir:", &rest))
		result(word, mkdir(rest, 0755));
}

/* A hook may run where there is no /proc, so it reads its standard input itself. */
static void put_input(const char *name)
{
	static char text[1 << 16];
	size_t n = 0;
	ssize_t r;

	while (n < sizeof(text) && (r = read(0, text + n, sizeof(text) - n)) > 0)
		n += (size_t)r;
	member("hook", name);
	fputs("\"state\": ", out);
	put_text(text, n);
	fputs(",\n", out);
}

/* The first process of a PID namespace is sent only what it has a handler for. */
static void end(int signal_number)
{
	_exit(128 + signal_number);
}

int main(int argc, char **argv, char **envp)
{
	int status = 0;
	bool stay = false;
	char *rest;

	out = stdout;
	for (int i = 1; i < argc; i++) {
		if (has_prefix(argv[i], "out:", &rest))
			out = fopen(rest, "ae");
		else if (strcmp(argv[i], "wait") == 0)
			stay = true;
		else if (has_prefix(argv[i], "exit:", &rest))
			status = atoi(rest);
	}
	if (!out)
		return 99;
	fputs("{\n", out);
	for (int i = 1; i < argc; i++) {
		if (has_prefix(argv[i], "hook:", &rest))
			put_input(rest);
		else
			perform(argv[i], argv, envp);
	}
	fputs("\"end\": true}\n", out);
	fflush(out);
	signal(SIGTERM, end);
	while (stay)
		pause();
	return status;
}
