/* The loops of training.h, included once an instruction set by training.c with NAME(x) defined. */

static void NAME(sgd)(float *restrict p, const float *restrict g, float *restrict v, size_t count, float rate,
                      float momentum, float decay) {
    for (size_t i = 0; i < count; i++) {
        v[i] = momentum * v[i] + (g[i] + decay * p[i]);
        p[i] -= rate * v[i];
    }
}

static void NAME(adamw)(float *restrict p, const float *restrict g, float *restrict m, float *restrict v, size_t count,
                        float rate, float decay, float beta1, float beta2, float epsilon, float correction1,
                        float correction2) {
    float keep = 1.0f - rate * decay, step = rate / correction1;
    for (size_t i = 0; i < count; i++) {
        m[i] += (g[i] - m[i]) * (1.0f - beta1);
        v[i] = beta2 * v[i] + (1.0f - beta2) * g[i] * g[i];
        p[i] = p[i] * keep - step * (m[i] / (sqrtf(v[i]) / correction2 + epsilon));
    }
}

static void NAME(average)(float *restrict mean, const float *restrict x, size_t count, float share) {
    for (size_t i = 0; i < count; i++) mean[i] += share * (x[i] - mean[i]);
}

static void NAME(scale)(float *x, size_t count, float factor) {
    for (size_t i = 0; i < count; i++) x[i] *= factor;
}

/* Sixteen sums side by side, added in one order whatever the instruction set. */
static double NAME(sum_squares)(const float *x, size_t count) {
    double lane[16] = {0};
    size_t i = 0;
    for (; i + 16 <= count; i += 16)
        for (size_t l = 0; l < 16; l++) lane[l] += (double)x[i + l] * (double)x[i + l];
    for (size_t l = 0; i < count; i++, l++) lane[l] += (double)x[i] * (double)x[i];
    double sum = 0;
    for (size_t l = 0; l < 16; l++) sum += lane[l];
    return sum;
}

static const struct getam_training_kernels NAME(table) = {
    NAME(sgd), NAME(adamw), NAME(average), NAME(scale), NAME(sum_squares),
};
