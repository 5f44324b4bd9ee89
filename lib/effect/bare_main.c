/*
 * What wfctl-supervise needs of a libc, on x86-64 Linux. Starting the real one takes three times as
 * long as all that the supervisor does (it asks the processor for its features, which under a
 * hypervisor is slow), and every command of exec.run pays for it. The names and types are those of
 * the system's headers; elsewhere the supervisor is linked with the libc (see the Makefile).
 *
 * The stack protector works: its canary is where the compiler looks for it, from the kernel's
 * random bytes. Memory comes from mmap, in whole pages: the supervisor asks for few and large pieces.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARCH_SET_FS 0x1002
#define SET_BYTES 8 /* of a set of signals, as the kernel has it */

int main(int argc, char **argv);
void wf_bare_start(uintptr_t *stack);
void __stack_chk_fail(void);

static int last_error;
static char **environment;

int *__errno_location(void)
{
	return &last_error;
}

/* -- system calls -- */

static long raw(long number, long a, long b, long c, long d, long e)
{
	long result;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	__asm__ volatile("syscall"
		: "=a"(result)
		: "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
		: "rcx", "r11", "memory");
	return result;
}

static long checked(long result)
{
	if (result >= 0 || result < -4095)
		return result;
	last_error = (int)-result;
	return -1;
}

#define CALL(number, a, b, c, d) checked(raw(number, (long)(a), (long)(b), (long)(c), (long)(d), 0))

ssize_t read(int fd, void *to, size_t n)
{
	return CALL(SYS_read, fd, to, n, 0);
}

ssize_t write(int fd, const void *from, size_t n)
{
	return CALL(SYS_write, fd, from, n, 0);
}

int open(const char *path, int flags, ...)
{
	va_list args;
	va_start(args, flags);
	unsigned mode = flags & O_CREAT ? va_arg(args, unsigned) : 0;
	va_end(args);
	return (int)CALL(SYS_open, path, flags, mode, 0);
}

int close(int fd)
{
	return (int)CALL(SYS_close, fd, 0, 0, 0);
}

int close_range(unsigned first, unsigned last, int flags)
{
	return (int)CALL(SYS_close_range, first, last, flags, 0);
}

off_t lseek(int fd, off_t offset, int whence)
{
	return CALL(SYS_lseek, fd, offset, whence, 0);
}

int fstat(int fd, struct stat *ret)
{
	return (int)CALL(SYS_fstat, fd, ret, 0, 0);
}

int rename(const char *from, const char *to)
{
	return (int)CALL(SYS_rename, from, to, 0, 0);
}

int chdir(const char *path)
{
	return (int)CALL(SYS_chdir, path, 0, 0, 0);
}

int dup2(int from, int to)
{
	return (int)CALL(SYS_dup2, from, to, 0, 0);
}

int memfd_create(const char *name, unsigned flags)
{
	return (int)CALL(SYS_memfd_create, name, flags, 0, 0);
}

int pipe2(int fds[2], int flags)
{
	return (int)CALL(SYS_pipe2, fds, flags, 0, 0);
}

int poll(struct pollfd *fds, nfds_t n, int timeout)
{
	return (int)CALL(SYS_poll, fds, n, timeout, 0);
}

int clock_gettime(clockid_t clock, struct timespec *ret)
{
	return (int)CALL(SYS_clock_gettime, clock, ret, 0, 0);
}

int prctl(int option, ...)
{
	va_list args;
	va_start(args, option);
	unsigned long value = va_arg(args, unsigned long);
	va_end(args);
	return (int)CALL(SYS_prctl, option, value, 0, 0);
}

/* -- signals and processes -- */

int sigemptyset(sigset_t *set)
{
	memset(set, 0, sizeof(*set));
	return 0;
}

int sigaddset(sigset_t *set, int sig)
{
	set->__val[0] |= 1UL << (sig - 1);
	return 0;
}

int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	return (int)CALL(SYS_rt_sigprocmask, how, set, old, SET_BYTES);
}

/* SIG_IGN and SIG_DFL alone: there is nothing here for a handler to return through. */
sighandler_t signal(int sig, sighandler_t disposition)
{
	struct {
		sighandler_t handler;
		unsigned long flags;
		void (*restorer)(void);
		unsigned long mask;
	} action = {.handler = disposition};
	return CALL(SYS_rt_sigaction, sig, &action, NULL, SET_BYTES) < 0 ? SIG_ERR : SIG_DFL;
}

int signalfd(int fd, const sigset_t *set, int flags)
{
	return (int)CALL(SYS_signalfd4, fd, set, SET_BYTES, flags);
}

int kill(pid_t pid, int sig)
{
	return (int)CALL(SYS_kill, pid, sig, 0, 0);
}

int raise(int sig)
{
	return kill(getpid(), sig);
}

pid_t getpid(void)
{
	return (pid_t)CALL(SYS_getpid, 0, 0, 0, 0);
}

int setpgid(pid_t pid, pid_t group)
{
	return (int)CALL(SYS_setpgid, pid, group, 0, 0);
}

