#ifndef GETAM_SPARES_H
#define GETAM_SPARES_H

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Memory of readers that were destroyed, kept for the next ones: file after file, readers take none. All zeros is empty. */
typedef struct {
    _Atomic(void *) blocks[16];
} getam_spares;

/* Zeroed memory; `size` is the same at every call. */
static inline void *getam_spares_take(getam_spares *spares, size_t size) {
    for (size_t index = 0; index < sizeof spares->blocks / sizeof *spares->blocks; index++) {
        void *block = atomic_exchange(&spares->blocks[index], NULL);
        if (block) return memset(block, 0, size);
    }
    return calloc(1, size);
}

static inline void getam_spares_give(getam_spares *spares, void *block) {
    for (size_t index = 0; index < sizeof spares->blocks / sizeof *spares->blocks; index++) {
        void *none = NULL;
        if (atomic_compare_exchange_strong(&spares->blocks[index], &none, block)) return;
    }
    free(block);
}

#endif
