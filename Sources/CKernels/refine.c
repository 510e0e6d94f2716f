/* Compiles the refiners' loops for each instruction set and hands out the one asked for. */
#include "CKernels.h"
#include "exponential.h"

#include <string.h>

/* Without this the compiler may not fuse a multiply and an add. */
#pragma STDC FP_CONTRACT ON

#define NAME(x) refine_portable_##x
typedef float refine_portable_vector __attribute__((vector_size(16)));
typedef int32_t refine_portable_integers __attribute__((vector_size(16)));
typedef double refine_portable_doubles __attribute__((vector_size(32)));
#define vector refine_portable_vector
#define doubles refine_portable_doubles
#define integers refine_portable_integers
#include "refine_body.h"
#undef NAME
#undef vector
#undef integers
#undef doubles

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define NAME(x) refine_avx2_##x
typedef float refine_avx2_vector __attribute__((vector_size(32)));
typedef int32_t refine_avx2_integers __attribute__((vector_size(32)));
typedef double refine_avx2_doubles __attribute__((vector_size(64)));
#define vector refine_avx2_vector
#define doubles refine_avx2_doubles
#define integers refine_avx2_integers
#include "refine_body.h"
#undef NAME
#undef vector
#undef integers
#undef doubles
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avx512f,avx512dq,avx512bw,avx512vl"))), \
                             apply_to = function)
#define NAME(x) refine_avx512_##x
typedef float refine_avx512_vector __attribute__((vector_size(64)));
typedef int32_t refine_avx512_integers __attribute__((vector_size(64)));
typedef double refine_avx512_doubles __attribute__((vector_size(128)));
#define vector refine_avx512_vector
#define doubles refine_avx512_doubles
#define integers refine_avx512_integers
#include "refine_body.h"
#undef NAME
#undef vector
#undef integers
#undef doubles
#pragma clang attribute pop
#endif

const struct getam_refine_kernels *getam_refine_kernels_select(const char *name) {
    struct getam_processor processor;
    getam_processor_identify(&processor);
#if defined(__x86_64__)
    if (!strcmp(name, "avx512")) return processor.avx512 ? &refine_avx512_table : NULL;
    if (!strcmp(name, "avx2")) return processor.avx2_fma ? &refine_avx2_table : NULL;
#endif
    return strcmp(name, "portable") ? NULL : &refine_portable_table;
}
