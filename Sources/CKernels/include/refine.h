/* Loops that refine maps by the picture under them, chosen at run time like those of CKernels.h. */
#ifndef GETAM_REFINE_H
#define GETAM_REFINE_H

#include <stddef.h>
#include <stdint.h>

/* The loops of one instruction set.
 *
 * Planes have a margin on every side that repeats the border, so that a neighbour is always at a fixed offset. Rows are
 * worked on in blocks of `block` pixels; the last block may run past the picture's width, where values mean nothing. */
struct getam_refine_kernels {
    /* Pixels in a block. */
    size_t block;
    /* PAMR's affinity of one row's pixels with their neighbours: `blocks` times `[neighbours, block]` weights that sum
     * to one over a pixel's neighbours. Each of the three channels points to its plane's pixel 0 of the row; offsets
     * come in groups of eight, a dilation each, and count elements. */
    void (*pamr_weights)(const float *const channels[3], const ptrdiff_t *offsets, size_t neighbours, size_t blocks,
                         float *weights);
    /* PAR's likewise, but for `places`, a number a neighbour, which is added to its weight: all sum to one and those. */
    void (*par_weights)(const float *const channels[3], const ptrdiff_t *offsets, size_t neighbours, size_t blocks,
                        const float *places, float *weights);
    /* out[k] = sum over neighbours of weight * map[k] for one row of `planes` maps that lie `plane` elements apart. */
    void (*pamr_propagate)(const float *weights, const ptrdiff_t *offsets, size_t neighbours, size_t blocks,
                           const float *maps, size_t planes, size_t plane, float *out);
    /* y = tanh(x / 2) over count elements: of two labels whose energies differ by x, the soft-max of one less the other's. */
    void (*lead)(const float *x, size_t count, float *y);
    /* Distances become no longer than by way of a neighbour in the row before, or in the own row; a step costs the sum of the
     * channels' differences. Rows lie `line` elements apart, upwards where it is negative; channels and distances point to
     * pixel 0 of the first row and have a margin of one pixel left and right of blocks, where distances are infinite. Tells
     * whether any fell. */
    int (*geodesic_sweep)(const float *const channels[3], ptrdiff_t line, size_t height, size_t width, float *distance);
};

/* The loops for an instruction set ("avx512", "avx2", "portable"); NULL where the processor lacks it. */
const struct getam_refine_kernels *getam_refine_kernels_select(const char *name);

#endif
