// SPDX-License-Identifier: Apache-2.0
/* CNI: configurations, what plugins are given of them, results, errors, records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cni-conf.h"
#include "cni-record.h"
#include "cni-result.h"
#include "scratch.h"

static int parse(const char *text, struct cni_conf *c, struct err *err)
{
	*err = (struct err){0};
	return cni_conf_parse(&arena, text, strlen(text), c, err);
}

static void conf_reads(void **state)
{
	struct cni_conf c;
	struct err err;

	(void)state;
	assert_int_equal(parse("{\"plugins\": [{\"type\": \"a\", \"capabilities\": {\"mac\": true, "
			       "\"ips\": false}}, {\"type\": \"b\"}], \"name\": \"net\", "
			       "\"cniVersion\": \"0.4.0\", \"disableCheck\": true}",
			       &c, &err),
			 0);
	assert_string_equal(c.name, "net");
	assert_string_equal(c.version, "0.4.0");
	assert_true(c.no_check);
	assert_int_equal(c.n, 2);
	assert_true(cni_conf_can(&c, "mac"));
	assert_false(cni_conf_can(&c, "ips"));
	assert_true(cni_version_from(&c, "0.4.0"));
	assert_false(cni_version_from(&c, "1.0.0"));
	assert_int_equal(parse("{\"type\": \"x\", \"name\": \"n\", \"cniVersion\": \"9.0.0\", "
			       "\"cniVersions\": [\"0.3.0\", \"1.1.0\", \"1.0.0\"]}",
			       &c, &err),
			 0);
	assert_string_equal(c.version, "1.1.0");
	assert_int_equal(c.n, 1);
}

static void conf_refuses(void **state)
{
	static const char *const bad[][2] = {
		{"", "line 1"},
		{"[]", "expected"},
		{"{\"name\": \"a\"}", "plugins"},
		{"{\"cniVersion\": \"1.0.0\", \"plugins\": [{\"type\": \"a\"}]}", "\"name\""},
		{"{\"name\": \"-a\", \"plugins\": [{\"type\": \"a\"}]}", "'-a'"},
		{"{\"name\": \"a\", \"plugins\": [{\"type\": \"a\"}]}", "cniVersion"},
		{"{\"name\": \"a\", \"plugins\": [1]}", ""},
		{"{\"name\": \"a\", \"plugins\": {}}", ""},
		{"{\"name\": \"a\", \"plugins\": [{\"type\": \"..\"}]}", "'..'"},
		{"{\"name\": \"a\", \"plugins\": [{\"type\": \"x/y\"}]}", "'x/y'"},
		{"{\"name\": \"a\", \"plugins\": [{\"type\": \"\"}]}", "''"},
		{"{\"name\": \"a\", \"plugins\": [{\"type\": 1}]}", ""},
		{"{\"name\": \"a\", \"plugins\": [{\"type\": \"a\", \"capabilities\": []}]}", ""},
		{"{\"name\": \"a\", \"type\": \"a\", \"cniVersion\": \"1.0.0\"} x", ""},
	};
	struct cni_conf c = {.name = "untouched"};
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_true(parse(bad[i][0], &c, &err) < 0);
		if (!strstr(err.text, bad[i][1]))
			fail_msg("%s: %s", bad[i][0], err.text);
		assert_string_equal(c.name, "untouched");
	}
}

static void conf_is_passed_on(void **state)
{
	OUT_CLEANUP struct out o = {0};
	struct cni_conf c;
	struct err err;

	(void)state;
	assert_int_equal(
		parse("{\"name\": \"n\", \"cniVersion\": \"1.0.0\", \"plugins\": [{"
		      "\"capabilities\": {\"mac\": true}, \"type\": \"t\", \"name\": \"x\", "
		      "\"k\\\"ey\" : [1.50, {\"a\":\"\\u00e9\"}], \"prevResult\": 1}]}",
		      &c, &err),
		0);
	cni_conf_put(&c, &c.plugins[0], "{\"ips\":[\"10.0.0.1\"],\"mac\":\"m\"}", "{\"a\":2}", NULL,
		     &o);
	assert_string_equal(o.text,
			    "{\"cniVersion\":\"1.0.0\",\"name\":\"n\",\"type\":\"t\",\"k\\\"ey\":"
			    "[1.50, {\"a\":\"\\u00e9\"}],\"runtimeConfig\":{\"mac\":\"m\"},"
			    "\"prevResult\":{\"a\":2}}");
	o.len = 0;
	cni_conf_put(&c, &c.plugins[0], "{\"ips\":[]}", NULL, NULL, &o);
	assert_null(strstr(o.text, "runtimeConfig"));
}

static int result(const char *text, struct cni_result *r, struct err *err)
{
	*err = (struct err){0};
	return cni_result_parse(&arena, text, strlen(text), r, err);
}

static void result_reads(void **state)
{
	struct cni_result r;
	struct err err;
	char text[IP_TEXT_MAX];

	(void)state;
	assert_int_equal(
		result("{\"cniVersion\":\"1.0.0\",\"interfaces\":[{\"name\":\"br0\",\"mac\":"
		       "\"02:00:00:00:00:01\"},{\"name\":\"eth0\",\"mac\":\"02:00:00:00:00:02\","
		       "\"sandbox\":\"/x\"}],\"ips\":[{\"address\":\"10.1.0.5/16\",\"gateway\":"
		       "\"10.1.0.1\",\"interface\":1},{\"address\":\"fd00::5/64\"}],\"routes\":[],"
		       "\"dns\":{\"nameservers\":[\"10.1.0.1\",\"fd00::1\"],\"domain\":\"d."
		       "example\","
		       "\"options\":[\"ndots:2\"]}}",
		       &r, &err),
		0);
	assert_int_equal(r.n_ips, 2);
	assert_string_equal(ip_format_cidr(&r.ips[1], text), "fd00::5/64");
	assert_string_equal(ip_format(&r.gateway[0], text), "10.1.0.1");
	assert_int_equal(r.gateway[1].family, 0);
	assert_int_equal(r.mac[5], 2);
	assert_string_equal(r.nameservers, "10.1.0.1 fd00::1");
	assert_string_equal(r.search, "d.example");
	assert_string_equal(r.options, "ndots:2");
	assert_int_equal(result("{\"ips\":null,\"interfaces\":null,\"dns\":{\"search\":null}}", &r,
				&err),
			 0);
	assert_int_equal(r.n_ips, 0);
}

static void result_refuses(void **state)
{
	static const char *const bad[] = {
		"",
		"null",
		"{\"ips\": [{}]}",
		"{\"ips\": [{\"address\": \"10.0.0.1\"}]}",
		"{\"ips\": {}}",
		"{\"dns\": {\"nameservers\": [\"name\"]}}",
		"{\"dns\": {\"search\": [\"a b\"]}}",
		"{\"dns\": {\"options\": [\"a\\nnameserver 10.0.0.1\"]}}",
		"{\"dns\": {\"search\": [\"\"]}}",
		"{} {}",
	};
	struct cni_result r = {.n_ips = 77};
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (result(bad[i], &r, &err) == 0)
			fail_msg("%s", bad[i]);
		assert_int_equal(r.n_ips, 77);
	}
}

static void refusals(void **state)
{
	struct cni_refusal r = {"net", "bridge", "ADD", "/etc/f", 1 << 8, "", ""};
	struct err err = {0};

	(void)state;
	r.output = "{\"code\": 7, \"msg\": \"no\", \"details\": \"because\"}";
	assert_true(cni_refused(&arena, &r, &err) < 0);
	assert_string_equal(err.text,
			    "ADD of CNI network 'net': its plugin 'bridge' says: no; because");
	assert_non_null(strstr(err.remedy, "/etc/f"));
	r.output = "{\"code\": 999, \"msg\": \"no IP addresses available in range set: 10.0.0.0\"}";
	cni_refused(&arena, &r, &err);
	assert_non_null(strstr(err.remedy, "out of addresses"));
	r.output = "garbage";
	cni_refused(&arena, &r, &err);
	assert_non_null(strstr(err.text, "fails with status 1: garbage"));
	r.output = "";
	r.said = "\n  one\nline 2";
	cni_refused(&arena, &r, &err);
	assert_non_null(strstr(err.text, "status 1: one"));
	assert_null(strstr(err.text, "line 2"));
	r.said = "";
	r.status = 9;
	cni_refused(&arena, &r, &err);
	assert_non_null(strstr(err.text, "killed by signal 9"));
}

static void records(void **state)
{
	char dir[] = "/tmp/test-cni-XXXXXX";
	struct cni_plan cni = {.config = "{\"name\":\"n\"}",
			       .file = "f\"",
			       .path = "/p",
			       .timeout = 7};
	struct published port = {.host = 80,
				 .container = 8080,
				 .count = 2,
				 .protocol = IPPROTO_TCP};
	struct network_join_plan j = {.network = "n",
				      .cni = &cni,
				      .inside = "eth0",
				      .aliases = "a b",
				      .rate = 8000,
				      .ip = {{AF_INET, 32, {10, 0, 0, 9}}}};
	struct cni_record at, back;
	struct err err = {0};
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	fd = open(dir, O_RDONLY | O_DIRECTORY);
	at = cni_record_of(&arena, &j, "c", "/n", &port, 1);
	assert_string_equal(at.args, "IgnoreUnknown=1;IP=10.0.0.9");
	assert_string_equal(
		at.runtime,
		"{\"portMappings\":[{\"hostPort\":80,\"containerPort\":8080,\"protocol\":"
		"\"tcp\"},{\"hostPort\":81,\"containerPort\":8081,\"protocol\":\"tcp\"}],"
		"\"ips\":[\"10.0.0.9\"],\"aliases\":[\"a\",\"b\"],\"bandwidth\":"
		"{\"ingressRate\":8000,\"ingressBurst\":524392,\"egressRate\":8000,"
		"\"egressBurst\":524392}}");
	assert_int_equal(cni_record_write(fd, 3, &at, &err), 0);
	assert_int_equal(cni_record_read(fd, "cni-3", &arena, &back, &err), 0);
	assert_string_equal(back.file, "f\"");
	assert_string_equal(back.config, cni.config);
	assert_string_equal(back.runtime, at.runtime);
	assert_null(back.result);
	assert_int_equal(back.timeout, 7);
	assert_int_equal(cni_record_read(fd, "cni-4", &arena, &back, &err), -ENOENT);
	unlinkat(fd, "cni-3", 0);
	close(fd);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(conf_reads, setup, teardown),
		cmocka_unit_test_setup_teardown(conf_refuses, setup, teardown),
		cmocka_unit_test_setup_teardown(conf_is_passed_on, setup, teardown),
		cmocka_unit_test_setup_teardown(result_reads, setup, teardown),
		cmocka_unit_test_setup_teardown(result_refuses, setup, teardown),
		cmocka_unit_test_setup_teardown(refusals, setup, teardown),
		cmocka_unit_test_setup_teardown(records, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
