// SPDX-License-Identifier: Apache-2.0
/*
 * kokon-systemd: asks systemd to keep a container's processes in a scope unit (systemd.scope(5),
 * org.freedesktop.systemd1(5)), because libsystemd is not for the everyday path.
 *
 *   kokon-systemd start  [--user] UNIT PID PROPERTY…   a transient scope with this process; waits
 *                                                      until it is there, and prints its group
 *   kokon-systemd set    [--user] UNIT PROPERTY…       changes it until the next boot
 *   kokon-systemd stop   [--user] UNIT                 ends it, and waits until systemd has
 *                                                      forgotten it; one that is not there is fine
 *   kokon-systemd group  [--user]                      prints the manager's own group
 *
 * A property is NAME=TYPE:VALUE (systemd-properties.h). On failure one line is on standard error
 * and the status is 1.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "macros.h"
#include "systemd-properties.h"

#define DESTINATION "org.freedesktop.systemd1"
#define MANAGER     "org.freedesktop.systemd1.Manager"
#define PATH        "/org/freedesktop/systemd1"

enum { JOB_SECONDS = 30, REMOVAL_TENTHS = 50 };

static int fail(const char *what, const char *subject, const sd_bus_error *e, int r)
{
	const char *cause = e && e->message ? e->message : strerror(-r);

	fprintf(stderr, "cannot %s '%s': %s\n", what, subject, cause);
	return 1;
}

/* --- jobs --- */

struct job {
	char *path;
	char *result;
};

static int job_removed(sd_bus_message *m, void *data, sd_bus_error *error UNUSED)
{
	struct job *job = data;
	const char *path, *unit, *result;
	uint32_t id;

	if (sd_bus_message_read(m, "uoss", &id, &path, &unit, &result) < 0)
		return 0;
	if (job->path && strcmp(path, job->path) == 0) {
		free(job->result);
		job->result = strdup(result);
	}
	return 0;
}

/* The signal may be read before the reply that names the job, so it is asked for first and what
 * came meanwhile lies in the bus's queue. */
static int wait_for_job(sd_bus *bus, struct job *job)
{
	uint64_t waited = 0;

	while (!job->result && waited < JOB_SECONDS) {
		int r = sd_bus_process(bus, NULL);

		if (r < 0)
			return r;
		if (r > 0)
			continue;
		r = sd_bus_wait(bus, 1000000);
		if (r < 0 && r != -EINTR)
			return r;
		waited += r == 0;
	}
	return job->result ? 0 : -ETIMEDOUT;
}

static int print_group(sd_bus *bus, const char *unit)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	char *path = NULL, *group = NULL;
	int r = sd_bus_path_encode(PATH "/unit", unit, &path);

	if (r >= 0)
		r = sd_bus_get_property_string(bus, DESTINATION, path,
					       "org.freedesktop.systemd1.Scope", "ControlGroup",
					       &error, &group);
	if (r >= 0)
		printf("%s\n", group);
	r = r < 0 ? fail("find the group of", unit, &error, r) : 0;
	free(path);
	free(group);
	sd_bus_error_free(&error);
	return r;
}

static int finish_start(sd_bus *bus, const char *unit, sd_bus_message *reply, struct job *job)
{
	const char *path;
	int r = sd_bus_message_read(reply, "o", &path);

	if (r >= 0) {
		job->path = strdup(path);
		r = wait_for_job(bus, job);
	}
	if (r < 0)
		return fail("start", unit, NULL, r);
	if (strcmp(job->result, "done") != 0) {
		fprintf(stderr, "cannot start '%s': systemd's job ended as '%s'\n", unit,
			job->result);
		return 1;
	}
	return print_group(bus, unit);
}

static void reset_failed(sd_bus *bus, const char *unit)
{
	sd_bus_call_method(bus, DESTINATION, PATH, MANAGER, "ResetFailedUnit", NULL, NULL, "s",
			   unit);
}

/* A scope whose processes were killed for their memory stays as "failed" until it is reset. */
static int call_start(sd_bus *bus, sd_bus_message *call, const char *unit, sd_bus_error *error,
		      sd_bus_message **ret_reply)
{
	sd_bus_message *again = NULL;
	int r = sd_bus_call(bus, call, 0, error, ret_reply);

	if (r >= 0 || !sd_bus_error_has_name(error, "org.freedesktop.systemd1.UnitExists"))
		return r;
	reset_failed(bus, unit);
	r = sd_bus_message_new_method_call(bus, &again, DESTINATION, PATH, MANAGER,
					   "StartTransientUnit");
	if (r >= 0)
		r = sd_bus_message_rewind(call, true);
	if (r >= 0)
		r = sd_bus_message_copy(again, call, true);
	if (r >= 0) {
		sd_bus_error_free(error);
		r = sd_bus_call(bus, again, 0, error, ret_reply);
	}
	sd_bus_message_unref(again);
	return r;
}

