/* The loops of refine.h, included once an instruction set by refine.c with NAME(x), `vector`, `integers` and `doubles`
 * (as many lanes as `vector`) defined. */

enum { NAME(lanes) = sizeof(vector) / sizeof(float) };

static inline vector NAME(load)(const float *p) {
    vector v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline void NAME(store)(float *p, vector v) { memcpy(p, &v, sizeof v); }

/* e^x for x <= 0, about 1 ulp; e^-87 below -87. */
static inline vector NAME(decay)(vector x) {
    const vector zero = {0};
    x = __builtin_elementwise_max(x, zero - 87.0f);
    vector n = (x * 1.44269504088896341f + 12582912.0f) - 12582912.0f;
    vector r = EXPONENTIAL_REST(x, n);
    vector p = EXPONENTIAL_OF_REST(r);
    integers bits = (__builtin_convertvector(n, integers) + 127) << 23;
    return p * (vector)bits;
}

/* The deviation is taken over differences from the centre: whole numbers whose sums are exact. The centre being n of the
 * 9n samples, Cauchy-Schwarz gives S2 - S1^2/9n >= S2/9, so nothing cancels; the same bound keeps the mean exponent
 * above -32, so the soft-max needs no shift by its maximum. */
static void NAME(pamr_weights)(const float *const channels[3], const ptrdiff_t *offsets, size_t neighbours,
                               size_t blocks, float *weights) {
    const vector zero = {0};
    double samples = (double)(neighbours + neighbours / 8);
    for (size_t piece = 0; piece < 2 * blocks; piece++) {
        size_t x = piece * NAME(lanes);
        float *out = weights + piece / 2 * neighbours * 2 * NAME(lanes) + piece % 2 * NAME(lanes);
        vector center[3], scale[3];
        for (size_t c = 0; c < 3; c++) {
            const float *pixel = channels[c] + x;
            vector middle = NAME(load)(pixel), sum = zero, squares = zero;
            for (size_t j = 0; j < neighbours; j++) {
                vector d = NAME(load)(pixel + offsets[j]) - middle;
                sum += d;
                squares += d * d;
            }
            /* In Float64: an exponent near -30 multiplies the deviation's relative error by as much. */
            doubles total = __builtin_convertvector(sum, doubles), second = __builtin_convertvector(squares, doubles);
            doubles variance = (second - total * total / samples) / (samples - 1);
            doubles deviation = __builtin_elementwise_sqrt(__builtin_elementwise_max(variance, (doubles){0}));
            center[c] = middle;
            scale[c] = __builtin_convertvector(1.0 / (3.0 * (deviation * 0.1 + 1e-8)), vector);
        }
        vector total = zero;
        for (size_t j = 0; j < neighbours; j++) {
            vector distance = zero;
            for (size_t c = 0; c < 3; c++)
                distance += __builtin_elementwise_abs(NAME(load)(channels[c] + x + offsets[j]) - center[c]) * scale[c];
            vector w = NAME(decay)(-distance);
            total += w;
            NAME(store)(out + j * 2 * NAME(lanes), w);
        }
        vector inverse = 1.0f / total;
        for (size_t j = 0; j < neighbours; j++) {
            float *w = out + j * 2 * NAME(lanes);
            NAME(store)(w, NAME(load)(w) * inverse);
        }
    }
}

/* As pamr_weights; the deviation is that of the neighbours alone, so exponents have no bound: they are shifted by the largest. */
static void NAME(par_weights)(const float *const channels[3], const ptrdiff_t *offsets, size_t neighbours, size_t blocks,
                              const float *places, float *weights) {
    const vector zero = {0};
    double samples = (double)neighbours;
    for (size_t piece = 0; piece < 2 * blocks; piece++) {
        size_t x = piece * NAME(lanes);
        float *out = weights + piece / 2 * neighbours * 2 * NAME(lanes) + piece % 2 * NAME(lanes);
        vector center[3], scale[3];
        for (size_t c = 0; c < 3; c++) {
            const float *pixel = channels[c] + x;
            vector middle = NAME(load)(pixel), sum = zero, squares = zero;
            for (size_t j = 0; j < neighbours; j++) {
                vector d = NAME(load)(pixel + offsets[j]) - middle;
                sum += d;
                squares += d * d;
            }
            doubles total = __builtin_convertvector(sum, doubles), second = __builtin_convertvector(squares, doubles);
            doubles variance = (second - total * total / samples) / (samples - 1);
            doubles deviation = __builtin_elementwise_sqrt(__builtin_elementwise_max(variance, (doubles){0}));
            center[c] = middle;
            scale[c] = __builtin_convertvector(1.0 / (1.7320508075688772 * 0.3 * (deviation + 1e-8)), vector);
        }
        vector least = zero + 3e38f;
        for (size_t j = 0; j < neighbours; j++) {
            vector distance = zero;
            for (size_t c = 0; c < 3; c++) {
                vector d = (NAME(load)(channels[c] + x + offsets[j]) - center[c]) * scale[c];
                distance += d * d;
            }
            distance = __builtin_elementwise_min(distance, zero + 3e38f);
            least = __builtin_elementwise_min(least, distance);
            NAME(store)(out + j * 2 * NAME(lanes), distance);
        }
        vector total = zero;
        for (size_t j = 0; j < neighbours; j++) {
            float *w = out + j * 2 * NAME(lanes);
            vector value = NAME(decay)(least - NAME(load)(w));
            total += value;
            NAME(store)(w, value);
        }
        vector inverse = 1.0f / total;
        for (size_t j = 0; j < neighbours; j++) {
            float *w = out + j * 2 * NAME(lanes);
            NAME(store)(w, NAME(load)(w) * inverse + places[j]);
        }
    }
}

/* Sums differences from the pixel's own value: weights that sum to one but for rounding then leave a constant as it is,
 * however often they are applied. `planes` is a constant where this is inlined: its sums stay in registers and each
 * weight is read once. */
__attribute__((always_inline)) static inline void NAME(pamr_group)(
    const float *weights, const ptrdiff_t *offsets, size_t neighbours, size_t blocks, const float *maps, size_t planes,
    size_t plane, float *out) {
    for (size_t b = 0; b < blocks; b++) {
        vector own[2][4], sum[2][4];
        const float *block = maps + b * 2 * NAME(lanes);
#pragma clang loop unroll(full)
        for (size_t k = 0; k < planes; k++)
            for (size_t half = 0; half < 2; half++) {
                own[half][k] = NAME(load)(block + k * plane + half * NAME(lanes));
                sum[half][k] = (vector){0};
            }
        for (size_t j = 0; j < neighbours; j++, weights += 2 * NAME(lanes)) {
            vector w[2] = {NAME(load)(weights), NAME(load)(weights + NAME(lanes))};
            const float *map = block + offsets[j];
#pragma clang loop unroll(full)
            for (size_t k = 0; k < planes; k++)
                for (size_t half = 0; half < 2; half++)
                    sum[half][k] += w[half] * (NAME(load)(map + k * plane + half * NAME(lanes)) - own[half][k]);
        }
#pragma clang loop unroll(full)
        for (size_t k = 0; k < planes; k++)
            for (size_t half = 0; half < 2; half++)
                NAME(store)(out + k * plane + (2 * b + half) * NAME(lanes), own[half][k] + sum[half][k]);
    }
}

static void NAME(pamr_propagate)(const float *weights, const ptrdiff_t *offsets, size_t neighbours, size_t blocks,
                                 const float *maps, size_t planes, size_t plane, float *out) {
    while (planes > 0) {
        size_t count = planes < 4 ? planes : 4;
        switch (count) {
        case 1: NAME(pamr_group)(weights, offsets, neighbours, blocks, maps, 1, plane, out); break;
        case 2: NAME(pamr_group)(weights, offsets, neighbours, blocks, maps, 2, plane, out); break;
        case 3: NAME(pamr_group)(weights, offsets, neighbours, blocks, maps, 3, plane, out); break;
        default: NAME(pamr_group)(weights, offsets, neighbours, blocks, maps, 4, plane, out); break;
        }
        planes -= count;
        maps += count * plane;
        out += count * plane;
    }
}

/* tanh(x / 2) = (1 - e^-|x|) / (1 + e^-|x|) with the sign of x. */
static void NAME(lead)(const float *x, size_t count, float *y) {
    for (size_t i = 0; i < count; i += NAME(lanes)) {
        float line[NAME(lanes)] = {0};
        size_t size = sizeof(float) * (count - i < NAME(lanes) ? count - i : NAME(lanes));
        memcpy(line, x + i, size);
        vector v = NAME(load)(line), decayed = NAME(decay)(-__builtin_elementwise_abs(v));
        NAME(store)(line, __builtin_elementwise_copysign((1.0f - decayed) / (1.0f + decayed), v));
        memcpy(y + i, line, size);
    }
}

static inline float NAME(step)(const float *const own[3], ptrdiff_t from, ptrdiff_t to) {
    float cost = 0;
    for (size_t c = 0; c < 3; c++) cost += __builtin_fabsf(own[c][from] - own[c][to]);
    return cost;
}

/* Down from the row before, many pixels at a time; then along the row, there and back, where each pixel waits for the last. */
static int NAME(geodesic_sweep)(const float *const channels[3], ptrdiff_t line, size_t height, size_t width, float *distance) {
    integers fell = {0};
    int changed = 0;
    for (size_t y = 0; y < height; y++) {
        ptrdiff_t start = (ptrdiff_t)y * line;
        const float *own[3] = {channels[0] + start, channels[1] + start, channels[2] + start};
        float *to = distance + start;
        for (size_t x = 0; y > 0 && x < width; x += NAME(lanes)) {
            vector old = NAME(load)(to + x), best = old;
            for (ptrdiff_t shift = -1; shift <= 1; shift++) {
                ptrdiff_t before = (ptrdiff_t)x + shift - line;
                vector way = NAME(load)(to + before);
                for (size_t c = 0; c < 3; c++)
                    way += __builtin_elementwise_abs(NAME(load)(own[c] + x) - NAME(load)(own[c] + before));
                best = __builtin_elementwise_min(best, way);
            }
            /* Beyond the row any way is shorter than none. */
            for (size_t beyond = width - x; beyond < NAME(lanes); beyond++) best[beyond] = old[beyond];
            fell |= (integers)(best < old);
            NAME(store)(to + x, best);
        }
        for (size_t i = 1; i < width; i++) {
            float way = to[i - 1] + NAME(step)(own, (ptrdiff_t)i - 1, (ptrdiff_t)i);
            if (way < to[i]) to[i] = way, changed = 1;
        }
        for (size_t i = width; i-- > 1;) {
            float way = to[i] + NAME(step)(own, (ptrdiff_t)i, (ptrdiff_t)i - 1);
            if (way < to[i - 1]) to[i - 1] = way, changed = 1;
        }
    }
    for (size_t i = 0; i < NAME(lanes); i++) changed |= fell[i] != 0;
    return changed;
}

static const struct getam_refine_kernels NAME(table) = {
    2 * NAME(lanes), NAME(pamr_weights), NAME(par_weights), NAME(pamr_propagate), NAME(lead), NAME(geodesic_sweep),
};
