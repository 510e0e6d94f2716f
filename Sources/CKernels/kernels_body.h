/* The loops, included once an instruction set by dispatch.c with NAME(x), vector and TILE_ROWS defined.
 *
 * Plain loops that the compiler vectorises; only reductions allow reassociation. */

static inline float NAME(round_nearest)(float x) {
    /* Adding and taking away 1.5 * 2^23 rounds to the nearest integer in any vector unit. */
    float shifted = x + 12582912.0f;
    return shifted - 12582912.0f;
}

/* e^x to about 1 ulp for x in [-87.3, 88]; 0 below, e^88 above. */
static inline float NAME(exponential)(float x) {
    float clamped = x < -87.3f ? -87.3f : (x > 88.0f ? 88.0f : x);
    float n = NAME(round_nearest)(clamped * 1.44269504088896341f);
    float r = EXPONENTIAL_REST(clamped, n);
    float p = EXPONENTIAL_OF_REST(r);
    union { int32_t i; float f; } power = {.i = ((int32_t)n + 127) << 23};
    float value = p * power.f;
    return x < -87.3f ? 0.0f : value;
}

/* The largest value; sixteen running maxima, because a single one would not vectorise. */
static inline float NAME(largest)(const float *x, size_t count) {
    float lane[16];
    for (size_t l = 0; l < 16; l++) lane[l] = x[0];
    size_t j = 0;
    for (; j + 16 <= count; j += 16)
        for (size_t l = 0; l < 16; l++) lane[l] = x[j + l] > lane[l] ? x[j + l] : lane[l];
    for (; j < count; j++) lane[0] = x[j] > lane[0] ? x[j] : lane[0];
    for (size_t l = 1; l < 16; l++) lane[0] = lane[l] > lane[0] ? lane[l] : lane[0];
    return lane[0];
}

/* The same for few columns: rows side by side fill the vectors that one would leave empty. */
static void NAME(softmax_narrow)(float *x, size_t stride, size_t rows, size_t columns, float scale) {
    for (size_t i = 0; i < rows; i++) {
        float *row = x + i * stride;
        float top = row[0];
        for (size_t j = 1; j < columns; j++) top = row[j] > top ? row[j] : top;
        for (size_t j = 0; j < columns; j++) row[j] = (row[j] - top) * scale;
    }
    size_t lines = stride == columns ? 1 : rows, count = stride == columns ? rows * columns : columns;
    for (size_t i = 0; i < lines; i++)
        for (size_t j = 0; j < count; j++) x[i * stride + j] = NAME(exponential)(x[i * stride + j]);
    for (size_t i = 0; i < rows; i++) {
        float *row = x + i * stride;
        float sum = 0;
        for (size_t j = 0; j < columns; j++) sum += row[j];
        float inverse = 1.0f / sum;
        for (size_t j = 0; j < columns; j++) row[j] *= inverse;
    }
}

static void NAME(softmax)(float *x, size_t stride, size_t rows, size_t columns, float scale) {
#pragma clang fp reassociate(on)
    if (columns <= 24) {
        /* As many rows as stay in the first cache from one loop to the next. */
        for (size_t i = 0; i < rows; i += 128)
            NAME(softmax_narrow)(x + i * stride, stride, rows - i < 128 ? rows - i : 128, columns, scale);
        return;
    }
    for (size_t i = 0; i < rows; i++) {
        float *row = x + i * stride;
        float top = NAME(largest)(row, columns);
        for (size_t j = 0; j < columns; j++) row[j] = NAME(exponential)((row[j] - top) * scale);
        float sum = 0;
        for (size_t j = 0; j < columns; j++) sum += row[j];
        float inverse = 1.0f / sum;
        for (size_t j = 0; j < columns; j++) row[j] *= inverse;
    }
}

