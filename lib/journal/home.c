/* The home: its folders, settings file and master key. */
#include "base/crash.h"
#include "base/mem.h"
#include "base/sys.h"
#include "journal/private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_NAME 64
#define LOCK_WAIT_MS 10000u
#define DEFAULT_QUOTA ((uint64_t)64 << 30)

static const char settings[] =
	"# Settings of this wfctl home. Every one is also an option and an environment variable;\n"
	"# the option beats the variable, the variable beats this file.\n"
	"#\n"
	"# tenant: default            # --tenant, WFCTL_TENANT\n"
	"# environment: default       # --environment, WFCTL_ENVIRONMENT\n"
	"# key_file: /etc/wfctl.key   # the master key: 32 bytes or 64 hexadecimal digits, mode 0600\n"
	"# max_journal_bytes: 68719476736   # quota of one journal's data file\n"
	"# allow_network_fs: false    # open a journal that is on a network filesystem\n"
	"# identity: asserted         # --as is believed, and recorded beside the system's user\n"
	"# directory: people.yaml     # who has which role: wfctl-config(5), PEOPLE\n"
	"# resolvers: {}              # how approvers are looked up, the same page\n"
	"# event_retention: P7D       # how long an event that was handed out is kept\n"
	"# color: auto                # auto, always, never\n"
	"# output: table              # table, wide, json, jsonl, yaml\n";

int wf_sync_folder(const char *path, struct wf_cause *cause)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 || fsync(fd) ? errno : 0;
	if (fd >= 0)
		(void)close(fd);
	return rc ? wf_fail(cause, wf_err_of_errno(rc), "cannot make the folder %s durable: %s",
		path, strerror(rc)) : 0;
}

bool wf_journal_name_ok(const char *name)
{
	size_t n = strlen(name);
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789_-.@";
	return n > 0 && n <= MAX_NAME && name[0] != '.' && name[0] != '-' &&
		strspn(name, allowed) == n;
}

int wf_home_journal_path(const struct wf_home *home, const char *tenant, const char *environment,
	char **ret, struct wf_cause *cause)
{
	const char *names[] = {tenant, environment};
	for (size_t i = 0; i < 2; i++) {
		if (wf_journal_name_ok(names[i]))
			continue;
		(void)wf_fail(cause, WF_EINVAL, "'%.80s' cannot be the name of %s", names[i],
			i ? "an environment" : "a tenant");
		wf_fail_hint(cause, "letters, digits and _ - . @, at most %d of them", MAX_NAME);
		return WF_EINVAL;
	}
	*ret = wf_asprintf("%s/%s/%s", home->journals, tenant, environment);
	return 0;
}

/* -- the master key -- */

static int key_failure(struct wf_cause *cause, const char *path, const char *what, const char *hint)
{
	(void)wf_fail(cause, WF_EKEY, "the master key %s %s", path, what);
	wf_fail_hint(cause, "%s", hint);
	return WF_EKEY;
}

static int read_key(const char *path, bool guarded, uint8_t ret[WF_SEAL_KEY],
	struct wf_cause *cause)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return key_failure(cause, path, "is not there", "restore it from where it is kept, or "
			"name it with key_file or WFCTL_KEY_FILE; without it the journal cannot be "
			"opened");
	struct stat st;
	WF_AUTOBUF struct wf_buf b = {0};
	int rc = fd < 0 || fstat(fd, &st) ? wf_fail(cause, WF_EKEY,
		"the master key %s cannot be read: %s", path, strerror(errno)) : 0;
	if (fd < 0)
		return rc;
	if (!rc && (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode)))
		rc = key_failure(cause, path, "is not a file", "give a file of 32 bytes");
	else if (!rc && !guarded && S_ISREG(st.st_mode) && st.st_mode & (S_IRWXG | S_IRWXO))
		rc = key_failure(cause, path, "can be read by others than its owner",
			"chmod 600 it; if others may have read it, make a new key");
	if (!rc)
		rc = wf_read_fd(fd, path, 4096, &b, cause);
	(void)close(fd);
	if (rc == WF_ELIMIT)
		rc = 0; /* told below with its size */
	if (rc)
		return rc;
	size_t n = b.len;
	while (n > WF_SEAL_KEY && n <= 2 * WF_SEAL_KEY + 2 && strchr("\r\n", b.data[n - 1]))
		n--;
	if (n == WF_SEAL_KEY) {
		memcpy(ret, b.data, WF_SEAL_KEY);
	} else {
		if (n == (size_t)2 * WF_SEAL_KEY)
			b.data[n] = '\0';
		if (n != (size_t)2 * WF_SEAL_KEY || !wf_unhex(b.data, ret, WF_SEAL_KEY))
			rc = key_failure(cause, path, "is neither 32 bytes nor 64 hexadecimal digits",
				"restore it from where it is kept");
	}
	wf_seal_wipe(b.data, b.len);
	return rc;
}

/* Made once: an existing key is never written over, not even that of an init at the same time, whose
 * journal it would make unreadable. A hard link fails where a rename would replace. */
