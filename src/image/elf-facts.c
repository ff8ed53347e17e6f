// SPDX-License-Identifier: Apache-2.0
#include "elf-facts.h"

#include <elf.h>
#include <gelf.h>
#include <libelf.h>
#include <string.h>

/* The kernel takes at most 64 KiB of program headers (fs/binfmt_elf.c, load_elf_phdrs). */
enum { PHDRS_MAX = 65536 / sizeof(Elf32_Phdr), LOADS_MAX = 256, DYNAMIC_MAX = 65536 };

struct load {
	uint64_t vaddr, offset, size; /* size: bytes that come from the file */
};

struct reader {
	Elf *elf;
	int fd; /* -1: memory */
	const char *image;
	size_t image_size;
	struct arena *arena;
	struct err *err;
	struct load loads[LOADS_MAX];
	size_t loads_count;
	GElf_Phdr dynamic, interp; /* p_type PT_NULL: none */
};

/* The dynamic section's entries that matter; texts as offsets into the string table. */
struct dynamic {
	uint64_t strtab, strsz;
	uint64_t soname, rpath, runpath; /* offset + 1; 0: none */
	uint64_t needed[ELF_NEEDED_MAX];
	size_t needed_count;
	uint64_t flags_1;
};

static int malformed(const struct reader *r, const char *why)
{
	return err_set(r->err, 0, "malformed ELF file: %s", why);
}

