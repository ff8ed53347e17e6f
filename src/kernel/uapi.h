// SPDX-License-Identifier: Apache-2.0
/*
 * Constants and structures of Linux that are newer than the oldest headers we build with
 * (5.14), or that a libc hides. Each names the version that brought it.
 */
#ifndef KOKON_UAPI_H
#define KOKON_UAPI_H

#include <linux/ioctl.h>
#include <linux/types.h>

#ifndef MFD_EXEC /* 6.3 */
#define MFD_NOEXEC_SEAL 0x0008U
#define MFD_EXEC        0x0010U
#endif

#ifndef CLONE_NEWTIME /* 5.6; absent from musl's sched.h */
#define CLONE_NEWTIME 0x00000080
#endif
#ifndef CLONE_NEWCGROUP /* 4.6 */
#define CLONE_NEWCGROUP 0x02000000
#endif

#ifndef PIDFD_THREAD /* 6.9 */
#define PIDFD_THREAD O_EXCL
#endif

#ifndef NS_GET_USERNS /* 4.9; linux/nsfs.h */
#define NS_GET_USERNS _IO(0xb7, 0x1)
#endif

#ifndef NS_GET_NSTYPE /* 4.11; linux/nsfs.h */
#define NS_GET_NSTYPE _IO(0xb7, 0x3)
#endif

#ifndef SIOCGSKNS /* 4.10; linux/sockios.h */
#define SIOCGSKNS 0x894C
#endif

#ifndef AT_HANDLE_FID /* 6.5 */
#define AT_HANDLE_FID 0x200
#endif

#ifndef F_SEAL_FUTURE_WRITE /* 5.1 */
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

#ifndef MAP_FIXED_NOREPLACE /* 4.17 */
#define MAP_FIXED_NOREPLACE 0x100000
#endif

/* How a process has ended, by its pidfd; also when another has reaped it. Linux 6.15. */
#ifndef PIDFD_INFO_EXIT
#define PIDFD_INFO_EXIT (1UL << 3)
#endif
struct kokon_pidfd_info { /* as struct pidfd_info of 6.13 (PIDFD_INFO_SIZE_VER0) */
	uint64_t mask, cgroup;
	uint32_t pid, tgid, ppid, ids[8];
	int32_t exit_code; /* as wait(2) has it */
};
_Static_assert(sizeof(struct kokon_pidfd_info) == 64, "the kernel's size");
#define KOKON_PIDFD_GET_INFO _IOWR(0xff, 11, struct kokon_pidfd_info)

#endif
