/* Compiles the loops for each instruction set and chooses one by what CPUID reports. */
#include "CKernels.h"
#include "exponential.h"

#include <math.h>
#include <string.h>

/* Least-squares fit, weighted towards equal relative error, of erfcx(z)/t over z in [0, 10]. */
#define ERFCX1 0.214410931f
#define ERFCX2 0.213919848f
#define ERFCX3 0.203903258f
#define ERFCX4 0.138661638f
#define ERFCX5 0.230001435f
#define ERFCX6 -0.161429852f
#define ERFCX7 0.363839537f
#define ERFCX8 -0.26227203f
#define ERFCX9 0.0589652732f

/* Without this the compiler may not fuse a multiply and an add. */
#pragma STDC FP_CONTRACT ON

/* low += value * first; high += value * second. */
#define ADD_MULTIPLES(low, high, value, first, second) (low += (value) * first, high += (value) * second)

#define NAME(x) portable_##x
#define TITLE "portable"
typedef float portable_vector __attribute__((vector_size(16)));
#define vector portable_vector
#define TILE_ROWS 4
#include "kernels_body.h"
#undef NAME
#undef TITLE
#undef vector
#undef TILE_ROWS

#if defined(__x86_64__)
#include <cpuid.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define NAME(x) avx2_##x
#define TITLE "AVX2"
typedef float avx2_vector __attribute__((vector_size(32)));
#define vector avx2_vector
#define TILE_ROWS 6
#include "kernels_body.h"
#undef NAME
#undef TITLE
#undef vector
#undef TILE_ROWS
#undef ADD_MULTIPLES
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avx512f,avx512dq,avx512bw,avx512vl"))), \
                             apply_to = function)
/* The same, spelled out: of the plain expression compilers make loads far ahead of their use, more than there are
 * registers for, and keep the sums on the stack meanwhile, which halves the product's speed. */
#define ADD_MULTIPLES(low, high, value, first, second)                                                                     \
    do {                                                                                                                   \
        vector factor;                                                                                                     \
        __asm__("vbroadcastss %3, %2\n\tvfmadd231ps %4, %2, %0\n\tvfmadd231ps %5, %2, %1"                                  \
                : "+v"(low), "+v"(high), "=&v"(factor)                                                                     \
                : "m"(value), "v"(first), "v"(second));                                                                    \
    } while (0)
#define NAME(x) avx512_##x
#define TITLE "AVX-512"
typedef float avx512_vector __attribute__((vector_size(64)));
#define vector avx512_vector
#define TILE_ROWS 14
#include "kernels_body.h"
#undef NAME
#undef TITLE
#undef vector
#undef TILE_ROWS
#pragma clang attribute pop
#endif

void getam_processor_identify(struct getam_processor *processor) {
    memset(processor, 0, sizeof *processor);
#if defined(__x86_64__)
    unsigned int a, b, c, d;
    if (__get_cpuid(0, &a, &b, &c, &d)) {
        memcpy(processor->vendor, &b, 4);
        memcpy(processor->vendor + 4, &d, 4);
        memcpy(processor->vendor + 8, &c, 4);
    }
    if (__get_cpuid(1, &a, &b, &c, &d)) {
        int family = (a >> 8) & 15, model = (a >> 4) & 15;
        if (family == 15 || family == 6) model += ((a >> 16) & 15) << 4;
        if (family == 15) family += (a >> 20) & 255;
        processor->family = family;
        processor->model = model;
    }
    for (unsigned int leaf = 0; leaf < 3; leaf++)
        if (__get_cpuid(0x80000002u + leaf, &a, &b, &c, &d)) {
            unsigned int words[4] = {a, b, c, d};
            memcpy(processor->brand + 16 * leaf, words, 16);
        }
    __builtin_cpu_init();
    processor->avx2_fma = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    processor->avx512 = processor->avx2_fma && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
                        && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
#endif
}

const struct getam_kernels *getam_kernels_select(const char *name) {
    struct getam_processor processor;
    getam_processor_identify(&processor);
#if defined(__x86_64__)
    if ((!name || !strcmp(name, "avx512")) && processor.avx512) return &avx512_table;
    if ((!name || !strcmp(name, "avx2")) && processor.avx2_fma) return &avx2_table;
#endif
    return !name || !strcmp(name, "portable") ? &portable_table : NULL;
}
