// SPDX-License-Identifier: Apache-2.0
#include "oci-state.h"

#include "decode.h"
#include "json-write.h"

const struct name oci_statuses[] = {
	{"creating", OCI_CREATING}, {"created", OCI_CREATED}, {"running", OCI_RUNNING},
	{"stopped", OCI_STOPPED},   {"paused", OCI_PAUSED},   {NULL, 0},
};

static void put_state(struct json_writer *w, const char *key, const struct oci_state *s)
{
	json_put_object(w, key);
	json_put_string(w, "ociVersion", s->oci_version ? s->oci_version : SPEC_VERSION);
	json_put_string(w, "id", s->id);
	if (s->pid > 0 || s->status == OCI_STOPPED)
		json_put_i64(w, "pid", s->pid);
	json_put_string(w, "status", value_to_name(oci_statuses, s->status));
	json_put_string(w, "bundle", s->bundle);
	if (s->rootfs)
		json_put_string(w, "rootfs", s->rootfs);
	if (s->created)
		json_put_string(w, "created", s->created);
	if (s->annotations.n) {
		json_put_object(w, "annotations");
		for (uint32_t i = 0; i < s->annotations.n; i++)
			json_put_string(w, s->annotations.list[i].key,
					s->annotations.list[i].value);
		json_put_end(w);
	}
	if (s->owner)
		json_put_string(w, "owner", s->owner);
	json_put_end(w);
}

void oci_state_put(const struct oci_state *s, const char *indent, struct out *o)
{
	struct json_writer w = json_writer_to(o, indent);

	put_state(&w, NULL, s);
}

void oci_process_state_put(const struct oci_state *s, const char *metadata, struct out *o)
{
	struct json_writer w = json_writer_to(o, NULL);

	json_put_object(&w, NULL);
	json_put_string(&w, "ociVersion", s->oci_version ? s->oci_version : SPEC_VERSION);
	json_put_list(&w, "fds");
	json_put_string(&w, NULL, "seccompFd");
	json_put_end(&w);
	json_put_i64(&w, "pid", s->pid);
	if (metadata)
		json_put_string(&w, "metadata", metadata);
	put_state(&w, "state", s);
	json_put_end(&w);
}

/* ---- decoding ----------------------------------------------------------------------------- */

static int pid_done(struct decoder *d, void *object)
{
	const struct oci_state *s = object;

	return s->pid < 0 ? decode_error(d, "pid", "it is negative") : 0;
}

_Static_assert(sizeof(pid_t) == sizeof(int32_t) && sizeof(enum oci_status) == sizeof(uint32_t),
	       "both are decoded as numbers of 32 bits");

static const struct decode_field state_fields[] = {
	{"ociVersion", DECODE_STRING, offsetof(struct oci_state, oci_version), .required = true},
	{"id", DECODE_STRING, offsetof(struct oci_state, id), .required = true},
	{"status", DECODE_NAME, offsetof(struct oci_state, status), .required = true,
	 .names = oci_statuses},
	{"pid", DECODE_I32, offsetof(struct oci_state, pid)},
	{"bundle", DECODE_STRING, offsetof(struct oci_state, bundle), .required = true},
	{"annotations", DECODE_PAIRS, offsetof(struct oci_state, annotations)},
	{"rootfs", DECODE_STRING, offsetof(struct oci_state, rootfs)},
	{"created", DECODE_STRING, offsetof(struct oci_state, created)},
	{"owner", DECODE_STRING, offsetof(struct oci_state, owner)},
};
static const struct decode_table state_table =
	DECODE_TABLE(struct oci_state, state_fields, .done = pid_done);

int oci_state_decode(struct arena *a, const char *json, size_t n, struct oci_state *ret,
		     struct err *err)
{
	struct oci_state s = {0};
	int r = decode_text(a, json, n, &state_table, &s, err);

	if (r >= 0)
		*ret = s;
	return r;
}
