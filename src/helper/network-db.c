// SPDX-License-Identifier: Apache-2.0
#include "network-db.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "file.h"
#include "macros.h"

static const char schema[] =
	"create table if not exists networks ("
	" name text primary key, driver text not null, interface text not null unique,"
	" flags integer not null, mtu integer not null, vlan integer not null,"
	" subnet4 text, gateway4 text, subnet6 text, gateway6 text,"
	" first integer not null, last integer not null, created integer not null);"
	"pragma user_version = 1";

static int fail(struct network_db *db, const char *what, struct err *err)
{
	int code = sqlite3_errcode(db->handle);

	err_set(err, 0, "cannot %s the database of networks '%s': %s", what, db->path,
		sqlite3_errmsg(db->handle));
	if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
		err_remedy(err, "move it away and make the networks again: mv '%s' '%s.bad'",
			   db->path, db->path);
	if (code == SQLITE_FULL)
		err_remedy(err, "the disk is full");
	return -EIO;
}

static int directory_path(char *path, size_t size)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	int n;

	if (geteuid() == 0)
		n = snprintf(path, size, "/var/lib/kokon");
	else if (data && *data == '/')
		n = snprintf(path, size, "%s/kokon", data);
	else
		n = snprintf(path, size, "%s/.local/share/kokon", home ? home : "");
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

int network_db_open(struct network_db *ret, struct err *err)
{
	struct network_db db = {0};
	char dir[480];
	int r = directory_path(dir, sizeof(dir));

	if (r == 0)
		r = make_directories(AT_FDCWD, dir, 0700);
	if (r < 0)
		return err_set(err, -r, "cannot make '%s'", dir);
	snprintf(db.path, sizeof(db.path), "%s/networks.db", dir);
	umask(077);
	if (sqlite3_open_v2(db.path, &db.handle,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW,
			    NULL) != SQLITE_OK ||
	    sqlite3_busy_timeout(db.handle, 20000) != SQLITE_OK ||
	    sqlite3_exec(db.handle, schema, NULL, NULL, NULL) != SQLITE_OK) {
		r = fail(&db, "open", err);
		network_db_close(&db);
		return r;
	}
	*ret = db;
	return 0;
}

void network_db_close(struct network_db *db)
{
	if (db->handle)
		sqlite3_close(db->handle);
	db->handle = NULL;
}

int network_db_begin(struct network_db *db, struct err *err)
{
	return sqlite3_exec(db->handle, "begin immediate", NULL, NULL, NULL) == SQLITE_OK
		       ? 0
		       : fail(db, "lock", err);
}

int network_db_commit(struct network_db *db, struct err *err)
{
	return sqlite3_exec(db->handle, "commit", NULL, NULL, NULL) == SQLITE_OK
		       ? 0
		       : fail(db, "write", err);
}

void network_db_rollback(struct network_db *db)
{
	sqlite3_exec(db->handle, "rollback", NULL, NULL, NULL);
}

/* --- reading --- */

void network_list_free(struct network_list *list)
{
	free(list->v);
	*list = (struct network_list){0};
}

static void column_text(sqlite3_stmt *s, int i, char *buf, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(s, i);

	snprintf(buf, size, "%s", text ? text : "");
}

static void column_cidr(sqlite3_stmt *s, int i, struct ip *ret)
{
	const char *text = (const char *)sqlite3_column_text(s, i);
	struct err err = {0};

	*ret = (struct ip){0};
	if (text)
		ip_parse_cidr(text, ret, &err);
}

static void read_row(sqlite3_stmt *s, struct network *n)
{
	*n = (struct network){.flags = (uint32_t)sqlite3_column_int(s, 3),
			      .mtu = (uint32_t)sqlite3_column_int(s, 4),
			      .vlan = (uint32_t)sqlite3_column_int(s, 5),
			      .first = (uint32_t)sqlite3_column_int(s, 10),
			      .last = (uint32_t)sqlite3_column_int(s, 11),
			      .created = (uint64_t)sqlite3_column_int64(s, 12)};
	column_text(s, 0, n->name, sizeof(n->name));
	column_text(s, 1, n->driver, sizeof(n->driver));
	column_text(s, 2, n->interface, sizeof(n->interface));
	column_cidr(s, 6, &n->subnet[V4]);
	column_cidr(s, 7, &n->gateway[V4]);
	column_cidr(s, 8, &n->subnet[V6]);
	column_cidr(s, 9, &n->gateway[V6]);
}

int network_db_read(struct network_db *db, struct network_list *ret, struct err *err)
{
	static const char query[] =
		"select name, driver, interface, flags, mtu, vlan, subnet4, gateway4, subnet6, "
		"gateway6, first, last, created from networks order by name";
	struct network_list list = {0};
	sqlite3_stmt *s;
	int r;

	if (sqlite3_prepare_v2(db->handle, query, -1, &s, NULL) != SQLITE_OK)
		return fail(db, "read", err);
	while ((r = sqlite3_step(s)) == SQLITE_ROW) {
		list.v = realloc(list.v, (list.n + 1) * sizeof(*list.v));
		if (!list.v)
			out_of_memory();
		read_row(s, &list.v[list.n++]);
	}
	sqlite3_finalize(s);
	if (r != SQLITE_DONE) {
		network_list_free(&list);
		return fail(db, "read", err);
	}
	*ret = list;
	return 0;
}

/* --- changing --- */

static void bind_cidr(sqlite3_stmt *s, int i, const struct ip *ip)
{
	char text[IP_TEXT_MAX];

	if (ip->family)
		sqlite3_bind_text(s, i, ip_format_cidr(ip, text), -1, SQLITE_TRANSIENT);
}

static int step(struct network_db *db, sqlite3_stmt *s, struct err *err)
{
	int r = sqlite3_step(s);

	sqlite3_finalize(s);
	return r == SQLITE_DONE ? 0 : fail(db, "write", err);
}

int network_db_insert(struct network_db *db, const struct network *n, struct err *err)
{
	sqlite3_stmt *s;

	if (sqlite3_prepare_v2(db->handle,
			       "insert into networks values (?,?,?,?,?,?,?,?,?,?,?,?,?)", -1, &s,
			       NULL) != SQLITE_OK)
		return fail(db, "write", err);
	sqlite3_bind_text(s, 1, n->name, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 2, n->driver, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 3, n->interface, -1, SQLITE_STATIC);
	sqlite3_bind_int(s, 4, (int)n->flags);
	sqlite3_bind_int(s, 5, (int)n->mtu);
	sqlite3_bind_int(s, 6, (int)n->vlan);
	bind_cidr(s, 7, &n->subnet[V4]);
	bind_cidr(s, 8, &n->gateway[V4]);
	bind_cidr(s, 9, &n->subnet[V6]);
	bind_cidr(s, 10, &n->gateway[V6]);
	sqlite3_bind_int(s, 11, (int)n->first);
	sqlite3_bind_int(s, 12, (int)n->last);
	sqlite3_bind_int64(s, 13, (sqlite3_int64)n->created);
	return step(db, s, err);
}

int network_db_delete(struct network_db *db, const char *name, struct err *err)
{
	sqlite3_stmt *s;

	if (sqlite3_prepare_v2(db->handle, "delete from networks where name = ?", -1, &s, NULL) !=
	    SQLITE_OK)
		return fail(db, "write", err);
	sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
	return step(db, s, err);
}
