// SPDX-License-Identifier: Apache-2.0
/*
 * Processes by pidfd: clone3(2), pidfd_open(2), pidfd_send_signal(2), waiting.
 */
#ifndef KOKON_PROCESS_H
#define KOKON_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* fork() through clone3(2). `flags` are CLONE_*; `exit_signal` is SIGCHLD or 0; `cgroup` is a
 * cgroup v2 directory to start in, or -1. *ret_pidfd (may be NULL) is the child's, in the parent.
 * Returns the pid, 0 in the child, or -errno. No atfork handlers run. */
pid_t process_clone(uint64_t flags, int exit_signal, int cgroup, int *ret_pidfd);

/* The same by clone(2), which filters of system calls can look into and let through more often;
 * for flags that it knows. */
pid_t process_clone_old(uint64_t flags, int *ret_pidfd);

/*
 * A child that calls `run`, which must execute a program or _exit(), while this process stands
 * still (vfork(2)). Where the machine's architecture is known here, both use the same memory until
 * then, so that none is copied, now or page by page later; `run` must not count on it, and has few
 * KB of stack. Returns the pid or -errno.
 */
pid_t process_spawn(int cgroup, void (*run)(void *context), void *context);

/* pidfd_open(2): a descriptor or -errno. */
int process_open(pid_t pid);
/* A namespace of a process, "net", by its file in /proc (namespaces(7)): a descriptor or -1 with
 * errno. */
int process_namespace(pid_t pid, const char *type);
/* The number that tells an open namespace from others; 0: `fd` is not open. */
uint64_t process_namespace_number(int fd);
/* pidfd_send_signal(2): 0 or -errno. */
int process_signal(int pidfd, int signal);
/* waitpid(2), retrying EINTR: the wait status through ret_status; 0 or -errno. */
int process_wait(pid_t pid, int *ret_status);
/* The exit status a shell would report: the code, or 128 + signal. */
int process_exit_status(int wait_status);
/* Become a process that lives on by itself: a session of its own, nothing open but `fds`, which
 * become 3, 4, … (0 to 2 are /dev/null), signals ignored but for SIGTERM. */
void process_detach(const char *name, const int *fds, int n);
/* execveat(2) of a descriptor. Returns -errno only. */
int process_exec_fd(int fd, char *const *argv, char *const *envp);

/* Is this process in a user namespace below the machine's first one? Its root is an ordinary user
 * of the machine then. */
bool process_is_nested(void);
/* Is a folder of the machine's root this process's? It is, but for root of a user namespace. */
bool process_is_root_of(const char *dir);

#endif