int waitid(idtype_t what, id_t id, siginfo_t *ret, int options)
{
	return (int)checked(raw(SYS_waitid, (long)what, id, (long)(uintptr_t)ret, options, 0));
}

int execve(const char *path, char *const argv[], char *const envp[])
{
	return (int)CALL(SYS_execve, path, argv, envp, 0);
}

_Noreturn void _exit(int status)
{
	for (;;)
		(void)raw(SYS_exit_group, status, 0, 0, 0, 0);
}

/* The child runs on our stack until it has become another program: the return address must not be
 * there when it returns first. */
__asm__(".text\n"
	".globl vfork\n"
	".type vfork, @function\n"
	"vfork:\n"
	"	pop %rdx\n"
	"	mov $58, %eax\n"
	"	syscall\n"
	"	push %rdx\n"
	"	test %rax, %rax\n"
	"	js 1f\n"
	"	ret\n"
	"1:	neg %eax\n"
	"	mov %eax, last_error(%rip)\n"
	"	mov $-1, %rax\n"
	"	ret\n"
	".size vfork, . - vfork\n");

void __stack_chk_fail(void)
{
	(void)raise(SIGABRT);
	_exit(127);
}

/* -- memory and text -- */

#define HEAD 16u /* before each piece: how many bytes were mapped for it */

void *mmap(void *at, size_t n, int protection, int flags, int fd, off_t offset)
{
	long result;
	register long r10 __asm__("r10") = flags;
	register long r8 __asm__("r8") = fd;
	register long r9 __asm__("r9") = offset;
	__asm__ volatile("syscall"
		: "=a"(result)
		: "a"((long)SYS_mmap), "D"(at), "S"(n), "d"((long)protection), "r"(r10), "r"(r8), "r"(r9)
		: "rcx", "r11", "memory");
	return (void *)checked(result);
}

void *realloc(void *old, size_t n)
{
	size_t room = n + HEAD;
	char *base = old ? (char *)old - HEAD : NULL;
	long at = -1;
	if (n < SIZE_MAX - HEAD && base)
		at = CALL(SYS_mremap, base, *(size_t *)(void *)base, room, MREMAP_MAYMOVE);
	else if (n < SIZE_MAX - HEAD)
		at = (long)mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == -1)
		return NULL;
	*(size_t *)at = room;
	return (char *)at + HEAD;
}

void *calloc(size_t count, size_t size)
{
	size_t n;
	return __builtin_mul_overflow(count, size, &n) ? NULL : realloc(NULL, n);
}

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
	void *start = to;
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
	return start;
}

void *memset(void *to, int byte, size_t n)
{
	void *start = to;
	__asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(byte) : "memory");
	return start;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;
	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x < *y ? -1 : 1;
	return 0;
}

void *memchr(const void *where, int byte, size_t n)
{
	for (const unsigned char *p = where; n; n--, p++)
		if (*p == (unsigned char)byte)
			return (void *)(uintptr_t)p;
	return NULL;
}

size_t strlen(const char *s)
{
	size_t n = 0;
	while (s[n])
		n++;
	return n;
}

size_t strnlen(const char *s, size_t most)
{
	size_t n = 0;
	while (n < most && s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (unsigned char)*a - (unsigned char)*b;
}

size_t strspn(const char *s, const char *set)
{
	size_t n = 0;
	while (s[n] && memchr(set, s[n], strlen(set)))
		n++;
	return n;
}

char *getenv(const char *name)
{
	size_t n = strlen(name);
	for (char **e = environment; *e; e++)
		if (memcmp(*e, name, strnlen(*e, n)) == 0 && strnlen(*e, n) == n && (*e)[n] == '=')
			return *e + n + 1;
	return NULL;
}

/* -- the start -- */

/* What the thread register points to: only the stack protector looks there. */
static struct {
	void *self;
	uintptr_t unused[4];
	uintptr_t canary;
} thread;

__attribute__((noinline)) static void run(int argc, char **argv)
{
	_exit(main(argc, argv));
}

__attribute__((no_stack_protector, used)) void wf_bare_start(uintptr_t *stack)
{
	int argc = (int)stack[0];
	char **argv = (char **)(stack + 1);
	environment = argv + argc + 1;
	char **end = environment;
	while (*end)
		end++;
	for (uintptr_t *aux = (uintptr_t *)(end + 1); aux[0] != AT_NULL; aux += 2)
		if (aux[0] == AT_RANDOM)
			thread.canary = *(uintptr_t *)aux[1] & ~(uintptr_t)0xff;
	thread.self = &thread;
	(void)raw(SYS_arch_prctl, ARCH_SET_FS, (long)&thread, 0, 0, 0);
	run(argc, argv);
}

__asm__(".text\n"
	".globl _start\n"
	".type _start, @function\n"
	"_start:\n"
	"	xor %ebp, %ebp\n"
	"	mov %rsp, %rdi\n"
	"	and $-16, %rsp\n"
	"	call wf_bare_start\n"
	"	hlt\n"
	".size _start, . - _start\n");
