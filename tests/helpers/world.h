/*
 * A home of its own for a campaign, the build's wfctl run in it with a deadline, what commands and
 * the tests' server recorded there, and the counting of what was tried and what went wrong.
 */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define KILLED 137
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct world {
	char dir[200]; /* all of it is in there; its name differs from trial to trial */
	char base[160];
	char url[64]; /* of the server, once it was started */
	unsigned trials, complaints;
	char doing[200]; /* what is being tried, for complaints */
};
extern struct world world;

/* Makes the campaign's folder; *_end stops the server, removes the folder, gives the exit status.
 */
void world_begin(const char *name);
int world_end(void);
void world_serve(void);
/* A fresh home with nothing recorded, initialised unless `bare`. */
void world_fresh(bool bare);
/* Keeps a copy of the folder as it is; puts it back, at the same place. */
void world_keep(void);
void world_again(void);

/* Prints what was being tried and what is wrong; the campaign fails, and ends when it is too much.
 */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
void doing(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* @DIR@, @URL@ and @TAG@ (the last part of DIR) replaced; the caller's. */
char *expand(const char *text);
void write_text(const char *name, const char *text);
char *read_text(const char *name); /* "" when it is not there */

/* -- running wfctl -- */

struct said {
	int status;	 /* exit status, or 128 + signal */
	char *out, *err; /* the caller's */
};
void said_done(struct said *s);

struct running {
	pid_t pid;
	int pidfd, out, err;
	char line[300];
};
/* `line` is variables, "NAME=VALUE", and then the arguments, parted by single spaces. */
struct running begin_wfctl(const char *line);
/* Waits. A process that does not end within a minute is a complaint. */
struct said finish_wfctl(struct running *r);
bool has_ended(const struct running *r);
struct said wfctl(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Runs it for its exit status alone. */
int status_of(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Complains unless the status is one of the digits in `wanted`, such as "03". */
void expect(const char *wanted, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* -- what is in the journal -- */

/* All instances as `show -o json` gives them, in the order of their numbers; the caller's. */
json_t *instances(void);
unsigned instances_now(void); /* how many there are */
const char *text_of(const json_t *object, const char *key); /* "" when it is not there */
json_t *step_of(const json_t *instance, const char *id);    /* borrowed */
/* The journal must be sound. */
void expect_sound(void);
/* Complains, with the first place where they differ, unless the two are equal. */
void expect_equal(const json_t *got, const json_t *want, const char *what);

/* -- what happened outside -- */

/* How often each effect was seen: "step key" of each line of `ran`, "path key" of each request. The
 * key is without the instance's id. The caller's. */
json_t *recorded(void);
json_int_t lines_of_ran(void);
/* Waits until no supervisor holds a file of the spool. */
void wait_for_quiet_spool(void);
void empty_spool(void);
/* Files in a folder of the home. */
unsigned files_in(const char *folder);
/* Waits for a condition, at most half a minute; false then. */
bool wait_until(bool (*condition)(void *arg), void *arg);

#endif
