// SPDX-License-Identifier: Apache-2.0
#include "elf-head.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "file.h"
#include "parse.h"

enum { PROGRAM_HEADERS_MAX = 128, PAGE = 4096 };

/* User addresses end below this on all machines with four levels of page tables. */
#define ADDRESSES (1ULL << 47)

static const char *fault_of(const Elf64_Phdr *p)
{
	if (p->p_type != PT_LOAD)
		return NULL;
	if (p->p_filesz > p->p_memsz)
		return "is larger in the file than in memory";
	if (p->p_memsz > ADDRESSES || p->p_vaddr > ADDRESSES - p->p_memsz)
		return "lies outside of a program's addresses";
	if (p->p_filesz > 0 && (p->p_offset - p->p_vaddr) % PAGE != 0)
		return "begins at different places of a page in the file and in memory";
	return NULL;
}

void elf_head_read(int fd, struct elf_head *ret)
{
	Elf64_Ehdr h;

	memset(ret, 0, sizeof(*ret));
	if (pread(fd, &h, sizeof(h), 0) != sizeof(h) || memcmp(h.e_ident, ELFMAG, SELFMAG) != 0 ||
	    h.e_ident[EI_CLASS] != ELFCLASS64 || h.e_phentsize != sizeof(Elf64_Phdr) ||
	    h.e_ident[EI_DATA] !=
		    (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB) ||
	    h.e_phnum > PROGRAM_HEADERS_MAX)
		return;
	for (unsigned int i = 0; i < h.e_phnum; i++) {
		Elf64_Phdr p;
		const char *fault;

		if (pread(fd, &p, sizeof(p), (off_t)(h.e_phoff + i * sizeof(p))) != sizeof(p))
			return;
		ret->interpreted = ret->interpreted || p.p_type == PT_INTERP;
		fault = fault_of(&p);
		if (fault && !ret->fault[0])
			snprintf(ret->fault, sizeof(ret->fault),
				 "the segment of its program header %u %s", i, fault);
	}
	ret->known = true;
}

static int open_program(int root, const char *path)
{
	CLOSE_FD int fd = open_in_root(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !(st.st_mode & 0111))
		return -EACCES;
	return TAKE_FD(fd);
}

int program_open(int root, const char *command, const char *path, const char *cwd)
{
	const char *dirs =
		path ? path : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	const char *dir;
	char at[4096];
	size_t len;

	if (command[0] == '/')
		return open_program(root, command);
	if (strchr(command, '/')) {
		snprintf(at, sizeof(at), "%s/%s", cwd ? cwd : "", command);
		return open_program(root, at);
	}
	while (next_field(&dirs, ':', &dir, &len)) {
		int fd;

		if (len == 0 || (size_t)snprintf(at, sizeof(at), "%.*s/%s", (int)len, dir,
						 command) >= sizeof(at))
			continue;
		fd = open_program(root, at);
		if (fd >= 0)
			return fd;
	}
	return -ENOENT;
}
