/*
 * What wfctl and the supervisor of a child tell each other, byte by byte. libc only: the supervisor
 * links this and nothing else of the library.
 *
 * The request goes to the supervisor as a memory file on its descriptor 0, whole before it starts,
 * so that it needs nothing more from wfctl, and no secret of it touches a disk. All integers are
 * little-endian:
 *
 *	"wfreq\0\0\1"  u64 timeout_ms  u64 grace_ms  u64 max_output  u64 stdin_len
 *	u32 has_stdin  u32 argc  u32 envc
 *	path, cwd, argc arguments, envc variables: each u32 length, bytes, NUL
 *	stdin_len bytes
 *
 * Descriptor 1 is SPOOL/TOKEN.run, open and locked (flock) by wfctl before the supervisor exists: the
 * lock passes over by inheritance, so that there is no instant at which a living supervisor could be
 * taken for a dead one. The supervisor writes there:
 *
 *	its process id, in decimal, padded with spaces to 15 bytes, and a newline
 *	"wfend\0\0\1"  u32 end  u32 value  u64 out_len  u64 err_len  stdout  stderr
 *
 * The first line at once, the rest at the end, when it renames the file to TOKEN.done and only then
 * lets go of the lock.
 */
#ifndef WF_EFFECT_SPOOL_H
#define WF_EFFECT_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WF_SPOOL_TOKEN_MAX 100
#define WF_SPOOL_NAME_MAX (WF_SPOOL_TOKEN_MAX + 8)

struct wf_spool_request {
	uint64_t timeout_ms;      /* 0: none */
	uint64_t grace_ms;        /* between TERM and KILL */
	uint64_t max_output;      /* bytes of stdout, and of stderr */
	char *path, *cwd;         /* what to execute; where */
	char **argv, **envp;      /* NULL-terminated */
	uint32_t argc, envc;
	bool has_stdin;           /* false: /dev/null */
	const void *stdin_data;
	size_t stdin_len;
};

/* Bytes that the request takes, or 0 when it is too long to be sent (a string of 4 GiB). */
size_t wf_spool_request_size(const struct wf_spool_request *r);
/* Writes the request; `ret` has room for wf_spool_request_size bytes. */
void wf_spool_request_put(const struct wf_spool_request *r, void *ret);
/* Number of pointers that wf_spool_request_get needs, 0 when the bytes are no request. */
size_t wf_spool_request_slots(const void *bytes, size_t n);
/* Reads a request in place: its strings point into `bytes`, its vectors into `slots`. */
bool wf_spool_request_get(void *bytes, size_t n, char **slots, struct wf_spool_request *ret);

enum wf_spool_end {
	WF_SPOOL_EXITED = 1,      /* value: the exit status */
	WF_SPOOL_SIGNALLED,       /* value: the signal */
	WF_SPOOL_TIMED_OUT,       /* value: ms that it was given, at most UINT32_MAX */
	WF_SPOOL_OVERFLOWED,      /* value: 1 stdout, 2 stderr */
	WF_SPOOL_STOPPED,         /* wfctl asked for it; value: 0 */
	WF_SPOOL_UNSTARTED,       /* value: errno of the attempt to execute */
	WF_SPOOL_END_COUNT_
};

struct wf_spool_done {
	enum wf_spool_end end;
	uint32_t value;
	const void *out, *err;
	size_t out_len, err_len;
};

#define WF_SPOOL_PID_BYTES 16
#define WF_SPOOL_DONE_HEAD 32
/* The head alone; stdout and stderr follow it. */
void wf_spool_done_put(const struct wf_spool_done *d, unsigned char ret[WF_SPOOL_DONE_HEAD]);
/* Points into `bytes`, which begin after the process id. False: it is not a whole record. */
bool wf_spool_done_get(const void *bytes, size_t n, struct wf_spool_done *ret);

/* [0-9a-z-]{1,100} */
bool wf_spool_token_ok(const char *token);
/* TOKEN and a suffix such as ".run"; the token is a valid one. */
void wf_spool_name(const char *token, const char *suffix, char ret[WF_SPOOL_NAME_MAX]);

#endif