/* Up to n bytes at an offset; returns how many there are, or -errno. */
static ssize_t read_at(const struct reader *r, uint64_t offset, char *buf, size_t n)
{
	ssize_t got;

	if (r->fd < 0) {
		if (offset >= r->image_size)
			return 0;
		n = MIN(n, r->image_size - offset);
		memcpy(buf, r->image + offset, n);
		return (ssize_t)n;
	}
	if (offset > INT64_MAX)
		return 0;
	do
		got = pread(r->fd, buf, n, (off_t)offset);
	while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

/* `room`: bytes that the text may have, its end included. */
static int read_text(const struct reader *r, uint64_t offset, uint64_t room, const char *what,
		     const char **ret)
{
	char buf[ELF_RPATH_MAX] = "";
	ssize_t n = read_at(r, offset, buf, MIN(room, sizeof(buf)));

	if (n < 0)
		return err_set(r->err, (int)-n, "cannot read the %s", what);
	if (!memchr(buf, '\0', (size_t)n))
		return err_set(r->err, 0, "malformed ELF file: the %s has no end", what);
	/* Names are shown to people; no real one has control characters. */
	for (const char *c = buf; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return err_set(r->err, 0,
				       "malformed ELF file: the %s holds control characters", what);
	*ret = arena_strdup(r->arena, buf);
	return 0;
}

static int scan_phdrs(struct reader *r, const GElf_Ehdr *ehdr)
{
	size_t count;

	if (elf_getphdrnum(r->elf, &count) < 0)
		return malformed(r, "no readable program headers");
	/* libelf counts only those that are inside the file. */
	if (ehdr->e_phnum != PN_XNUM && count != ehdr->e_phnum)
		return malformed(r, "its program headers lie beyond its end");
	if (count > PHDRS_MAX)
		return malformed(r, "too many program headers");
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr p;

		if (!gelf_getphdr(r->elf, (int)i, &p))
			return malformed(r, "its program headers lie beyond its end");
		if (p.p_type == PT_DYNAMIC && r->dynamic.p_type == PT_NULL)
			r->dynamic = p;
		else if (p.p_type == PT_INTERP && r->interp.p_type == PT_NULL)
			r->interp = p;
		else if (p.p_type == PT_LOAD && r->loads_count < LOADS_MAX)
			r->loads[r->loads_count++] =
				(struct load){p.p_vaddr, p.p_offset, p.p_filesz};
	}
	return 0;
}

/* File offset of an address, and how many bytes of its segment follow. */
static bool address_to_offset(const struct reader *r, uint64_t address, uint64_t *ret_offset,
			      uint64_t *ret_room)
{
	for (size_t i = 0; i < r->loads_count; i++) {
		const struct load *l = &r->loads[i];
		uint64_t into = address - l->vaddr;

		if (address < l->vaddr || into >= l->size || l->offset > UINT64_MAX - into)
			continue;
		*ret_offset = l->offset + into;
		*ret_room = l->size - into;
		return true;
	}
	return false;
}

static int take_entry(const struct reader *r, struct dynamic *d, const GElf_Dyn *e)
{
	switch (e->d_tag) {
	case DT_NEEDED:
		if (d->needed_count == ELF_NEEDED_MAX)
			return malformed(r, "it needs too many libraries");
		d->needed[d->needed_count++] = e->d_un.d_val;
		break;
	case DT_STRTAB: d->strtab = e->d_un.d_ptr; break;
	case DT_STRSZ: d->strsz = e->d_un.d_val; break;
	case DT_SONAME: d->soname = e->d_un.d_val + 1; break;
	case DT_RPATH: d->rpath = e->d_un.d_val + 1; break;
	case DT_RUNPATH: d->runpath = e->d_un.d_val + 1; break;
	case DT_FLAGS_1: d->flags_1 = e->d_un.d_val; break;
	default: break;
	}
	return 0;
}

static int scan_dynamic(struct reader *r, struct dynamic *d)
{
	size_t entry = gelf_fsize(r->elf, ELF_T_DYN, 1, EV_CURRENT);
	size_t count = entry ? r->dynamic.p_filesz / entry : 0;
	Elf_Data *data;

	if (count > DYNAMIC_MAX)
		return malformed(r, "its dynamic section is too large");
	if (count == 0)
		return 0;
	data = elf_getdata_rawchunk(r->elf, (int64_t)r->dynamic.p_offset, count * entry, ELF_T_DYN);
	if (!data)
		return malformed(r, "its dynamic section lies beyond its end");
	for (size_t i = 0; i < count; i++) {
		GElf_Dyn e;
		int ret;

		if (!gelf_getdyn(data, (int)i, &e))
			return malformed(r, "its dynamic section is cut off");
		if (e.d_tag == DT_NULL)
			break;
		ret = take_entry(r, d, &e);
		if (ret < 0)
			return ret;
	}
	return 0;
}

struct strings {
	uint64_t offset, size;
	uint64_t longest; /* text, its end included */
};

static int dynamic_text(const struct reader *r, const struct strings *s, uint64_t at,
			const char *what, const char **ret)
{
	if (at >= s->size)
		return err_set(r->err, 0, "malformed ELF file: the %s lies beyond its string table",
			       what);
	return read_text(r, s->offset + at, MIN(s->size - at, s->longest), what, ret);
}

static int optional_text(const struct reader *r, const struct strings *s, uint64_t at_plus_one,
			 const char *what, const char **ret)
{
	return at_plus_one ? dynamic_text(r, s, at_plus_one - 1, what, ret) : 0;
}

static int dynamic_texts(const struct reader *r, const struct dynamic *d, struct elf_facts *f)
{
	struct strings s = {.longest = ELF_RPATH_MAX}; /* lists of folders */
	int ret;

	if (!d->needed_count && !d->soname && !d->rpath && !d->runpath)
		return 0;
	if (!address_to_offset(r, d->strtab, &s.offset, &s.size))
		return malformed(r, "its string table lies outside of every segment");
	s.size = MIN(s.size, d->strsz);
	ret = optional_text(r, &s, d->rpath, "RPATH", &f->rpath);
	if (ret == 0)
		ret = optional_text(r, &s, d->runpath, "RUNPATH", &f->runpath);
	s.longest = ELF_TEXT_MAX;
	if (ret == 0)
		ret = optional_text(r, &s, d->soname, "soname", &f->soname);
	for (size_t i = 0; ret == 0 && i < d->needed_count; i++)
		ret = dynamic_text(r, &s, d->needed[i], "name of a needed library", &f->needed[i]);
	return ret;
}

static int read_facts(struct reader *r, struct elf_facts *f)
{
	struct dynamic d = {0};
	GElf_Ehdr ehdr;
	int ret;

	if (elf_kind(r->elf) != ELF_K_ELF || !gelf_getehdr(r->elf, &ehdr))
		return malformed(r, "its header is cut off or of an unknown version");
	f->machine = ehdr.e_machine;
	f->type = ehdr.e_type;
	f->big_endian = ehdr.e_ident[EI_DATA] == ELFDATA2MSB;
	f->arch = elf_arch_find(ehdr.e_machine, ehdr.e_ident[EI_CLASS] == ELFCLASS64 ? 64 : 32);
	ret = scan_phdrs(r, &ehdr);
	if (ret == 0 && r->interp.p_type == PT_INTERP)
		ret = read_text(r, r->interp.p_offset, MIN(r->interp.p_filesz, ELF_TEXT_MAX),
				"interpreter's path", &f->interp);
	if (ret == 0 && r->dynamic.p_type == PT_DYNAMIC) {
		f->dynamic = true;
		ret = scan_dynamic(r, &d);
	}
	f->no_default_lib = d.flags_1 & DF_1_NODEFLIB;
	f->needed_count = d.needed_count;
	f->needed = arena_array(r->arena, const char *, d.needed_count + 1);
	return ret < 0 ? ret : dynamic_texts(r, &d, f);
}

static int read_elf(struct reader *r, struct elf_facts *ret)
{
	struct elf_facts f = {0};
	char magic[SELFMAG];
	ssize_t n = read_at(r, 0, magic, sizeof(magic));
	int status;

	if (n < 0)
		return err_set(r->err, (int)-n, "cannot read it");
	if (n < SELFMAG || memcmp(magic, ELFMAG, SELFMAG) != 0)
		return -ENOEXEC;
	elf_version(EV_CURRENT);
	r->elf = r->fd < 0 ? elf_memory((char *)r->image, r->image_size)
			   : elf_begin(r->fd, ELF_C_READ, NULL);
	if (!r->elf)
		return malformed(r, elf_errmsg(-1));
	status = read_facts(r, &f);
	elf_end(r->elf);
	if (status == 0)
		*ret = f;
	return status;
}

int elf_facts_read(int fd, struct arena *a, struct elf_facts *ret, struct err *err)
{
	struct reader r = {.fd = fd, .arena = a, .err = err};

	return read_elf(&r, ret);
}

int elf_facts_parse(void *image, size_t size, struct arena *a, struct elf_facts *ret,
		    struct err *err)
{
	struct reader r = {.fd = -1, .image = image, .image_size = size, .arena = a, .err = err};

	return read_elf(&r, ret);
}
