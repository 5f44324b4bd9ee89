/* The campaign of generated workflows: a small generator of numbers (splitmix64), the same everywhere. */
#include "generated.h"

static uint64_t next(struct draw *d)
{
	uint64_t z = d->state += 0x9e3779b97f4a7c15u;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

unsigned below(struct draw *d, unsigned n)
{
	return (unsigned)(next(d) % n);
}

bool chance(struct draw *d, unsigned percent)
{
	return below(d, 100) < percent;
}