static int make_key(const char *folder, const char *path, struct wf_cause *cause)
{
	if (access(path, F_OK) == 0)
		return 0;
	uint8_t key[WF_SEAL_KEY];
	WF_AUTOFREE char *own = wf_asprintf("%s.%ld.new", path, (long)getpid());
	wf_random(key, sizeof(key));
	int rc = wf_write_file(own, key, sizeof(key), 0600, true, cause);
	wf_seal_wipe(key, sizeof(key));
	if (rc)
		return rc;
	if (link(own, path) && errno != EEXIST && rename(own, path))
		rc = wf_fail(cause, wf_err_of_errno(errno), "cannot make %s: %s", path,
			strerror(errno));
	(void)unlink(own);
	return rc ? rc : wf_sync_folder(folder, cause);
}

/* -- init, open, close -- */

static struct wf_home *home_at(const char *path)
{
	struct wf_home *h = wf_calloc(1, sizeof(*h));
	size_t n = strlen(path);
	while (n > 1 && path[n - 1] == '/')
		n--;
	h->path = wf_strndup(path, n);
	h->journals = wf_asprintf("%s/journals", h->path);
	h->runners = wf_asprintf("%s/runners", h->path);
	h->spool = wf_asprintf("%s/spool", h->path);
	h->runner_fd = h->watch_fd = -1;
	h->max_bytes = DEFAULT_QUOTA;
	h->lock_wait_ms = LOCK_WAIT_MS;
	return h;
}

static int make_folders(const struct wf_home *h, const char *keys, struct wf_cause *cause)
{
	const char *paths[] = {h->path, keys, h->journals, h->runners, h->spool};
	int rc = 0;
	for (size_t i = 0; !rc && i < sizeof(paths) / sizeof(paths[0]); i++)
		rc = wf_make_dirs(paths[i], cause);
	return rc ? rc : wf_sync_folder(h->path, cause);
}

/* The settings file is written last: where it is, all else is. An init that was killed is taken up
 * where it ended. */
int wf_home_init(const char *path, const char *tenant, const char *environment,
	struct wf_cause *cause)
{
	wf_seal_ready();
	struct wf_home *h = home_at(path);
	WF_AUTOFREE char *config = wf_asprintf("%s/config.yaml", h->path);
	WF_AUTOFREE char *keys = wf_asprintf("%s/keys", h->path);
	WF_AUTOFREE char *master = wf_asprintf("%s/master", keys);
	WF_AUTOFREE char *journal = NULL;
	int rc = wf_home_journal_path(h, tenant, environment, &journal, cause);
	if (!rc && access(config, F_OK) == 0)
		rc = wf_fail(cause, WF_EEXIST, "%s is a wfctl home already", h->path);
	if (!rc)
		rc = make_folders(h, keys, cause);
	if (!rc)
		rc = make_key(keys, master, cause);
	if (!rc) {
		wf_crash_here(WF_CRASH_KEY_MADE);
		rc = read_key(master, false, h->master, cause);
	}
	if (!rc) {
		rc = wf_journal_create(h, tenant, environment, cause);
		rc = rc == WF_EEXIST ? 0 : rc;
		wf_crash_here(WF_CRASH_JOURNAL_PLACED);
	}
	if (!rc)
		rc = wf_write_file(config, settings, sizeof(settings) - 1, 0600, true, cause);
	wf_home_close(h);
	return rc;
}

int wf_home_open(const char *path, const struct wf_home_options *options, struct wf_home **ret,
	struct wf_cause *cause)
{
	wf_seal_ready();
	struct wf_home *h = home_at(path);
	WF_AUTOFREE char *master = wf_asprintf("%s/keys/master", h->path);
	const char *key = options && options->key_file ? options->key_file : master;
	if (options) {
		h->allow_network_fs = options->allow_network_fs;
		if (options->max_bytes)
			h->max_bytes = options->max_bytes;
	}
	struct stat st;
	int rc = 0;
	bool there = stat(h->journals, &st) == 0;
	bool denied = !there && errno == EACCES;
	bool missing = there || errno == ENOENT || errno == ENOTDIR;
	if (!missing && !denied) {
		rc = wf_fail(cause, wf_err_of_errno(errno), "%s cannot be looked at: %s", h->path,
			strerror(errno));
	} else if (!there || !S_ISDIR(st.st_mode)) {
		rc = wf_fail(cause, denied ? WF_EPERM : WF_ENOENT, denied ?
			"%s may not be looked into" : "%s is not a wfctl home", h->path);
		wf_fail_hint(cause, denied ? "run it as the home's owner, or name another with --home" :
			"wfctl init makes one; --home or WFCTL_HOME names another");
	}
	if (!rc)
		rc = read_key(key, options && options->key_guarded, h->master, cause);
	if (rc) {
		wf_home_close(h);
		return rc;
	}
	*ret = h;
	return 0;
}

void wf_home_close(struct wf_home *home)
{
	if (!home)
		return;
	wf_runner_end(home);
	wf_seal_wipe(home->master, sizeof(home->master));
	wf_free(home->path);
	wf_free(home->journals);
	wf_free(home->runners);
	wf_free(home->spool);
	wf_free(home);
}

const char *wf_home_path(const struct wf_home *home)
{
	return home->path;
}

const char *wf_home_spool(const struct wf_home *home)
{
	return home->spool;
}