static void NAME(rotate)(float *x, size_t stride, size_t rows, size_t heads, size_t width, const float *cosines,
                         const float *sines, size_t head_stride, float sign, int halves) {
    size_t half = width / 2;
    for (size_t i = 0; i < rows; i++) {
        for (size_t h = 0; h < heads; h++) {
            const float *restrict c = cosines + i * half + h * head_stride, *restrict s = sines + i * half + h * head_stride;
            float *restrict a = x + i * stride + h * width;
            if (halves) {
                float *restrict b = a + half;
                for (size_t j = 0; j < half; j++) {
                    float first = a[j], second = b[j], sine = sign * s[j];
                    a[j] = first * c[j] - second * sine;
                    b[j] = second * c[j] + first * sine;
                }
            } else {
                for (size_t j = 0; j < half; j++) {
                    float first = a[2 * j], second = a[2 * j + 1], sine = sign * s[j];
                    a[2 * j] = first * c[j] - second * sine;
                    a[2 * j + 1] = second * c[j] + first * sine;
                }
            }
        }
    }
}

static void NAME(layer_norm)(const float *x, size_t rows, size_t width, const float *weight, const float *bias,
                             float epsilon, float *normalized, float *rstd, float *y) {
#pragma clang fp reassociate(on)
    for (size_t i = 0; i < rows; i++) {
        const float *in = x + i * width;
        float *unit = normalized + i * width, *out = y + i * width;
        float sum = 0;
        for (size_t j = 0; j < width; j++) sum += in[j];
        float mean = sum / (float)width;
        float square = 0;
        for (size_t j = 0; j < width; j++) square += (in[j] - mean) * (in[j] - mean);
        float r = 1.0f / sqrtf(square / (float)width + epsilon);
        rstd[i] = r;
        for (size_t j = 0; j < width; j++) {
            float u = (in[j] - mean) * r;
            unit[j] = u;
            out[j] = u * weight[j] + bias[j];
        }
    }
}

static void NAME(layer_norm_backward)(const float *dy, size_t rows, size_t width, const float *weight,
                                      const float *normalized, const float *rstd, float *dx) {
#pragma clang fp reassociate(on)
    for (size_t i = 0; i < rows; i++) {
        const float *g = dy + i * width, *unit = normalized + i * width;
        float *out = dx + i * width;
        float sum = 0, product = 0;
        for (size_t j = 0; j < width; j++) {
            float scaled = g[j] * weight[j];
            sum += scaled;
            product += scaled * unit[j];
        }
        sum /= (float)width;
        product /= (float)width;
        float r = rstd[i];
        for (size_t j = 0; j < width; j++) out[j] += r * (g[j] * weight[j] - sum - unit[j] * product);
    }
}

static void NAME(rms_norm)(const float *x, size_t rows, size_t width, const float *weight, const float *bias,
                           float epsilon, float *normalized, float *rstd, float *y) {
#pragma clang fp reassociate(on)
    (void)bias;
    for (size_t i = 0; i < rows; i++) {
        const float *in = x + i * width;
        float *unit = normalized + i * width, *out = y + i * width;
        float square = 0;
        for (size_t j = 0; j < width; j++) square += in[j] * in[j];
        float r = 1.0f / sqrtf(square / (float)width + epsilon);
        rstd[i] = r;
        for (size_t j = 0; j < width; j++) {
            float u = in[j] * r;
            unit[j] = u;
            out[j] = u * weight[j];
        }
    }
}

static void NAME(rms_norm_backward)(const float *dy, size_t rows, size_t width, const float *weight,
                                    const float *normalized, const float *rstd, float *dx) {
#pragma clang fp reassociate(on)
    for (size_t i = 0; i < rows; i++) {
        const float *g = dy + i * width, *unit = normalized + i * width;
        float *out = dx + i * width;
        float product = 0;
        for (size_t j = 0; j < width; j++) product += g[j] * weight[j] * unit[j];
        product /= (float)width;
        float r = rstd[i];
        for (size_t j = 0; j < width; j++) out[j] += r * (g[j] * weight[j] - unit[j] * product);
    }
}

/* erfcx(z) = e^(z^2) erfc(z) for z >= 0 as a polynomial in t = 1 / (1 + 0.38 z); relative error 2e-8. */
static inline float NAME(erfcx_positive)(float z) {
    float t = 1.0f / (1.0f + 0.38f * z);
    float p = ERFCX9;
    p = p * t + ERFCX8;
    p = p * t + ERFCX7;
    p = p * t + ERFCX6;
    p = p * t + ERFCX5;
    p = p * t + ERFCX4;
    p = p * t + ERFCX3;
    p = p * t + ERFCX2;
    p = p * t + ERFCX1;
    return p * t;
}

