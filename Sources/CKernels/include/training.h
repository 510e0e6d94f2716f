/* Loops of the optimizers over whole arenas of parameters, chosen at run time like those of CKernels.h. */
#ifndef GETAM_TRAINING_H
#define GETAM_TRAINING_H

#include <stddef.h>

/* The loops of one instruction set. No two pointers may alias. */
struct getam_training_kernels {
    /* v = momentum * v + (g + decay * p); p -= rate * v. */
    void (*sgd)(float *p, const float *g, float *v, size_t count, float rate, float momentum, float decay);
    /* p *= 1 - rate * decay; m and v follow g and g^2 with weights 1 - beta1 and 1 - beta2;
     * p -= rate / correction1 * m / (sqrt(v) / correction2 + epsilon). */
    void (*adamw)(float *p, const float *g, float *m, float *v, size_t count, float rate, float decay, float beta1,
                  float beta2, float epsilon, float correction1, float correction2);
    /* mean += share * (x - mean): what equals its mean leaves it as it is. */
    void (*average)(float *mean, const float *x, size_t count, float share);
    /* x *= factor. */
    void (*scale)(float *x, size_t count, float factor);
    /* The sum of x * x in double precision. */
    double (*sum_squares)(const float *x, size_t count);
};

/* The loops for an instruction set ("avx512", "avx2", "portable"); NULL where the processor lacks it. */
const struct getam_training_kernels *getam_training_kernels_select(const char *name);

#endif
