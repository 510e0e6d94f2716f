/* The matrix product, included once an instruction set by dispatch.c after kernels_body.h.
 *
 * Panels of B, TILE_COLUMNS wide, are packed into a buffer that stays in the second-level cache; tiles of up to TILE_ROWS
 * rows of C are summed in registers over a panel's depth, A's values broadcast from where they lie. What bounds it is the
 * multiply-add units: a step of a full tile is 2·TILE_ROWS of them for two loads of B and TILE_ROWS of A. */

/* A panel's depth is short for the sake of rounding: the error of a sum grows with the terms that are added one by one. Three
 * times as deep, products are 2 % faster and round to 1.7 times the error. */
enum { NAME(lanes) = sizeof(vector) / sizeof(float), NAME(columns) = 2 * sizeof(vector) / sizeof(float), NAME(depth) = 256 };

/* As `vector`, at any address. */
typedef vector NAME(unaligned) __attribute__((aligned(4)));

/* C[rows, columns] = (keep ? keep * C : 0) + sums for a panel that is cut off on its right. Apart, since an array that a
 * loop counts through is not kept in registers. */
static __attribute__((noinline)) void NAME(store)(size_t rows, const vector sums[][2], float keep, float *c, size_t c_row,
                                                  size_t columns) {
    for (size_t i = 0; i < rows; i++) {
        const float *line = (const float *)sums[i];
        float *out = c + i * c_row;
        for (size_t j = 0; j < columns; j++) out[j] = keep != 0 ? keep * out[j] + line[j] : line[j];
    }
}

/* C[rows, columns] = (keep ? keep * C : 0) + A * panel for a constant number of rows. */
static inline __attribute__((always_inline)) void NAME(tile)(size_t rows, size_t depth, const float *a, size_t a_row,
                                                             size_t a_column, const float *panel, float keep, float *c,
                                                             size_t c_row, size_t columns) {
    vector low[TILE_ROWS], high[TILE_ROWS];
    /* C is often memory that no cache holds yet; asked for now, it is here when the sums are. */
#pragma clang loop unroll(full)
    for (size_t i = 0; i < rows; i++) {
        __builtin_prefetch(c + i * c_row, 1, 3);
        __builtin_prefetch(c + i * c_row + NAME(lanes), 1, 3);
    }
#pragma clang loop unroll(full)
    for (size_t i = 0; i < rows; i++) low[i] = high[i] = (vector){0};
    /* Four steps share their addresses: one of A's strides is a constant 1 where this is inlined. */
#pragma clang loop unroll_count(4)
    for (size_t p = 0; p < depth; p++) {
        vector first = *(const vector *)(panel + p * NAME(columns));
        vector second = *(const vector *)(panel + p * NAME(columns) + NAME(lanes));
        const float *column = a + p * a_column;
#pragma clang loop unroll(full)
        for (size_t i = 0; i < rows; i++) ADD_MULTIPLES(low[i], high[i], column[i * a_row], first, second);
    }
    if (columns == NAME(columns)) {
#pragma clang loop unroll(full)
        for (size_t i = 0; i < rows; i++) {
            NAME(unaligned) *out = (NAME(unaligned) *)(c + i * c_row);
            NAME(unaligned) *next = (NAME(unaligned) *)(c + i * c_row + NAME(lanes));
            if (keep != 0) {
                low[i] += keep * *out;
                high[i] += keep * *next;
            }
            *out = low[i];
            *next = high[i];
        }
    } else {
        vector sums[TILE_ROWS][2];
#pragma clang loop unroll(full)
        for (size_t i = 0; i < rows; i++) {
            sums[i][0] = low[i];
            sums[i][1] = high[i];
        }
        NAME(store)(rows, sums, keep, c, c_row, columns);
    }
}

