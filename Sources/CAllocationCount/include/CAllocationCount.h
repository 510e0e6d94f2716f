/* Counts the process's heap allocations, in a program linked with this. */
#ifndef CALLOCATIONCOUNT_H
#define CALLOCATIONCOUNT_H

#include <stdint.h>

/* Calls of malloc and its kin since the start, by all threads, without those that follow. */
uint64_t allocation_count(void);
/* Those of the libraries that decode pictures: libpng, zlib, libjpeg. */
uint64_t codec_allocation_count(void);

#endif
