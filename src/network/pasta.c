// SPDX-License-Identifier: Apache-2.0
#include "pasta.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include "file.h"
#include "macros.h"
#include "parse.h"
#include "process.h"

static const char pid_file[] = "pasta.pid";

enum { SAID_MAX = 1023, WORDS = 24 + 2 * 64, NETNS = 3, USERNS = 4, END_MS = 5000 };

const char *pasta_program(struct err *err)
{
	static const char *const places[] = {"/usr/bin/pasta", "/usr/local/bin/pasta",
					     "/bin/pasta"};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (access(places[i], X_OK) == 0)
			return places[i];
	err_set(err, 0,
		"the program 'pasta' is missing, which connects containers of ordinary users "
		"to the outside");
	err_remedy(err, "install it (package passt), or use --net none");
	return NULL;
}

void pasta_port_word(const struct published *p, struct out *o)
{
	char ip[IP_TEXT_MAX];
	unsigned last = p->count - 1U;

	out_printf(o, " -%c %s%s%u", p->protocol == IPPROTO_UDP ? 'u' : 't',
		   p->ip.family ? ip_format(&p->ip, ip) : "", p->ip.family ? "/" : "", p->host);
	if (last)
		out_printf(o, "-%u", p->host + last);
	out_printf(o, ":%u", p->container);
	if (last)
		out_printf(o, "-%u", p->container + last);
}

/* Words between blanks become an argument list, in place. */
static size_t split(char *text, const char **argv, size_t room)
{
	size_t n = 0;

	while (n < room && *(text += strspn(text, " "))) {
		argv[n++] = text;
		text += strcspn(text, " ");
		if (*text)
			*text++ = '\0';
	}
	return n;
}

/* The child's half. The namespaces are at fixed numbers; pasta opens them by these paths, as
 * /proc/PID/ns of the container's process is closed to everybody. */
NORETURN static void exec_pasta(const char *path, char *const *argv, int netns, int userns,
				int said)
{
	int null = open("/dev/null", O_RDWR);
	sigset_t none;
	int ns = fcntl(netns, F_DUPFD_CLOEXEC, 10), user = fcntl(userns, F_DUPFD_CLOEXEC, 10);

	said = fcntl(said, F_DUPFD_CLOEXEC, 10);
	dup2(null, STDIN_FILENO);
	dup2(said, STDOUT_FILENO);
	dup2(said, STDERR_FILENO);
	dup2(ns, NETNS);
	dup2(user, USERNS);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execv(path, argv);
	_exit(127);
}

static int refused(const char *said, int status, struct err *err)
{
	size_t len = strlen(said), from = 0;

	/* Its last line says why. */
	while (len > 0 && said[len - 1] == '\n')
		len--;
	for (size_t i = 0; i < len; i++)
		if (said[i] == '\n')
			from = i + 1;
	err_set(err, 0, "pasta cannot connect containers to the outside: %.*s",
		(int)MIN(len - from, 200), len ? said + from : "it says nothing");
	/* It warns of what it lacks for IPv6 before, whatever it fails at in the end. */
	said += from;
	if (strstr(said, "bind") && strstr(said, "::1/"))
		return err_remedy(err,
				  "over IPv6 pasta publishes ports where the host has a route "
				  "to the outside over IPv6 (ip -6 route); else the port is in "
				  "use (ss -ltnu)");
	if (strstr(said, "bind"))
		return err_remedy(err,
				  "a published port is in use (ss -ltnu), or below 1024, which "
				  "is for root (sysctl net.ipv4.ip_unprivileged_port_start)");
	if (strstr(said, "nterface not usable") || strstr(said, "routable interface") ||
	    strstr(said, "default route"))
		return err_remedy(err, "this host has no route to the outside itself: ip route; "
				       "without a network: --net none");
	if (access("/dev/net/tun", R_OK | W_OK) < 0)
		return err_remedy(err,
				  "'/dev/net/tun' must be there and open to everybody: modprobe "
				  "tun; chmod 666 /dev/net/tun");
	return WIFEXITED(status) ? err_remedy(err, "its exit status is %d", WEXITSTATUS(status))
				 : -EINVAL;
}

