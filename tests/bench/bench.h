/*
 * The benchmark: what its files share. One run measures every row and, beside it in the same run,
 * a yardstick that does the least that anybody would have to do; times are taken from outside, of
 * whole processes.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>

/* -- samples -- */

struct samples {
	double *values;
	size_t count, room;
};
void samples_add(struct samples *s, double value);
void samples_done(struct samples *s);
/* The value below which the share q of the values is: 0 the least, 0.5 the median, 1 the most. */
double samples_at(const struct samples *s, double q);

/* -- a row of the table -- */

/* What the table prints; a bound of 0 is none. A row is reached when all of its bounds are. */
struct row {
	const char *name, *unit, *yardstick;
	bool rate;              /* more is better: the ratio is turned, so that 2 is half as good */
	double ratio_at_most, at_most, at_least;
	struct samples ours, theirs;
	const char *not_measured; /* why, when there is nothing to show */
};
/* The row's storage lives to the end of the run. */
struct row *row_add(const char *name, const char *unit, const char *yardstick);
void row_print(struct row *r);
int rows_write_json(const char *path);
/* Whether every row that was measured has reached its target. */
bool rows_reached(void);
void rows_print_table(void);
void rows_done(void);

/* -- the world -- */

struct world {
	const char *build;      /* the build folder */
	char *work;             /* a folder of its own on a real disk, removed at the end */
	bool quick;
	const char *wfctl, *yardstick;
	const char *errors;     /* where standard error goes */
};
extern struct world world;

/* Paths from printf formats; good to the end of the run. */
const char *in_work(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *in_build(const char *format, ...) __attribute__((format(printf, 1, 2)));
void paths_done(void);
void remove_tree(const char *path);
void copy_tree(const char *from, const char *to);
double file_bytes(const char *path);
/* Writes a file of text. */
void write_text(const char *path, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A process: what it costs from before its start to after its end. */
struct cost {
	double seconds;
	double processor;       /* seconds, user and system, with those of its children */
	double kib;             /* most memory of its own in use, when that was watched */
};
struct process {
	const char *argv[12];   /* argv[0] is the path */
	const char *home;       /* WFCTL_HOME; NULL: none */
	const char *out;        /* where standard output goes; NULL: nowhere */
	const char *crash_at;   /* WFCTL_CRASH_AT; it must then die by SIGKILL */
	int status;             /* that it must end with */
	bool watched;           /* its memory is looked at every millisecond */
};
/* Ends the benchmark when the process does not end as it must. */
struct cost run(const struct process *p);
/* Starts one that runs beside; the id for stop_process. */
int start_process(const struct process *p);
void stop_process(int pid);
double now_seconds(void);
/* User and system seconds that a process has used so far. */
double cpu_seconds(int pid);

_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A fresh home in the work folder, replacing one of that name. */
const char *fresh_home(const char *name);
/* A fresh, empty LMDB environment for the yardstick. */
const char *fresh_environment(const char *name);
/* The data file of a home's journal. */
const char *data_file(const char *home);

/* Transactions that were ever committed to the environment of a data file. */
unsigned long transactions_of(const char *data);

/* -- the rows, a file a kind -- */

void bench_cold(void);
void bench_steps(void);
void bench_children(void);
void bench_batch(void);
void bench_http(void);
void bench_large(void);
void bench_resume(void);
void bench_sweep(void);
void bench_clock(void);
void bench_people(void);
void bench_queries(void);
void bench_forks(void);
void bench_trials(void);

#endif