/* x * Phi(x) and its derivative Phi(x) + x * phi(x). */
static void NAME(gelu)(float *u, size_t width, const float *bias, float *y) {
    for (size_t j = 0; j < width; j++) {
        float x = u[j] + bias[j];
        float magnitude = fabsf(x);
        float bell = NAME(exponential)(-0.5f * x * x);
        float tail = 0.5f * bell * NAME(erfcx_positive)(magnitude * 0.70710678118654752f);
        float phi = x < 0 ? tail : 1.0f - tail;
        y[j] = x * phi;
        u[j] = phi + x * bell * 0.39894228040143268f;
    }
}

/* 0.5 x (1 + tanh w), w = sqrt(2/pi) (x + 0.044715 x^3), written with s = sigmoid(2w). */
static void NAME(gelu_tanh)(float *u, size_t width, const float *bias, float *y) {
    for (size_t j = 0; j < width; j++) {
        float x = u[j] + bias[j];
        float w2 = 1.5957691216057308f * x * (1.0f + 0.044715f * x * x);
        /* 1 - s as e * s, which does not cancel. */
        float e = NAME(exponential)(-w2);
        float s = 1.0f / (1.0f + e);
        float slope = 1.5957691216057308f * (1.0f + 3.0f * 0.044715f * x * x);
        y[j] = x * s;
        u[j] = s + x * s * (e * s) * slope;
    }
}

static void NAME(quick_gelu)(float *u, size_t width, const float *bias, float *y) {
    for (size_t j = 0; j < width; j++) {
        float x = u[j] + bias[j];
        float e = NAME(exponential)(-1.702f * x);
        float s = 1.0f / (1.0f + e);
        y[j] = x * s;
        u[j] = s + 1.702f * x * s * (e * s);
    }
}

static void NAME(silu)(float *u, size_t width, const float *bias, float *y) {
    for (size_t j = 0; j < width; j++) {
        float x = u[j] + bias[j];
        float e = NAME(exponential)(-x);
        float s = 1.0f / (1.0f + e);
        y[j] = x * s;
        u[j] = s + x * s * (e * s);
    }
}

static void NAME(activate)(float *u, size_t rows, size_t width, const float *bias, enum getam_activation kind, float *y) {
    for (size_t i = 0; i < rows; i++) {
        if (kind == GETAM_GELU) NAME(gelu)(u + i * width, width, bias, y + i * width);
        else if (kind == GETAM_GELU_TANH) NAME(gelu_tanh)(u + i * width, width, bias, y + i * width);
        else if (kind == GETAM_QUICK_GELU) NAME(quick_gelu)(u + i * width, width, bias, y + i * width);
        else NAME(silu)(u + i * width, width, bias, y + i * width);
    }
}

static void NAME(add_scaled)(float *y, const float *x, size_t rows, size_t width, const float *bias, const float *scale) {
    for (size_t i = 0; i < rows; i++) {
        float *out = y + i * width;
        const float *in = x + i * width;
        if (bias && scale) for (size_t j = 0; j < width; j++) out[j] += (in[j] + bias[j]) * scale[j];
        else if (bias) for (size_t j = 0; j < width; j++) out[j] += in[j] + bias[j];
        else if (scale) for (size_t j = 0; j < width; j++) out[j] += in[j] * scale[j];
        else for (size_t j = 0; j < width; j++) out[j] += in[j];
    }
}

static void NAME(multiply)(float *x, const float *y, size_t count) {
    for (size_t j = 0; j < count; j++) x[j] *= y[j];
}

static void NAME(add_multiple)(float *y, const float *x, float a, size_t count) {
    for (size_t j = 0; j < count; j++) y[j] += a * x[j];
}

static float NAME(dot)(const float *x, const float *y, size_t count) {
#pragma clang fp reassociate(on)
    float sum = 0;
    for (size_t j = 0; j < count; j++) sum += x[j] * y[j];
    return sum;
}

