/* Looking: what is due in a journal, without changing anything. */
#include "sweep/work.h"

#include "base/mem.h"
#include "base/sys.h"
#include "journal/waiting.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define HOUR_MS INT64_C(3600000)

void wf_agenda_done(struct wf_agenda *a)
{
	wf_numbers_done(&a->orphans);
	wf_numbers_done(&a->timers);
	wf_numbers_done(&a->schedules);
	wf_numbers_done(&a->events);
	wf_numbers_done(&a->held_back);
	wf_numbers_done(&a->queued);
}

bool wf_agenda_empty(const struct wf_agenda *a)
{
	return !a->orphans.count && !a->timers.count && !a->schedules.count && !a->events.count &&
		!a->held_back.count && !a->queued.count && !a->events_expired && !a->expired;
}

int64_t wf_sweep_expiry_due(int64_t expires)
{
	int64_t past = expires % HOUR_MS;

	return past ? expires - past + HOUR_MS : expires;
}

int64_t wf_sweep_earlier(int64_t a, int64_t b)
{
	return !a ? b : !b || a < b ? a : b;
}

/* -- one snapshot -- */

struct look {
	struct wf_home *home;
	int64_t now, expired_before;
	struct wf_agenda a;
	bool glance, work;
	bool leaves_instances; /* looks neither for orphans nor for timers */
	bool counts;         /* says how many histories have expired */
	/* owners that were asked after */
	uint64_t alive, dead;
};

/* A living owner drives on; instances of one owner stand together. */
static bool has_owner(struct look *l, uint64_t owner)
{
	if (!owner || owner == l->dead)
		return false;
	if (owner == l->alive)
		return true;
	bool alive = wf_runner_alive(l->home, owner);
	*(alive ? &l->alive : &l->dead) = owner;
	return alive;
}

static bool add_orphan(void *arg, const struct wf_instance *in)
{
	struct look *l = arg;

	/* what compensates may rest until a timer, as what waits does */
	if (in->status == WF_INST_COMPENSATING && in->wait != WF_WAIT_NONE)
		return true;
	if (!has_owner(l, in->owner)) {
		l->work = true;
		wf_numbers_add(&l->a.orphans, in->number);
	}
	return !(l->glance && l->work);
}

/* Those that run or are about to, and nobody drives. */
static int look_for_orphans(struct wf_txn *txn, struct look *l)
{
	static const enum wf_instance_status could_go_on[] = { WF_INST_RUNNING, WF_INST_PENDING,
		WF_INST_COMPENSATING };
	uint64_t by_status[WF_INST_COUNT_] = { 0 };
	int err = wf_txn_count(txn, by_status);

	for (size_t i = 0; err == 0 && i < sizeof(could_go_on) / sizeof(could_go_on[0]); i++) {
		struct wf_filter filter = { .status = (int)could_go_on[i], .oldest_first = true };
		if (by_status[could_go_on[i]] && !(l->glance && l->work))
			err = wf_txn_each_instance(txn, &filter, add_orphan, l);
	}
	return err;
}

static bool add_event(void *arg, const struct wf_kept_event *e)
{
	struct look *l = arg;

	l->work = true;
	wf_numbers_add(&l->a.events, e->number);
	return !l->glance;
}

static bool is_expired(void *arg, const struct wf_kept_event *e)
{
	struct look *l = arg;

	if (e->dispatched && e->at < l->expired_before)
		l->work = l->a.events_expired = true;
	return false;
}

static int look_at_events(struct wf_txn *txn, struct look *l)
{
	int err = wf_txn_each_undispatched(txn, add_event, l);

	if (err == 0 && l->expired_before)
		err = wf_txn_each_event(txn, NULL, 0, is_expired, l);
	return err;
}

/* Steps that a hold kept back which is no more. */
static int look_at_held(struct wf_txn *txn, struct look *l)
{
	struct wf_numbers held = { 0 };
	int err = wf_txn_each_held_back(txn, wf_numbers_take, &held);

	for (size_t i = 0; err == 0 && i < held.count; i++) {
		struct wf_instance *in = NULL;
		bool still = true;
		err = wf_txn_get_instance(txn, held.items[i], WF_LOAD_HEADER, &in);
		if (err == 0)
			err = wf_txn_is_held(txn, in->workflow, &still);
		if (err == 0 && !still) {
			wf_numbers_add(&l->a.held_back, held.items[i]);
			l->work = true;
		}
		wf_instance_free(in);
	}
	wf_numbers_done(&held);
	return err;
}

/* One that waits for several slots may be found in several queues. */
static void add_queued(void *arg, uint64_t number)
{
	struct look *l = arg;

	l->work = true;
	for (size_t i = 0; i < l->a.queued.count; i++)
		if (l->a.queued.items[i] == number)
			return;
	wf_numbers_add(&l->a.queued, number);
}

