/*
 * What raw LMDB, raw processes and nothing at all cost. Linked with the same libraries as wfctl, so
 * that `yardstick nothing` is what a process costs before it does anything.
 *
 *	nothing
 *	init FOLDER                    an empty environment
 *	inits FOLDER N                 N empty environments, FOLDER/0 and so on
 *	looks FOLDER N                 opens, reads once and closes each of them
 *	txns FOLDER                    prints how many transactions it has seen
 *	commits FOLDER N LIST          LIST's records in N commits
 *	spawns N COMMAND               N times spawn and wait
 *	work FOLDER COMMITS LIST N COMMAND   both
 *	list FOLDER FROM COUNT LIST    the records of COUNT instances of a journal from number FROM on,
 *	                               as a list; prints their number, and the bytes of keys and
 *	                               plain values
 *	batches FOLDER LIST PER_COMMIT LIST's instances sealed and put, so many a commit
 *
 * A list is a sequence of records: u8 table (0 rows, 1 index), u8 key length, u32 value length, u64
 * instance, key; by instance, in the order of a journal's own writing.
 */
#include <jansson.h>
#include <lmdb.h>
#include <sodium.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <yaml.h>

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define MAP ((size_t)64 << 30)
#define SEAL_EXTRA 40u /* nonce and tag */

extern char **environ;

/* Referenced, so that the linker keeps the libraries; never called. */
typedef void anything(void);
__attribute__((used)) static anything *const libraries[] = {
	(anything *)(size_t)yaml_get_version_string, (anything *)(size_t)json_object,
	(anything *)(size_t)pcre2_config_8,
};

_Noreturn static void die(const char *what, const char *why)
{
	fprintf(stderr, "yardstick: %s: %s\n", what, why);
	exit(1);
}

static void must(int rc, const char *what)
{
	if (rc)
		die(what, mdb_strerror(rc));
}

/* -- the environment -- */

static const char *const table_names[2] = {"instances", "index"};

static MDB_env *open_env(const char *folder, unsigned flags)
{
	MDB_env *env;
	must(mdb_env_create(&env), "create");
	must(mdb_env_set_mapsize(env, MAP), "map");
	must(mdb_env_set_maxdbs(env, 3), "tables");
	must(mdb_env_open(env, folder, flags, 0600), folder);
	return env;
}

static void open_tables(MDB_env *env, unsigned flags, MDB_dbi ret[2])
{
	MDB_txn *txn;
	must(mdb_txn_begin(env, NULL, flags ? 0 : MDB_RDONLY, &txn), "begin");
	for (int i = 0; i < 2; i++)
		must(mdb_dbi_open(txn, table_names[i], flags, &ret[i]), table_names[i]);
	must(mdb_txn_commit(txn), "commit");
}

static void init(const char *folder)
{
	MDB_dbi tables[2];
	MDB_env *env = open_env(folder, 0);
	open_tables(env, MDB_CREATE, tables);
	mdb_env_close(env);
}

static void inits(const char *folder, size_t count)
{
	char path[4096];
	for (size_t i = 0; i < count; i++) {
		MDB_dbi tables[2];
		(void)snprintf(path, sizeof(path), "%s/%zu", folder, i);
		if (mkdir(path, 0700))
			die(path, strerror(errno));
		MDB_env *env = open_env(path, MDB_NOSYNC);
		open_tables(env, MDB_CREATE, tables);
		mdb_env_close(env);
	}
}

/* One read: whether a table has anything. */
static void look(const char *folder)
{
	MDB_env *env = open_env(folder, MDB_RDONLY);
	MDB_txn *txn;
	MDB_dbi table;
	MDB_cursor *c;
	MDB_val k, v;
	must(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), "begin");
	must(mdb_dbi_open(txn, table_names[1], 0, &table), table_names[1]);
	must(mdb_cursor_open(txn, table, &c), "cursor");
	int rc = mdb_cursor_get(c, &k, &v, MDB_FIRST);
	if (rc != MDB_NOTFOUND)
		must(rc, "read");
	mdb_cursor_close(c);
	mdb_txn_abort(txn);
	mdb_env_close(env);
}

