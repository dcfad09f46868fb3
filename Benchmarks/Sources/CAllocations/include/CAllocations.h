// Counts the heap allocations of the calling thread, in any program that links this target.
//
// Only on Linux with glibc, whose malloc can be replaced by the program; elsewhere nothing is
// counted.
#ifndef CALLOCATIONS_H
#define CALLOCATIONS_H

#include <stdint.h>

// The allocations of this thread so far; -1 where they cannot be counted. A block that grows or
// moves (realloc) counts as one.
int64_t allocation_count(void);

#endif