/* Columns go in groups whose sums stay in registers; a group's rows are added up before y's own value. */
enum { NAME(SUM_GROUP) = 64 };

static void NAME(sum_rows)(const float *x, size_t stride, size_t rows, size_t width, float *y) {
    for (size_t first = 0; first < width; first += NAME(SUM_GROUP)) {
        size_t count = width - first < NAME(SUM_GROUP) ? width - first : NAME(SUM_GROUP);
        float sum[NAME(SUM_GROUP)] = {0};
        if (count == NAME(SUM_GROUP))
            for (size_t i = 0; i < rows; i++)
                for (size_t j = 0; j < NAME(SUM_GROUP); j++) sum[j] += x[i * stride + first + j];
        else
            for (size_t i = 0; i < rows; i++)
                for (size_t j = 0; j < count; j++) sum[j] += x[i * stride + first + j];
        for (size_t j = 0; j < count; j++) y[first + j] += sum[j];
    }
}

static void NAME(sum_products)(const float *x, size_t x_stride, const float *u, size_t u_stride, size_t rows, size_t width,
                               float *y) {
    for (size_t first = 0; first < width; first += NAME(SUM_GROUP)) {
        size_t count = width - first < NAME(SUM_GROUP) ? width - first : NAME(SUM_GROUP);
        float sum[NAME(SUM_GROUP)] = {0};
        if (count == NAME(SUM_GROUP))
            for (size_t i = 0; i < rows; i++)
                for (size_t j = 0; j < NAME(SUM_GROUP); j++) sum[j] += x[i * x_stride + first + j] * u[i * u_stride + first + j];
        else
            for (size_t i = 0; i < rows; i++)
                for (size_t j = 0; j < count; j++) sum[j] += x[i * x_stride + first + j] * u[i * u_stride + first + j];
        for (size_t j = 0; j < count; j++) y[first + j] += sum[j];
    }
}

static void NAME(softmax_backward)(float *g, const float *a, size_t stride, size_t rows, size_t columns, float scale) {
    for (size_t i = 0; i < rows; i++) {
        float *out = g + i * stride;
        const float *p = a + i * stride;
        float inner = NAME(dot)(out, p, columns);
        for (size_t j = 0; j < columns; j++) out[j] = p[j] * (out[j] - inner) * scale;
    }
}

static void NAME(couple)(const float *a, const float *g, size_t count, float *u, float *v) {
    for (size_t j = 0; j < count; j++) {
        float product = a[j] * g[j];
        u[j] += product > 0 ? product : 0;
        v[j] += g[j] > 0 ? g[j] : 0;
    }
}

/* 14 independent chains of vector multiply-adds hide the units' latency. */
static double NAME(peak)(size_t steps, float *sink) {
    enum { CHAINS = 14 };
    vector chain[CHAINS];
    for (int i = 0; i < CHAINS; i++) chain[i] = (vector){0} + (float)i;
    /* Unknown to the compiler, which else works a chain out that stays at 1. */
    float shrink = 0.999f;
    __asm__("" : "+m"(shrink));
    vector factor = (vector){0} + shrink, shift = (vector){0} + (1 - shrink);
    for (size_t s = 0; s < steps; s++) {
#pragma clang loop unroll(full)
        for (int i = 0; i < CHAINS; i++) chain[i] = chain[i] * factor + shift;
    }
    float total = 0;
    for (int i = 0; i < CHAINS; i++)
        for (size_t j = 0; j < sizeof(vector) / sizeof(float); j++) total += chain[i][j];
    *sink = total;
    return 2.0 * (double)steps * CHAINS * (sizeof(vector) / sizeof(float));
}

#include "product_body.h"

static const struct getam_kernels NAME(table) = {
    TITLE, NAME(softmax), NAME(layer_norm), NAME(layer_norm_backward), NAME(rms_norm), NAME(rms_norm_backward),
    NAME(activate), NAME(add_scaled), NAME(multiply), NAME(add_multiple), NAME(dot), NAME(sum_rows), NAME(sum_products), NAME(softmax_backward), NAME(couple), NAME(product),
    NAME(rotate), NAME(peak),
};
