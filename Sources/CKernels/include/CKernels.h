/* Element-wise and small dense loops over Float32, each compiled for several instruction sets and chosen at run time.
 *
 * C, because Swift neither vectorises float reductions nor compiles one function for several instruction sets.
 * Rows are contiguous; `stride` arguments count elements between rows. No pointer may alias another unless said. */
#ifndef GETAM_CKERNELS_H
#define GETAM_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "feature_maps.h"
#include "refine.h"
#include "training.h"

/* Activation of the MLP. */
enum getam_activation { GETAM_GELU = 0, GETAM_GELU_TANH = 1, GETAM_QUICK_GELU = 2, GETAM_SILU = 3 };

/* The loops of one instruction set. */
struct getam_kernels {
    /* Name of the instruction set: "AVX-512", "AVX2" or "portable". */
    const char *name;
    /* Each row of x: soft-max of scale * x, in place. */
    void (*softmax)(float *x, size_t stride, size_t rows, size_t columns, float scale);
    /* Layer norm: normalized = (x - mean) * rstd; y = normalized * weight + bias; `normalized` may be x. */
    void (*layer_norm)(const float *x, size_t rows, size_t width, const float *weight, const float *bias, float epsilon,
                       float *normalized, float *rstd, float *y);
    /* Adds the layer norm's input gradient for output gradient dy to dx. */
    void (*layer_norm_backward)(const float *dy, size_t rows, size_t width, const float *weight, const float *normalized,
                                const float *rstd, float *dx);
    /* The same for RMS norms, normalized = x * rstd, which leave the mean as it is; they have no bias, and do not read one. */
    void (*rms_norm)(const float *x, size_t rows, size_t width, const float *weight, const float *bias, float epsilon,
                     float *normalized, float *rstd, float *y);
    void (*rms_norm_backward)(const float *dy, size_t rows, size_t width, const float *weight, const float *normalized,
                              const float *rstd, float *dx);
    /* u += bias; y = activation(u); u = activation'(u). */
    void (*activate)(float *u, size_t rows, size_t width, const float *bias, enum getam_activation kind, float *y);
    /* y += (x + bias) * scale, row by row; bias and scale may be NULL. */
    void (*add_scaled)(float *y, const float *x, size_t rows, size_t width, const float *bias, const float *scale);
    /* x *= y over count elements. */
    void (*multiply)(float *x, const float *y, size_t count);
    /* y += a * x over count elements. */
    void (*add_multiple)(float *y, const float *x, float a, size_t count);
    /* Sum of x * y over count elements. */
    float (*dot)(const float *x, const float *y, size_t count);
    /* y += the sum of `rows` rows of x, which are `stride` apart. */
    void (*sum_rows)(const float *x, size_t stride, size_t rows, size_t width, float *y);
    /* y += the sum of `rows` rows of x * u. */
    void (*sum_products)(const float *x, size_t x_stride, const float *u, size_t u_stride, size_t rows, size_t width, float *y);
    /* Soft-max backward: g = a * (g - sum(row of a * g)) * scale, in place over rows. */
    void (*softmax_backward)(float *g, const float *a, size_t stride, size_t rows, size_t columns, float scale);
    /* GETAM's couplings of one row: u[j] += relu(g[j] * a[j]); v[j] += relu(g[j]). */
    void (*couple)(const float *a, const float *g, size_t count, float *u, float *v);
    /* C[m,n] = A[m,k] * B[k,n] + beta * C (C is not read where beta is 0). A and B have a stride for each index, one of
     * them 1, so that either may be read as a transpose. */
    void (*product)(size_t m, size_t n, size_t k, const float *a, size_t a_row, size_t a_column, const float *b,
                    size_t b_row, size_t b_column, float beta, float *c, size_t c_row);
    /* Turns pairs of elements of every row's heads, which are `width` wide and lie side by side: (a, b) to
     * (a cos - b sin, b cos + a sin), or back where sign is -1. The elements of a pair lie half a head apart, or are neighbors
     * where `halves` is 0. Cosines and sines are width/2 a row; those of the next head follow head_stride elements later. */
    void (*rotate)(float *x, size_t stride, size_t rows, size_t heads, size_t width, const float *cosines,
                   const float *sines, size_t head_stride, float sign, int halves);
    /* Runs about `steps` fused multiply-adds in registers and returns how many floating-point operations that were. */
    double (*peak)(size_t steps, float *sink);
};

/* What the processor offers, by CPUID. */
struct getam_processor {
    char vendor[13];
    char brand[49];
    int family, model;
    int avx2_fma, avx512;
};

/* Fills in what this processor is. */
void getam_processor_identify(struct getam_processor *processor);

/* The best loops for this processor, or, with a name ("avx512", "avx2", "portable"), those; NULL where the processor
 * lacks them or the name is unknown. */
const struct getam_kernels *getam_kernels_select(const char *name);

#endif
