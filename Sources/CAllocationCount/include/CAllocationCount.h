/* Counts the process's heap allocations, in a program linked with this. */
#ifndef CALLOCATIONCOUNT_H
#define CALLOCATIONCOUNT_H

#include <stdint.h>

/* Calls of malloc and its kin since the start, by all threads. */
uint64_t allocation_count(void);

#endif
