// SPDX-License-Identifier: Apache-2.0
/*
 * enclose COMMAND...: runs a test program so that nothing of it stays behind.
 *
 * As root the command gets a mount namespace of its own, detached from the machine's, with the
 * same propagation of its root mount, and empty folders where kokon keeps state, so that tests
 * neither meet nor disturb containers of the machine. Orphans of the command become children of
 * this process (PR_SET_CHILD_SUBREAPER, prctl(2)): those that live on when the command has ended
 * are printed as a failed TAP case and killed. KOKON_TEST_REAPER tells the tests its PID,
 * KOKON_TEST_SCRATCH a folder that is removed at the end.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void warn_errno(const char *what)
{
	fprintf(stderr, "# enclose: %s: %s\n", what, strerror(errno));
}

/* Whether the mount that "/" belongs to has a peer group (proc_pid_mountinfo(5), "shared:N"). */
static bool root_is_shared(void)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[4096];
	bool shared = false;

	while (f && fgets(line, sizeof(line), f)) {
		char target[2048], optional[256];

		if (sscanf(line, "%*d %*d %*s %*s %2047s %*s %255s", target, optional) == 2 &&
		    strcmp(target, "/") == 0)
			shared = strncmp(optional, "shared:", 7) == 0;
	}
	if (f)
		fclose(f);
	return shared;
}

struct covered {
	const char *dir;
	const char *store; /* its folder below the scratch folder */
	bool made;         /* it was not there: taken away again */
};

/* An empty folder of the test's own over one that the machine uses. */
static void cover(struct covered *c, const char *scratch)
{
	const char *dir = c->dir;
	char from[512];

	c->made = mkdir(dir, 0755) == 0;
	if (snprintf(from, sizeof(from), "%s/%s", scratch, c->store) >= (int)sizeof(from))
		return;
	if ((mkdir(from, 0755) < 0 && errno != EEXIST) || mount(from, dir, NULL, MS_BIND, NULL) < 0)
		warn_errno(dir);
}

static int enter_namespace(const char *scratch, struct covered *covered)
{
	bool shared = root_is_shared();

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    (shared && mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL) < 0)) {
		warn_errno("no mount namespace of its own");
		return -errno;
	}
	for (; covered->dir; covered++)
		cover(covered, scratch);
	return 0;
}

static void describe(pid_t pid)
{
	char path[64], text[256];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	for (ssize_t i = 0; i + 1 < n; i++)
		if (text[i] == '\0')
			text[i] = ' ';
	text[n > 0 ? n : 0] = '\0';
	printf("# left behind: %d %s\n", (int)pid, text);
}

/* Calls do_child for each child; returns how many live ones there are. */
static int each_child(void (*do_child)(pid_t))
{
	DIR *proc = opendir("/proc");
	struct dirent *e;
	int n = 0;

	while (proc && (e = readdir(proc))) {
		char path[300], state;
		int parent;
		FILE *f;

		if (e->d_name[0] < '0' || e->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/stat", e->d_name);
		f = fopen(path, "re");
		if (!f)
			continue;
		if (fscanf(f, "%*d (%*[^)]) %c %d", &state, &parent) == 2 && parent == getpid() &&
		    state != 'Z') {
			n++;
			if (do_child)
				do_child(atoi(e->d_name));
		}
		fclose(f);
	}
	if (proc)
		closedir(proc);
	return n;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
}

static void reap(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

/* What is on its way out is given two seconds. Returns 1 when something had to be killed. */
static int end_orphans(void)
{
	const struct timespec moment = {.tv_nsec = 50 * 1000 * 1000};
	int found = 0;

	for (int i = 0; i < 40 && each_child(NULL) > 0; i++) {
		nanosleep(&moment, NULL);
		reap();
	}
	if (each_child(describe) > 0) {
		printf("1..1\nnot ok 1 - a process was left behind\n");
		found = 1;
	}
	/* Children of those killed come to us in their turn. */
	for (int i = 0; i < 40 && each_child(end) > 0; i++) {
		nanosleep(&moment, NULL);
		reap();
	}
	return found;
}

static void remove_scratch(const char *scratch)
{
	pid_t pid = fork();

	if (pid == 0) {
		execlp("rm", "rm", "-rf", "--one-file-system", "--", scratch, (char *)NULL);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static int run(char **argv)
{
	pid_t pid = fork(), got;
	int status = 0;

	if (pid == 0) {
		execvp(argv[0], argv);
		warn_errno(argv[0]);
		_exit(127);
	}
	do {
		got = waitpid(-1, &status, 0);
	} while (got != pid && (got > 0 || errno == EINTR));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	char scratch[] = "/var/tmp/kokon-tests.XXXXXX", pid[16];
	struct covered covered[] = {{"/run/kokon", "state", false},
				    {"/run/netns", "netns", false},
				    {"/var/lib/kokon", "lib", false},
				    {NULL, NULL, false}};
	int outside = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC), status;

	if (argc < 2) {
		fprintf(stderr, "usage: enclose COMMAND...\n");
		return 2;
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("KOKON_TEST_REAPER", pid, 1);
	if (!mkdtemp(scratch)) {
		warn_errno(scratch);
		return 1;
	}
	chmod(scratch, 0755);
	setenv("KOKON_TEST_SCRATCH", scratch, 1);
	if (geteuid() != 0 || enter_namespace(scratch, covered) < 0) {
		close(outside);
		outside = -1;
	}
	status = run(argv + 1);
	if (end_orphans() && status == 0)
		status = 1;
	/* Seen from here the scratch folder may hold mounts of what must not be removed. */
	if (outside >= 0 && setns(outside, CLONE_NEWNS) < 0) {
		warn_errno("cannot go back to the first mount namespace");
		return 1;
	}
	for (struct covered *c = covered; c->dir; c++)
		if (c->made)
			rmdir(c->dir);
	remove_scratch(scratch);
	return status;
}
