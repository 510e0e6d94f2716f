#ifndef GETAM_CFILES_H
#define GETAM_CFILES_H
#include <stddef.h>

/* What must be C: the handler of a signal, and calls that Swift does not import. */

/* A file mapped for reading that another program may cut short. Reading beyond its new end would raise SIGBUS and end the
   process; the pages of a watched mapping read as zeros instead, and the mapping counts as damaged. */
typedef struct file_mapping file_mapping;

/* Watches a mapping of `length` bytes at `start`; NULL without memory. */
file_mapping *file_mapping_watch(const void *start, size_t length);
/* Whether bytes of the mapping were missing when they were read. */
int file_mapping_is_damaged(const file_mapping *mapping);
/* To be called before the mapping is removed. */
void file_mapping_forget(file_mapping *mapping);
/* For other handlers of SIGBUS: whether the address lay in a watched mapping and can be read now. */
int file_mapping_recover(const void *address);

/* Whether an open file lies on a file system of this machine, whose locks are therefore known. */
int file_is_local(int descriptor);
#endif