/* Packs B[depth, columns] row by row, columns beyond the last as zeros. */
static void NAME(pack)(size_t depth, size_t columns, const float *b, size_t b_row, size_t b_column, float *panel) {
    enum { BLOCK = 8 };
    size_t p = 0;
    if (columns == NAME(columns) && b_column == 1) {
        for (; p < depth; p++) memcpy(panel + p * NAME(columns), b + p * b_row, sizeof(float) * NAME(columns));
    } else if (columns == NAME(columns) && b_row == 1) {
        /* Transposed eight by eight: rows of B's transpose are contiguous. */
        typedef float eight __attribute__((vector_size(32)));
        typedef eight loose __attribute__((aligned(4)));
        for (; p + BLOCK <= depth; p += BLOCK)
            for (size_t j = 0; j < NAME(columns); j += BLOCK) {
                eight r[BLOCK], s[BLOCK];
#pragma clang loop unroll(full)
                for (int i = 0; i < BLOCK; i++) r[i] = *(const loose *)(b + (j + i) * b_column + p);
#pragma clang loop unroll(full)
                for (int i = 0; i < BLOCK; i += 2) {
                    s[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
                    s[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
                }
#pragma clang loop unroll(full)
                for (int i = 0; i < BLOCK; i += 4) {
                    r[i] = __builtin_shufflevector(s[i], s[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
                    r[i + 1] = __builtin_shufflevector(s[i], s[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
                    r[i + 2] = __builtin_shufflevector(s[i + 1], s[i + 3], 0, 1, 8, 9, 4, 5, 12, 13);
                    r[i + 3] = __builtin_shufflevector(s[i + 1], s[i + 3], 2, 3, 10, 11, 6, 7, 14, 15);
                }
#pragma clang loop unroll(full)
                for (int i = 0; i < 4; i++) {
                    *(loose *)(panel + (p + i) * NAME(columns) + j) =
                        __builtin_shufflevector(r[i], r[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
                    *(loose *)(panel + (p + i + 4) * NAME(columns) + j) =
                        __builtin_shufflevector(r[i], r[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
                }
            }
    }
    for (; p < depth; p++)
        for (size_t j = 0; j < NAME(columns); j++)
            panel[p * NAME(columns) + j] = j < columns ? b[p * b_row + j * b_column] : 0;
}

/* What of B comes next, fetched a few cache lines at a time while tiles are summed: read only when it is packed, it would
 * come at memory's latency, with the multiply-add units at rest. */
struct NAME(ahead) {
    const float *row;
    size_t stride, line, lines, left;
};

static struct NAME(ahead) NAME(ahead)(size_t depth, size_t columns, const float *b, size_t b_row, size_t b_column) {
    enum { LINE = 64 / sizeof(float) };
    size_t rows = b_row == 1 ? columns : depth, lines = ((b_row == 1 ? depth : columns) + LINE - 1) / LINE;
    return (struct NAME(ahead)){b, b_row == 1 ? b_column : b_row, 0, lines, rows * lines};
}

static inline void NAME(fetch)(struct NAME(ahead) *ahead, size_t count) {
    if (count > ahead->left) count = ahead->left;
    ahead->left -= count;
    for (; count > 0; count--) {
        __builtin_prefetch(ahead->row + ahead->line * 64 / sizeof(float), 0, 2);
        if (++ahead->line == ahead->lines) {
            ahead->line = 0;
            ahead->row += ahead->stride;
        }
    }
}

static void NAME(product)(size_t m, size_t n, size_t k, const float *a, size_t a_row, size_t a_column, const float *b,
                          size_t b_row, size_t b_column, float beta, float *c, size_t c_row) {
    if (k == 0) {
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < n; j++) c[i * c_row + j] = beta == 0 ? 0 : beta * c[i * c_row + j];
        return;
    }
    /* Two panels at a time: every second time, a tile's rows of A are near already. */
    enum { GROUP = 2 };
    _Alignas(64) float panels[GROUP][NAME(depth) * NAME(columns)];
    /* Depth in equal parts, rows in tiles of nearly equal height: no part is left over that would run slowly. */
    size_t parts = (k + NAME(depth) - 1) / NAME(depth), tiles = (m + TILE_ROWS - 1) / TILE_ROWS;
    for (size_t left = 0, width; left < n; left += width) {
        width = n - left < GROUP * NAME(columns) ? n - left : GROUP * NAME(columns);
        for (size_t part = 0; part < parts; part++) {
            size_t start = part * k / parts, depth = (part + 1) * k / parts - start;
            float keep = part == 0 ? beta : 1;
            for (size_t j = 0; j < width; j += NAME(columns))
                NAME(pack)(depth, width - j < NAME(columns) ? width - j : NAME(columns),
                           b + start * b_row + (left + j) * b_column, b_row, b_column, panels[j / NAME(columns)]);
            struct NAME(ahead) ahead = {0};
            if (part + 1 < parts)
                ahead = NAME(ahead)((part + 2) * k / parts - start - depth, width,
                                    b + (start + depth) * b_row + left * b_column, b_row, b_column);
            else if (left + width < n)
                ahead = NAME(ahead)(k / parts, n - left - width < width ? n - left - width : width,
                                    b + (left + width) * b_column, b_row, b_column);
            size_t lines = (ahead.left + GROUP * tiles - 1) / (GROUP * tiles);
            for (size_t tile = 0; tile < tiles; tile++) {
                size_t i = tile * m / tiles, rows = (tile + 1) * m / tiles - i;
                const float *from = a + i * a_row + start * a_column;
                for (size_t j = 0; j < width; j += NAME(columns)) {
                    const float *panel = panels[j / NAME(columns)];
                    float *to = c + i * c_row + left + j;
                    size_t columns = width - j < NAME(columns) ? width - j : NAME(columns);
                    NAME(fetch)(&ahead, lines);
#define TILE(r)                                                                                                            \
    case r:                                                                                                                \
        if (r > TILE_ROWS) break;                                                                                          \
        if (a_column == 1)                                                                                                 \
            NAME(tile)(r <= TILE_ROWS ? r : 1, depth, from, a_row, 1, panel, keep, to, c_row, columns);                    \
        else                                                                                                               \
            NAME(tile)(r <= TILE_ROWS ? r : 1, depth, from, 1, a_column, panel, keep, to, c_row, columns);                 \
        break;
                    switch (rows) {
                        TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6) TILE(7)
                        TILE(8) TILE(9) TILE(10) TILE(11) TILE(12) TILE(13) TILE(14)
                    }
#undef TILE
                }
            }
        }
    }
}