static void looks(const char *folder, size_t count)
{
	char path[4096];
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(path, sizeof(path), "%s/%zu", folder, i);
		look(path);
	}
}

static void txns(const char *folder)
{
	MDB_envinfo info;
	MDB_env *env = open_env(folder, MDB_RDONLY);
	must(mdb_env_info(env, &info), "info");
	printf("%zu\n", info.me_last_txnid);
	mdb_env_close(env);
}

/* -- lists -- */

struct record {
	uint64_t instance;
	uint32_t table, key_n, value_n;
	const uint8_t *key;
};

struct list {
	const uint8_t *bytes;
	size_t n, at;
};

enum { HEAD = 14 };

static struct list open_list(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		die(path, strerror(errno));
	void *bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (bytes == MAP_FAILED)
		die(path, strerror(errno));
	return (struct list){bytes, (size_t)st.st_size, 0};
}

static bool next_record(struct list *l, struct record *ret)
{
	const uint8_t *p = l->bytes + l->at;
	if (l->at == l->n)
		return false;
	*ret = (struct record){.table = p[0], .key_n = p[1], .key = p + HEAD};
	memcpy(&ret->value_n, p + 2, 4);
	memcpy(&ret->instance, p + 6, 8);
	l->at += HEAD + ret->key_n;
	return true;
}

/* -- making a list of a journal -- */

static uint64_t be64(const uint8_t *p)
{
	uint64_t v = 0;
	for (int i = 0; i < 8; i++)
		v = v << 8 | p[i];
	return v;
}

/* The instance of an index entry: the last eight bytes, before the step where there is one; 0: of
 * none (events, schedules). */
static uint64_t instance_of_index(const MDB_val *key)
{
	const uint8_t *k = key->mv_data;
	bool step = k[0] == 7 || k[0] == 8 || k[0] == 12 || k[0] == 13;
	return k[0] >= 15 ? 0 : be64(k + key->mv_size - (step ? 12 : 8));
}

struct entry {
	struct record r;
	uint8_t key[64];
};

struct entries {
	struct entry *items;
	size_t count, room;
};

static void add_entry(struct entries *e, uint64_t instance, uint32_t table, const MDB_val *k,
	const MDB_val *v)
{
	if (e->count == e->room) {
		e->room = e->room ? 2 * e->room : 1024;
		e->items = realloc(e->items, e->room * sizeof(*e->items));
		if (!e->items)
			die("list", "out of memory");
	}
	struct entry *x = &e->items[e->count++];
	x->r = (struct record){instance, table, (uint32_t)k->mv_size, (uint32_t)v->mv_size, NULL};
	if (k->mv_size > sizeof(x->key))
		die("list", "a key is too long");
	memcpy(x->key, k->mv_data, k->mv_size);
}

static int by_instance(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	if (x->r.instance != y->r.instance)
		return x->r.instance < y->r.instance ? -1 : 1;
	if (x->r.table != y->r.table)
		return x->r.table < y->r.table ? -1 : 1;
	size_t n = x->r.key_n < y->r.key_n ? x->r.key_n : y->r.key_n;
	return memcmp(x->key, y->key, n);
}

static void collect(const char *folder, uint64_t from, uint64_t count, struct entries *e)
{
	MDB_env *env = open_env(folder, MDB_RDONLY);
	MDB_dbi tables[2];
	open_tables(env, 0, tables);
	MDB_txn *txn;
	must(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), "begin");
	for (uint32_t t = 0; t < 2; t++) {
		MDB_cursor *c;
		MDB_val k, v;
		must(mdb_cursor_open(txn, tables[t], &c), "cursor");
		while (mdb_cursor_get(c, &k, &v, MDB_NEXT) == 0) {
			uint64_t instance = t ? instance_of_index(&k) : be64(k.mv_data);
			if (instance >= from && instance - from < count)
				add_entry(e, instance, t, &k, &v);
		}
		mdb_cursor_close(c);
	}
	mdb_txn_abort(txn);
	mdb_env_close(env);
}