static int start(sd_bus *bus, char *const *argv)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *call = NULL, *reply = NULL;
	const char *unit = argv[0], *pid = argv[1];
	struct job job = {0};
	int r = sd_bus_match_signal(bus, NULL, DESTINATION, PATH, MANAGER, "JobRemoved",
				    job_removed, &job);

	if (r >= 0)
		r = sd_bus_call_method(bus, DESTINATION, PATH, MANAGER, "Subscribe", &error, NULL,
				       NULL);
	if (r >= 0)
		r = sd_bus_message_new_method_call(bus, &call, DESTINATION, PATH, MANAGER,
						   "StartTransientUnit");
	if (r >= 0)
		r = sd_bus_message_append(call, "ss", unit, "fail");
	if (r >= 0)
		r = systemd_put_properties(call, pid, argv + 2);
	if (r >= 0)
		r = sd_bus_message_append(call, "a(sa(sv))", 0);
	if (r >= 0)
		r = call_start(bus, call, unit, &error, &reply);
	r = r < 0 ? fail("start", unit, &error, r) : finish_start(bus, unit, reply, &job);
	free(job.path);
	free(job.result);
	sd_bus_message_unref(call);
	sd_bus_message_unref(reply);
	sd_bus_error_free(&error);
	return r;
}

static int set(sd_bus *bus, char *const *argv)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *call = NULL;
	int r = sd_bus_message_new_method_call(bus, &call, DESTINATION, PATH, MANAGER,
					       "SetUnitProperties");

	if (r >= 0)
		r = sd_bus_message_append(call, "sb", argv[0], true);
	if (r >= 0)
		r = systemd_put_properties(call, NULL, argv + 1);
	if (r >= 0)
		r = sd_bus_call(bus, call, 0, &error, NULL);
	r = r < 0 ? fail("change", argv[0], &error, r) : 0;
	sd_bus_message_unref(call);
	sd_bus_error_free(&error);
	return r;
}

struct removal {
	const char *unit;
	bool done;
};

static int unit_removed(sd_bus_message *m, void *data, sd_bus_error *error UNUSED)
{
	struct removal *removal = data;
	const char *unit, *path;

	if (sd_bus_message_read(m, "so", &unit, &path) >= 0 && strcmp(unit, removal->unit) == 0)
		removal->done = true;
	return 0;
}

/* systemd knows a unit for a while after it has ended, and refuses another one of its name. */
static void wait_for_removal(sd_bus *bus, const struct removal *removal)
{
	for (int waited = 0; !removal->done && waited < REMOVAL_TENTHS;) {
		int r = sd_bus_process(bus, NULL);

		if (r == 0) {
			r = sd_bus_wait(bus, 100000);
			waited += r == 0;
		}
		if (r < 0 && r != -EINTR)
			return;
	}
}

static int stop(sd_bus *bus, char *const *argv)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	struct removal removal = {.unit = argv[0]};
	bool told = sd_bus_match_signal(bus, NULL, DESTINATION, PATH, MANAGER, "UnitRemoved",
					unit_removed, &removal) >= 0 &&
		    sd_bus_call_method(bus, DESTINATION, PATH, MANAGER, "Subscribe", NULL, NULL,
				       NULL) >= 0;
	int r = sd_bus_call_method(bus, DESTINATION, PATH, MANAGER, "StopUnit", &error, NULL, "ss",
				   argv[0], "replace");
	bool gone = sd_bus_error_has_name(&error, "org.freedesktop.systemd1.NoSuchUnit");
	int status = r < 0 && !gone ? fail("stop", argv[0], &error, r) : 0;

	sd_bus_error_free(&error);
	reset_failed(bus, argv[0]);
	if (told && status == 0 && !gone)
		wait_for_removal(bus, &removal);
	return status;
}

static int group(sd_bus *bus, char *const *argv UNUSED)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	char *path = NULL;
	int r = sd_bus_get_property_string(bus, DESTINATION, PATH, MANAGER, "ControlGroup", &error,
					   &path);

	if (r >= 0)
		printf("%s\n", path);
	r = r < 0 ? fail("ask systemd for", "its group", &error, r) : 0;
	free(path);
	sd_bus_error_free(&error);
	return r;
}

static const struct {
	const char *name;
	int arguments; /* at least */
	int (*run)(sd_bus *bus, char *const *argv);
} commands[] = {{"start", 2, start}, {"set", 1, set}, {"stop", 1, stop}, {"group", 0, group}};

int main(int argc, char **argv)
{
	bool user = argc > 2 && strcmp(argv[2], "--user") == 0;
	int rest = user ? 3 : 2, status = 2;
	sd_bus *bus = NULL;

	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(commands); i++) {
		int r;

		if (strcmp(argv[1], commands[i].name) != 0 || argc - rest < commands[i].arguments)
			continue;
		r = user ? sd_bus_open_user(&bus) : sd_bus_open_system(&bus);
		if (r < 0)
			return fail("reach systemd on the bus of the", user ? "user" : "system",
				    NULL, r);
		status = commands[i].run(bus, argv + rest);
		sd_bus_flush_close_unref(bus);
		return status;
	}
	fputs("usage: kokon-systemd start|set|stop|group [--user] [UNIT [PID] [PROPERTY…]]\n",
	      stderr);
	return status;
}
