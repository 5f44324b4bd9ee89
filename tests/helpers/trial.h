/*
 * What the campaigns share: running the built wfctl in a world of its own, and judging the journal
 * that a run, a fault or a power cut has left.
 */
#ifndef TESTS_HELPERS_TRIAL_H
#define TESTS_HELPERS_TRIAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The folder of the build ($WFCTL_BUILD), and a fresh folder for this campaign that goes at exit. */
const char *trial_build(void);
const char *trial_folder(void);
/* "FOLDER/name"; the caller's to free. */
char *trial_path(const char *name);
_Noreturn void trial_die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

void trial_copy(const char *from, const char *to); /* a tree; `to` is replaced */
void trial_remove(const char *path);               /* a tree, or nothing */
char *trial_read(const char *path, size_t *ret_n); /* NUL-terminated; NULL when it is not there */
void trial_write(const char *path, const void *bytes, size_t n);

struct trial_end {
	int status;              /* as a shell has it: 128 + n after signal n */
	bool late;               /* did not end, and was killed */
	char *out, *err;
};
void trial_end_done(struct trial_end *e);

/* Runs `wfctl ARGUMENT…` with the home, a plain environment and `extra` variables ("NAME=value");
 * both lists end with NULL. */
void trial_wfctl(const char *home, const char *const extra[], const char *const arguments[],
	struct trial_end *ret);

/* The tests' HTTP server: its URL. It ends with this process. Its log is at `log`. */
char *trial_httpd(const char *log);

/* Opens the home's journal in a process of its own, checks it and replays every instance:
 *	{"open": null or why not, "defects": [text], "definitions": ["id version"],
 *	 "instances": [as `wfctl show -o json`, and "history": records]}
 * NULL when the judge itself died; *ret_signal says by what. */
json_t *trial_judge(const char *home, int *ret_signal);
/* Opened, and without a defect; otherwise the reason, the caller's to free. */
char *trial_unsound(const json_t *verdict, int signal);

/* A pseudo-random number below n, the same sequence in every run. */
uint32_t trial_draw(uint32_t n);

/* Counts a defect and tells of it (the first ones of many). */
void trial_defect(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
extern size_t trial_defects;

#endif