static bool count_expired(void *arg, uint64_t number, int64_t since)
{
	struct look *l = arg;

	(void)number;
	(void)since;
	l->a.expired++;
	return l->counts;
}

static int look(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct look *l = arg;
	int err;

	(void)cause;
	wf_agenda_done(&l->a);
	l->a = (struct wf_agenda){ 0 };
	err = wf_txn_next_due(txn, &l->a.next_due);
	if (err == 0)
		err = wf_txn_next_expiry(txn, &l->a.expires);
	if (err == 0 && !l->glance && l->a.expires && l->a.expires <= l->now)
		err = wf_txn_each_expired(txn, l->now, count_expired, l);
	if (err == 0 && !l->leaves_instances)
		err = look_for_orphans(txn, l);
	if (err == 0 && !(l->glance && l->work))
		err = look_at_events(txn, l);
	if (err == 0 && !(l->glance && l->work))
		err = look_at_held(txn, l);
	if (err == 0 && !(l->glance && l->work))
		err = wf_runtime_each_grantable(txn, add_queued, l);
	if (err == 0 && !l->glance && !l->leaves_instances)
		err = wf_txn_each_due(txn, l->now, wf_numbers_take_at, &l->a.timers);
	if (err == 0 && !l->glance)
		err = wf_txn_each_schedule_due(txn, l->now, wf_numbers_take_at, &l->a.schedules);
	return err;
}

static int run_look(struct wf_journal *j, struct look *l, struct wf_cause *cause)
{
	int err = wf_journal_view(j, look, l, cause);

	if (err < 0) {
		wf_agenda_done(&l->a);
		if (cause && !*cause->text)
			(void)wf_fail(cause, err, "the journal cannot be read: %s", wf_strerror(err));
	}
	return err;
}

int wf_sweep_glance(struct wf_journal *j, struct wf_home *home, int64_t expired_before,
	struct wf_glance *ret, struct wf_cause *cause)
{
	struct look l = { .home = home, .expired_before = expired_before, .glance = true };
	int err = run_look(j, &l, cause);

	if (err < 0)
		return err;
	*ret = (struct wf_glance){ l.work, l.a.next_due, l.a.expires };
	wf_agenda_done(&l.a);
	return 0;
}

int wf_sweep_look(struct wf_journal *j, struct wf_home *home, int64_t now, int64_t expired_before,
	enum wf_sweep_looked what, struct wf_agenda *ret, struct wf_cause *cause)
{
	struct look l = { .home = home, .now = now, .expired_before = expired_before,
		.leaves_instances = what == WF_SWEEP_LEAVES_INSTANCES,
		.counts = what == WF_SWEEP_COUNTS };
	int err = run_look(j, &l, cause);

	if (err < 0)
		return err;
	*ret = l.a;
	return 0;
}

struct due_look {
	int64_t now, next;
	struct wf_numbers *timers;
};

static int look_at_due(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct due_look *d = arg;
	int err = wf_txn_next_due(txn, &d->next);

	(void)cause;
	if (d->timers)
		d->timers->count = 0;
	if (err == 0 && d->timers && d->next && d->next <= d->now)
		err = wf_txn_each_due(txn, d->now, wf_numbers_take_at, d->timers);
	return err;
}

int wf_sweep_due(struct wf_journal *j, int64_t now, struct wf_numbers *timers, int64_t *ret_next,
	struct wf_cause *cause)
{
	struct due_look d = { .now = now, .timers = timers };
	int err = wf_journal_view(j, look_at_due, &d, cause);

	if (err == 0)
		*ret_next = d.next;
	return err;
}

/* -- the lock -- */

#define LOCK_FILE "sweep.lock"
#define LOCK_POLL_MS 10

int wf_sweep_lock(struct wf_home *home, const char *tenant, const char *environment, int64_t wait_ms,
	const volatile sig_atomic_t *stop, int *ret_fd, struct wf_cause *cause)
{
	WF_AUTOFREE char *path = wf_asprintf("%s/journals/%s/%s/" LOCK_FILE, wf_home_path(home), tenant,
		environment);
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int64_t until = wf_monotonic_ms() + wait_ms;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return wf_fail(cause, wf_err_of_errno(errno), "cannot open %s: %s", path, strerror(errno));
	while (fcntl(fd, F_OFD_SETLK, &lock)) {
		if (errno == EINTR)
			continue;
		bool busy = errno == EAGAIN || errno == EACCES;
		if (!busy) {
			(void)wf_fail(cause, WF_EUNSUPPORTED, "cannot lock %s: %s", path, strerror(errno));
			(void)close(fd);
			return WF_EUNSUPPORTED;
		}
		if (wf_monotonic_ms() >= until || (stop && *stop)) {
			(void)close(fd);
			fd = -1;
			break;
		}
		(void)poll(NULL, 0, LOCK_POLL_MS);
	}
	*ret_fd = fd;
	return 0;
}
