/* The loops over feature maps, included once an instruction set by feature_maps.c with NAME(x) defined. */

static void NAME(affine)(float *y, size_t rows, size_t channels, const float *scale, const float *shift,
                         const float *addend, int rectify) {
    for (size_t i = 0; i < rows; i++) {
        float *out = y + i * channels;
        if (scale) for (size_t j = 0; j < channels; j++) out[j] *= scale[j];
        if (shift) for (size_t j = 0; j < channels; j++) out[j] += shift[j];
        if (addend) {
            const float *in = addend + i * channels;
            for (size_t j = 0; j < channels; j++) out[j] += in[j];
        }
        if (rectify) for (size_t j = 0; j < channels; j++) out[j] = out[j] > 0 ? out[j] : 0;
    }
}

static void NAME(rectify)(float *y, const float *x, size_t count) {
    for (size_t j = 0; j < count; j++) y[j] = x[j] > 0 ? x[j] : 0;
}

static void NAME(rectify_back)(float *dy, const float *y, size_t count) {
    for (size_t j = 0; j < count; j++) dy[j] = y[j] > 0 ? dy[j] : 0;
}

static void NAME(raise)(float *y, const float *x, size_t count) {
    for (size_t j = 0; j < count; j++) y[j] = x[j] > y[j] ? x[j] : y[j];
}

static void NAME(raise_back)(float *restrict dx, const float *restrict x, const float *restrict y, float *restrict dy,
                             size_t count) {
    for (size_t j = 0; j < count; j++) {
        float share = x[j] == y[j] ? dy[j] : 0;
        dx[j] += share;
        dy[j] -= share;
    }
}

static void NAME(moments)(const float *x, size_t rows, size_t channels, const float *center, float *sum,
                          float *square) {
    for (size_t i = 0; i < rows; i++) {
        const float *in = x + i * channels;
        for (size_t j = 0; j < channels; j++) {
            float d = in[j] - center[j];
            sum[j] += d;
            square[j] += d * d;
        }
    }
}

static void NAME(blend_row)(float *y, const float *upper, const float *lower, float down, const int32_t *left,
                            const int32_t *right, const float *across, size_t columns, size_t channels) {
    for (size_t i = 0; i < columns; i++, y += channels) {
        const float *a = upper + left[i], *b = upper + right[i], *c = lower + left[i], *d = lower + right[i];
        float p = (1 - down) * (1 - across[i]), q = (1 - down) * across[i], r = down * (1 - across[i]), s = down * across[i];
        for (size_t j = 0; j < channels; j++) y[j] = p * a[j] + q * b[j] + r * c[j] + s * d[j];
    }
}

static void NAME(spread_row)(float *x, const float *y, const int32_t *left, const int32_t *right, const float *across,
                             size_t columns, size_t channels) {
    for (size_t i = 0; i < columns; i++, y += channels) {
        float *a = x + left[i], *b = x + right[i];
        float p = 1 - across[i], q = across[i];
        for (size_t j = 0; j < channels; j++) a[j] += p * y[j];
        for (size_t j = 0; j < channels; j++) b[j] += q * y[j];
    }
}

static const struct getam_feature_kernels NAME(table) = {
    NAME(affine), NAME(rectify), NAME(rectify_back), NAME(raise), NAME(raise_back), NAME(moments), NAME(blend_row), NAME(spread_row),
};
