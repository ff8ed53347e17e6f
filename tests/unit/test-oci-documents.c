// SPDX-License-Identifier: Apache-2.0
/* Documents that are written: state, features, and the template of a config.json. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "json-read.h"
#include "json-write.h"
#include "oci-features.h"
#include "oci-state.h"
#include "scratch.h"
#include "template.h"

static void same_as_golden(const char *name, const struct out *o)
{
	char path[512];
	FILE *f;
	char *text;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", getenv("KOKON_GOLDEN"), name);
	if (getenv("KOKON_UPDATE_GOLDEN")) {
		f = fopen(path, "w");
		assert_non_null(f);
		fwrite(o->text, 1, o->len, f);
		fclose(f);
	}
	f = fopen(path, "r");
	if (!f)
		fail_msg("'%s' is missing; KOKON_UPDATE_GOLDEN=1 makes it", path);
	text = arena_alloc(&arena, o->len + 4096);
	n = fread(text, 1, o->len + 4095, f);
	fclose(f);
	if (n != o->len || memcmp(text, o->text, n) != 0)
		fail_msg("'%s' differs; now it is\n%s", path, o->text);
}

static void test_writer(void **state UNUSED)
{
	struct out o OUT_CLEANUP = {0};
	struct json_writer w = json_writer_to(&o, NULL);

	json_put_object(&w, NULL);
	json_put_string(&w, "a\"\\\n\x01", "\xc3\xa9\xff");
	json_put_string(&w, "n", NULL);
	json_put_list(&w, "l");
	json_put_i64(&w, NULL, INT64_MIN);
	json_put_u64(&w, NULL, UINT64_MAX);
	json_put_bool(&w, NULL, false);
	json_put_object(&w, NULL);
	json_put_end(&w);
	json_put_list(&w, NULL);
	json_put_end(&w);
	json_put_end(&w);
	json_put_end(&w);
	assert_string_equal(o.text,
			    "{\"a\\\"\\\\\\n\\u0001\":\"\xc3\xa9\\ufffd\",\"n\":null,"
			    "\"l\":[-9223372036854775808,18446744073709551615,false,{},[]]}");
}

static const struct spec_pair pairs[] = {{"com.example.k", "v\n"}, {"e", ""}};
static const struct oci_state example = {
	.id = "c1",
	.status = OCI_RUNNING,
	.pid = 4422,
	.bundle = "/b",
	.annotations = {.n = 2, .list = pairs},
};

static void test_state(void **state UNUSED)
{
	struct out o OUT_CLEANUP = {0};
	struct oci_state s;
	struct err err = {0};

	oci_state_put(&example, "  ", &o);
	assert_string_equal(o.text, "{\n  \"ociVersion\": \"" SPEC_VERSION "\",\n"
				    "  \"id\": \"c1\",\n  \"pid\": 4422,\n"
				    "  \"status\": \"running\",\n  \"bundle\": \"/b\",\n"
				    "  \"annotations\": {\n    \"com.example.k\": \"v\\n\",\n"
				    "    \"e\": \"\"\n  }\n}");
	assert_int_equal(oci_state_decode(&arena, o.text, o.len, &s, &err), 0);
	assert_string_equal(s.id, "c1");
	assert_int_equal(s.status, OCI_RUNNING);
	assert_int_equal(s.pid, 4422);
	assert_int_equal(s.annotations.n, 2);
	assert_string_equal(s.annotations.list[0].value, "v\n");
}

static void test_state_refusals(void **state UNUSED)
{
	static const char *const texts[][2] = {
		{"{}", "ociVersion: it is required"},
		{"{\"ociVersion\":\"1\",\"id\":\"a\",\"status\":\"dead\"}",
		 "status: 'dead' is unknown"},
		{"{\"ociVersion\":\"1\",\"id\":\"a\",\"status\":\"created\",\"bundle\":\"/\","
		 "\"pid\":-1}",
		 "pid: it is negative"},
		{"{\"ociVersion\":\"1\",\"id\":\"a\",\"status\":\"created\",\"bundle\":\"/\"}x",
		 "line 1"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct err err = {0};
		struct oci_state s;

		assert_true(oci_state_decode(&arena, texts[i][0], strlen(texts[i][0]), &s, &err) <
			    0);
		if (strncmp(err.text, texts[i][1], strlen(texts[i][1])) != 0)
			fail_msg("%s: %s", texts[i][0], err.text);
	}
}

static void test_process_state(void **state UNUSED)
{
	struct oci_state s = example;
	struct out o OUT_CLEANUP = {0};

	s.status = OCI_CREATING;
	s.annotations = (struct spec_pairs){0};
	oci_process_state_put(&s, "M=1", &o);
	assert_string_equal(
		o.text,
		"{\"ociVersion\":\"" SPEC_VERSION "\",\"fds\":[\"seccompFd\"],"
		"\"pid\":4422,\"metadata\":\"M=1\",\"state\":{\"ociVersion\":\"" SPEC_VERSION
		"\",\"id\":\"c1\",\"pid\":4422,\"status\":"
		"\"creating\",\"bundle\":\"/b\"}}");
}

static void test_features(void **state UNUSED)
{
	const struct features_build build = {
		.version = "0",
		.libseccomp = "2.5.4",
		.systemd = true,
		.criu = true,
		.seccomp_supported = 0xf,
	};
	struct out o OUT_CLEANUP = {0};
	struct err err = {0};
	struct json j;

	features_put(&build, &o);
	json_start(&j, &arena, o.text, o.len);
	assert_int_equal(json_skip(&j, &err), 0);
	assert_int_equal(json_end(&j, &err), 0);
	same_as_golden("oci-features.json", &o);
}

static void test_template(void **state UNUSED)
{
	for (int rootless = 0; rootless < 2; rootless++) {
		const struct template_options t = {
			.rootless = rootless,
			.uid = 1000,
			.gid = 100,
		};
		struct out o OUT_CLEANUP = {0};
		struct err err = {0};
		struct spec *s;

		template_put(&t, &o);
		if (spec_decode(&arena, o.text, o.len, &s, &err) < 0)
			fail_msg("%s", err.text);
		assert_int_equal(s->linux_.uid_map.n, rootless);
		assert_int_equal(s->process->capabilities->bounding, 1 << 5 | 1 << 10 | 1 << 29);
		same_as_golden(rootless ? "oci-spec-rootless.json" : "oci-spec.json", &o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_writer),         cmocka_unit_test(test_state),
		cmocka_unit_test(test_state_refusals), cmocka_unit_test(test_process_state),
		cmocka_unit_test(test_features),       cmocka_unit_test(test_template),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
