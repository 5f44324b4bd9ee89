/*
 * Runs a fuzz target over the inputs kept in tests/fuzz/corpus/NAME and tests/fuzz/crashers/NAME
 * (NAME is the program's own, without "fuzz_"), or over the files named, without libFuzzer and with
 * any compiler. Speaks TAP. Each input has a process of its own, so that one that crashes or hangs
 * does not keep the others from being told.
 */
#include "fuzz.h"

#include "base/sys.h"

#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#pragma weak LLVMFuzzerInitialize

#define SECONDS 60 /* for one input, under the sanitizers on a busy machine */

static unsigned results; /* lines of TAP */
static unsigned inputs, failed;

static void run(const char *path)
{
	struct wf_buf b = {0};
	if (wf_read_file(path, 1u << 20, &b, NULL)) {
		fprintf(stderr, "%s cannot be read\n", path);
		_exit(2);
	}
	uint8_t *exact = malloc(b.len);
	if (b.len)
		memcpy(exact, b.data, b.len);
	(void)alarm(SECONDS);
	(void)LLVMFuzzerTestOneInput(exact, b.len);
	free(exact);
	wf_buf_done(&b);
}

static void replay(const char *path)
{
	(void)fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		run(path);
		exit(0); /* not _exit: leaks are looked for */
	}
	int status = 0;
	bool good = child > 0 && waitpid(child, &status, 0) == child && status == 0;
	inputs++;
	if (good)
		return;
	failed++;
	printf("not ok %u - %s\n", ++results, path);
	if (WIFSIGNALED(status))
		printf("# ended by signal %d (%s)\n", WTERMSIG(status),
			WTERMSIG(status) == SIGALRM ? "too slow" : "a crash");
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void replay_folder(const char *kind, const char *name)
{
	WF_AUTOBUF struct wf_buf path = {0};
	struct dirent **files = NULL;
	wf_buf_printf(&path, "tests/fuzz/%s/%s", kind, name);
	int n = scandir(path.data, &files, NULL, by_name);
	for (int i = 0; i < n; i++) {
		wf_buf_reset(&path);
		wf_buf_printf(&path, "tests/fuzz/%s/%s/%s", kind, name, files[i]->d_name);
		if (files[i]->d_name[0] != '.')
			replay(path.data);
		free(files[i]);
	}
	free(files);
	if (inputs && !failed)
		printf("ok %u - %u inputs of %s/%s\n", ++results, inputs, kind, name);
	inputs = 0;
}

int main(int argc, char **argv)
{
	const char *name = strstr(argv[0], "fuzz_");
	for (const char *next = name; next; next = strstr(next + 1, "fuzz_"))
		name = next;
	if (LLVMFuzzerInitialize)
		(void)LLVMFuzzerInitialize(&argc, &argv);
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	if (argc == 1 && name) {
		replay_folder("corpus", name + strlen("fuzz_"));
		replay_folder("crashers", name + strlen("fuzz_"));
	}
	printf("1..%u\n", results);
	return failed || (argc == 1 && !results);
}