static void make_list(const char *folder, uint64_t from, uint64_t count, const char *path)
{
	struct entries e = {0};
	uint64_t bytes = 0;
	collect(folder, from, count, &e);
	qsort(e.items, e.count, sizeof(*e.items), by_instance);
	FILE *f = fopen(path, "we");
	if (!f)
		die(path, strerror(errno));
	for (size_t i = 0; i < e.count; i++) {
		const struct entry *x = &e.items[i];
		uint8_t head[HEAD] = {(uint8_t)x->r.table, (uint8_t)x->r.key_n};
		memcpy(head + 2, &x->r.value_n, 4);
		memcpy(head + 6, &x->r.instance, 8);
		bytes += x->r.key_n + (x->r.table ? 0 : x->r.value_n - SEAL_EXTRA);
		fwrite(head, 1, sizeof(head), f);
		fwrite(x->key, 1, x->r.key_n, f);
	}
	if (ferror(f) || fclose(f))
		die(path, "cannot be written");
	printf("%zu %llu\n", e.count, (unsigned long long)bytes);
	free(e.items);
}

/* -- putting -- */

struct put {
	MDB_cursor *cursors[2];
	uint8_t last[2][64];
	size_t last_n[2];
	bool seal;
	uint8_t key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
	uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];
	uint64_t counter;
	uint8_t *plain;
};

static void begin_put(struct put *p, MDB_txn *txn, const MDB_dbi tables[2])
{
	for (int t = 0; t < 2; t++) {
		MDB_val k = {0}, v;
		must(mdb_cursor_open(txn, tables[t], &p->cursors[t]), "cursor");
		int rc = mdb_cursor_get(p->cursors[t], &k, &v, MDB_LAST);
		if (rc != MDB_NOTFOUND)
			must(rc, "last");
		p->last_n[t] = rc ? 0 : k.mv_size;
		if (!rc)
			memcpy(p->last[t], k.mv_data, k.mv_size);
	}
}

static void end_put(struct put *p)
{
	for (int t = 0; t < 2; t++)
		mdb_cursor_close(p->cursors[t]);
}

/* A key beyond the last is appended, as any writer of rising keys would do. */
static void put_record(struct put *p, const struct record *r)
{
	MDB_val k = {r->key_n, (void *)(uintptr_t)r->key}, v = {r->value_n, NULL};
	size_t n = p->last_n[r->table] < r->key_n ? p->last_n[r->table] : r->key_n;
	bool beyond = !n || memcmp(r->key, p->last[r->table], n) > 0;
	unsigned flags = MDB_RESERVE | (beyond ? MDB_APPEND : 0u);
	must(mdb_cursor_put(p->cursors[r->table], &k, &v, flags), "put");
	if (beyond) {
		memcpy(p->last[r->table], r->key, r->key_n);
		p->last_n[r->table] = r->key_n;
	}
	if (!r->value_n)
		return;
	if (!p->seal || r->value_n < SEAL_EXTRA) {
		memcpy(v.mv_data, p->plain, r->value_n);
		return;
	}
	p->counter++;
	memcpy(p->nonce + 16, &p->counter, 8);
	memcpy(v.mv_data, p->nonce, sizeof(p->nonce));
	crypto_aead_xchacha20poly1305_ietf_encrypt((uint8_t *)v.mv_data + sizeof(p->nonce), NULL,
		p->plain, r->value_n - SEAL_EXTRA, r->key, r->key_n, NULL, p->nonce, p->key);
}

