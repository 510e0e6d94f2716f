/* Loops over feature maps, chosen at run time like those of CKernels.h.
 *
 * A feature map has its channels last: row p holds the channels of position p, rows are contiguous. */
#ifndef GETAM_FEATURE_MAPS_H
#define GETAM_FEATURE_MAPS_H

#include <stddef.h>
#include <stdint.h>

/* The loops of one instruction set. */
struct getam_feature_kernels {
    /* Each row: y = y * scale + shift + addend's row, then relu where `rectify`. Scale, shift and addend may be NULL. */
    void (*affine)(float *y, size_t rows, size_t channels, const float *scale, const float *shift, const float *addend,
                   int rectify);
    /* y = max(x, 0) over count elements; y may be x. */
    void (*rectify)(float *y, const float *x, size_t count);
    /* dy = 0 where y, of which it is the gradient, was not above 0, over count elements. */
    void (*rectify_back)(float *dy, const float *y, size_t count);
    /* y = max(y, x) over count elements. */
    void (*raise)(float *y, const float *x, size_t count);
    /* Where x is the maximum y, the gradient dy of y goes over to dx: dx += dy, dy = 0; over count elements. */
    void (*raise_back)(float *dx, const float *x, const float *y, float *dy, size_t count);
    /* Per channel, over the rows: sum += x - center, square += (x - center)^2. */
    void (*moments)(const float *x, size_t rows, size_t channels, const float *center, float *sum, float *square);
    /* A row of a resized map: column i lies between those of `upper` and `lower` that begin at elements left[i] and
     * right[i], across[i] of the way to the right and `down` to the lower. */
    void (*blend_row)(float *y, const float *upper, const float *lower, float down, const int32_t *left,
                      const int32_t *right, const float *across, size_t columns, size_t channels);
    /* The transpose of a row's part in that: x at left[i] += (1 - across[i]) * y's column i, at right[i] += across[i] times
     * it. */
    void (*spread_row)(float *x, const float *y, const int32_t *left, const int32_t *right, const float *across,
                       size_t columns, size_t channels);
};

/* The loops for an instruction set ("avx512", "avx2", "portable"); NULL where the processor lacks it. */
const struct getam_feature_kernels *getam_feature_kernels_select(const char *name);

#endif
