/* Writes the monotonic clock's nanoseconds to a file, first thing: when a command began. */
#include <stdio.h>
#include <time.h>

int main(int argc, char **argv)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	FILE *f = argc == 2 ? fopen(argv[1], "w") : NULL;
	long long ns = (long long)t.tv_sec * 1000000000 + t.tv_nsec;
	return !f || fprintf(f, "%lld\n", ns) < 0 || fclose(f);
}
