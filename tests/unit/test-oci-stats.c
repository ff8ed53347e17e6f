// SPDX-License-Identifier: Apache-2.0
/*
 * The JSON of `events`, from recorded files. golden/oci-stats-*.json has what runc's `events
 * --stats` prints for the same group, and what newer versions of it add; KOKON_GOLDEN_UPDATE=1
 * writes them anew.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <cmocka.h>
#include "file.h"
#include "oci-stats.h"

static char folder[] = "/tmp/test-oci-stats.XXXXXX";

static char *golden(const char *name)
{
	char path[512], *text = NULL;

	snprintf(path, sizeof(path), "%s/%s", getenv("KOKON_GOLDEN"), name);
	assert_true(read_file_at(AT_FDCWD, path, 1 << 20, &text) >= 0);
	return text;
}

/* Files of a recording: "== NAME", then what is in it. */
static void lay_out(const char *name)
{
	FREE_PTR char *text = golden(name);
	char *at = strstr(text, "== ");

	while (at) {
		char *end = strchr(at, '\n'), *next = strstr(end, "\n== "), path[512], *slash;
		FILE *f;

		*end = '\0';
		snprintf(path, sizeof(path), "%s/%s", folder, at + 3);
		slash = strrchr(path, '/');
		*slash = '\0';
		assert_int_equal(make_directories(AT_FDCWD, path, 0755), 0);
		*slash = '/';
		if (next)
			next[1] = '\0';
		f = fopen(path, "we");
		assert_non_null(f);
		fputs(end + 1, f);
		fclose(f);
		if (next)
			next[1] = '=';
		at = next ? next + 1 : NULL;
	}
}

static struct oci_stats_group group_of(uint32_t version, const char *name)
{
	struct oci_stats_group group = {.n = 1};
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	group.in[0].version = version;
	group.in[0].dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(group.in[0].dir >= 0);
	return group;
}

static void check(const struct oci_stats_from *from, const char *name)
{
	OUT_CLEANUP struct out o = {0};
	struct json_writer w = json_writer_to(&o, "\t");
	FREE_PTR char *expected = NULL;

	json_put_object(&w, NULL);
	json_put_string(&w, "type", "stats");
	json_put_string(&w, "id", "box");
	oci_stats_put(from, &w);
	json_put_end(&w);
	out_puts(&o, "\n");
	if (getenv("KOKON_GOLDEN_UPDATE")) {
		char path[512];
		int fd;

		snprintf(path, sizeof(path), "%s/%s", getenv("KOKON_GOLDEN"), name);
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
		assert_int_equal(out_write(&o, fd), 0);
		close(fd);
	}
	expected = golden(name);
	assert_string_equal(o.text, expected);
}

static void version_1_as_recorded(void **state UNUSED)
{
	struct oci_stats_group group;
	char net[512], root[512], class[512];
	struct oci_stats_from from = {&group, root, class, net};

	lay_out("oci-stats-v1.txt");
	group = group_of(1, "v1");
	snprintf(net, sizeof(net), "%s/net_dev", folder);
	snprintf(root, sizeof(root), "%s/rdt", folder);
	snprintf(class, sizeof(class), "%s/rdt/box", folder);
	check(&from, "oci-stats-v1.json");
	assert_int_equal(oci_stats_oom_kills(&group), 3);
	close(group.in[0].dir);
}

static void version_2(void **state UNUSED)
{
	struct oci_stats_group group;
	struct oci_stats_from from = {.group = &group};

	lay_out("oci-stats-v2.txt");
	group = group_of(2, "v2");
	check(&from, "oci-stats-v2.json");
	assert_int_equal(oci_stats_oom_kills(&group), 1);
	close(group.in[0].dir);
}

/* Nothing at all is counted: the keys that always are there. */
static void a_group_without_files(void **state UNUSED)
{
	struct oci_stats_group group = {.n = 0};
	struct oci_stats_from from = {.group = &group};

	check(&from, "oci-stats-none.json");
	assert_int_equal(oci_stats_oom_kills(&group), 0);
}

static int make_folder(void **state UNUSED)
{
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state UNUSED)
{
	char *const argv[] = {"rm", "-rf", "--", folder, NULL};
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		execvp(argv[0], argv);
		_exit(127);
	}
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_1_as_recorded),
		cmocka_unit_test(version_2),
		cmocka_unit_test(a_group_without_files),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