static int wait_until_ready(pid_t pid, int said, struct err *err)
{
	char text[SAID_MAX + 1];
	size_t n = 0;
	ssize_t r;
	int status = 0;

	/* Its background half has closed the descriptor when it is ready. */
	while (n < SAID_MAX &&
	       ((r = read(said, text + n, SAID_MAX - n)) > 0 || (r < 0 && errno == EINTR)))
		n += r > 0 ? (size_t)r : 0;
	text[n] = '\0';
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : refused(text, status, err);
}

/* What is not asked for is not forwarded, in neither direction; by itself pasta would. */
static void words(const struct pasta *p, const char *path, struct out *o)
{
	bool tcp = false, udp = false;

	for (uint32_t i = 0; i < p->n_ports; i++) {
		pasta_port_word(&p->ports[i], o);
		tcp = tcp || p->ports[i].protocol == IPPROTO_TCP;
		udp = udp || p->ports[i].protocol == IPPROTO_UDP;
	}
	out_printf(o, "%s%s -T none -U none%s --quiet --pid %s/%s", tcp ? "" : " -t none",
		   udp ? "" : " -u none", p->options, path, pid_file);
	out_printf(o, " --netns /proc/self/fd/%d --userns /proc/self/fd/%d", NETNS, USERNS);
}

int pasta_start(const struct pasta *pasta, int netns, const char *path, struct err *err)
{
	OUT_CLEANUP struct out line = {0};
	const char *argv[WORDS + 2] = {"pasta"};
	CLOSE_FD int userns = ioctl(netns, NS_GET_USERNS);
	CLOSE_FD int ours = -1, theirs = -1;
	int said[2];
	pid_t pid;

	if (userns < 0)
		return err_errno(err, "cannot open the container's user namespace");
	if (pipe2(said, O_CLOEXEC) < 0)
		return err_errno(err, "cannot make a pipe");
	ours = said[0];
	theirs = said[1];
	words(pasta, path, &line);
	split(line.text, argv + 1, WORDS);
	pid = fork();
	if (pid == 0)
		exec_pasta(pasta->program, (char *const *)argv, netns, userns, theirs);
	close(TAKE_FD(theirs));
	return pid < 0 ? err_errno(err, "cannot start '%s'", pasta->program)
		       : wait_until_ready(pid, ours, err);
}

/* A descriptor of the process, or -errno. */
static int open_recorded(int runtime)
{
	CLOSE_FD int pidfd = -1;
	char text[24], path[40], name[32];
	int64_t pid;

	if (read_line_at(runtime, pid_file, text, sizeof(text)) <= 0 ||
	    parse_i64(text, 2, INT32_MAX, &pid) < 0)
		return -ESRCH;
	pidfd = process_open((pid_t)pid);
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	/* pasta, passt.avx2: the number may be another's by now. */
	if (pidfd < 0 || read_line_at(AT_FDCWD, path, name, sizeof(name)) <= 0 ||
	    strncmp(name, "pas", 3) != 0)
		return -ESRCH;
	return TAKE_FD(pidfd);
}

bool pasta_lives(int runtime)
{
	CLOSE_FD int pidfd = open_recorded(runtime);

	return pidfd >= 0;
}

void pasta_stop(int runtime)
{
	CLOSE_FD int pidfd = open_recorded(runtime);

	/* Then its ports are free for whoever comes next. */
	if (pidfd >= 0 && process_signal(pidfd, SIGKILL) == 0)
		poll(&(struct pollfd){.fd = pidfd, .events = POLLIN}, 1, END_MS);
	unlinkat(runtime, pid_file, 0);
}
