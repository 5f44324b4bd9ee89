/*
 * When a command began: takes both clocks, first thing, and writes them in nanoseconds.
 *
 *	stamp FILE          the monotonic one, as all that the file holds
 *	stamp FILE TEXT     a line after what is there: both, and the text
 */
#include <stdio.h>
#include <time.h>

static long long nanoseconds(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (long long)t.tv_sec * 1000000000 + t.tv_nsec;
}

int main(int argc, char **argv)
{
	long long wall = nanoseconds(CLOCK_REALTIME), ns = nanoseconds(CLOCK_MONOTONIC);
	FILE *f = argc == 2 || argc == 3 ? fopen(argv[1], argc == 2 ? "w" : "a") : NULL;
	if (!f)
		return 1;
	int n = argc == 2 ? fprintf(f, "%lld\n", ns) :
		fprintf(f, "%lld %lld %s\n", wall, ns, argv[2]);
	return fclose(f) || n < 0;
}
