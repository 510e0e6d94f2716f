/* Compiles the optimizers' loops for each instruction set and hands out the one asked for. */
#include "CKernels.h"

#include <math.h>
#include <string.h>

/* Without this the compiler may not fuse a multiply and an add. */
#pragma STDC FP_CONTRACT ON

#define NAME(x) training_portable_##x
#include "training_body.h"
#undef NAME

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define NAME(x) training_avx2_##x
#include "training_body.h"
#undef NAME
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avx512f,avx512dq,avx512bw,avx512vl"))), \
                             apply_to = function)
#define NAME(x) training_avx512_##x
#include "training_body.h"
#undef NAME
#pragma clang attribute pop
#endif

const struct getam_training_kernels *getam_training_kernels_select(const char *name) {
    struct getam_processor processor;
    getam_processor_identify(&processor);
#if defined(__x86_64__)
    if (!strcmp(name, "avx512")) return processor.avx512 ? &training_avx512_table : NULL;
    if (!strcmp(name, "avx2")) return processor.avx2_fma ? &training_avx2_table : NULL;
#endif
    return strcmp(name, "portable") ? NULL : &training_portable_table;
}