static struct put new_put(bool seal)
{
	struct put p = {.seal = seal, .plain = calloc(1, 17u << 20)};
	if (!p.plain || sodium_init() < 0)
		die("put", "out of memory");
	randombytes_buf(p.key, sizeof(p.key));
	randombytes_buf(p.nonce, sizeof(p.nonce));
	return p;
}

static size_t count_records(struct list l)
{
	struct record r;
	size_t n = 0;
	while (next_record(&l, &r))
		n++;
	return n;
}

static void commits(const char *folder, size_t count, const char *path)
{
	struct list l = open_list(path);
	struct put p = new_put(false);
	MDB_env *env = open_env(folder, 0);
	MDB_dbi tables[2];
	open_tables(env, 0, tables);
	size_t each = (count_records(l) + count - 1) / count;
	for (size_t c = 0; c < count; c++) {
		MDB_txn *txn;
		struct record r;
		must(mdb_txn_begin(env, NULL, 0, &txn), "begin");
		begin_put(&p, txn, tables);
		for (size_t i = 0; i < each && next_record(&l, &r); i++)
			put_record(&p, &r);
		end_put(&p);
		must(mdb_txn_commit(txn), "commit");
	}
	mdb_env_close(env);
	free(p.plain);
}

static void batches(const char *folder, const char *path, uint64_t per_commit)
{
	struct list l = open_list(path);
	struct put p = new_put(true);
	MDB_env *env = open_env(folder, 0);
	MDB_dbi tables[2];
	open_tables(env, 0, tables);
	struct record r;
	bool more = next_record(&l, &r);
	while (more) {
		MDB_txn *txn;
		uint64_t last = r.instance + per_commit;
		must(mdb_txn_begin(env, NULL, 0, &txn), "begin");
		begin_put(&p, txn, tables);
		while (more && r.instance < last) {
			put_record(&p, &r);
			more = next_record(&l, &r);
		}
		end_put(&p);
		must(mdb_txn_commit(txn), "commit");
	}
	mdb_env_close(env);
	free(p.plain);
}

/* -- processes -- */

static void spawns(size_t count, char **argv)
{
	for (size_t i = 0; i < count; i++) {
		pid_t pid;
		int status, rc = posix_spawn(&pid, argv[0], NULL, NULL, argv, environ);
		if (rc || waitpid(pid, &status, 0) < 0 || status)
			die(argv[0], rc ? strerror(rc) : "did not end well");
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	if (strcmp(what, "nothing") == 0)
		return 0;
	if (strcmp(what, "init") == 0 && argc == 3)
		init(argv[2]);
	else if (strcmp(what, "inits") == 0 && argc == 4)
		inits(argv[2], strtoul(argv[3], NULL, 10));
	else if (strcmp(what, "looks") == 0 && argc == 4)
		looks(argv[2], strtoul(argv[3], NULL, 10));
	else if (strcmp(what, "txns") == 0 && argc == 3)
		txns(argv[2]);
	else if (strcmp(what, "commits") == 0 && argc == 5)
		commits(argv[2], strtoul(argv[3], NULL, 10), argv[4]);
	else if (strcmp(what, "spawns") == 0 && argc >= 4)
		spawns(strtoul(argv[2], NULL, 10), argv + 3);
	else if (strcmp(what, "work") == 0 && argc >= 7) {
		commits(argv[2], strtoul(argv[3], NULL, 10), argv[4]);
		spawns(strtoul(argv[5], NULL, 10), argv + 6);
	} else if (strcmp(what, "list") == 0 && argc == 6)
		make_list(argv[2], strtoull(argv[3], NULL, 10), strtoull(argv[4], NULL, 10),
			argv[5]);
	else if (strcmp(what, "batches") == 0 && argc == 5)
		batches(argv[2], argv[3], strtoull(argv[4], NULL, 10));
	else
		die(what, "see the head of yardstick.c");
	return 0;
}
