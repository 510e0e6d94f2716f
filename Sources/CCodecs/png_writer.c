#include "CCodecs.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    getam_png_output *output;
    png_text *texts;
    jmp_buf failure;
} writer;

static void on_error(png_structp png, png_const_charp message) {
    writer *state = png_get_error_ptr(png);
    snprintf(state->output->message, sizeof state->output->message, "%s", message);
    longjmp(state->failure, 1);
}

static void on_warning(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

static void write_bytes(png_structp png, png_bytep source, size_t count) {
    getam_png_output *output = ((writer *)png_get_io_ptr(png))->output;
    if (count > output->capacity - output->count) {
        size_t capacity = output->capacity * 2 + count + 4096;
        uint8_t *bytes = realloc(output->bytes, capacity);
        if (!bytes) png_error(png, "out of memory");
        output->bytes = bytes;
        output->capacity = capacity;
    }
    memcpy(output->bytes + output->count, source, count);
    output->count += count;
}

static void flush(png_structp png) { (void)png; }

static void write_picture(png_structp png, png_infop info, writer *state, const getam_png_picture *picture) {
    png_set_write_fn(png, state, write_bytes, flush);
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_IHDR(png, info, picture->header.width, picture->header.height, picture->header.bit_depth,
                 picture->header.color_type, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    /* Named, so that the bytes do not follow a library's default. */
    png_set_compression_level(png, 6);
    if (picture->header.color_type == PNG_COLOR_TYPE_PALETTE) {
        png_color palette[256];
        int count = picture->palette_count > 256 ? 256 : picture->palette_count;
        for (int index = 0; index < count; index++) {
            const uint8_t *entry = picture->palette + 3 * index;
            palette[index] = (png_color){entry[0], entry[1], entry[2]};
        }
        png_set_PLTE(png, info, palette, count);
    }
    if (picture->pixels_per_metre > 0) {
        png_set_pHYs(png, info, picture->pixels_per_metre, picture->pixels_per_metre, PNG_RESOLUTION_METER);
    }
    if (picture->text_count > 0) {
        state->texts = calloc((size_t)picture->text_count, sizeof *state->texts);
        if (!state->texts) png_error(png, "out of memory");
        for (int index = 0; index < picture->text_count; index++) {
            const getam_png_text *source = picture->texts + index;
            png_text *target = state->texts + index;
            target->compression = source->utf8 ? PNG_ITXT_COMPRESSION_NONE : PNG_TEXT_COMPRESSION_NONE;
            target->key = (char *)source->key;
            target->text = (char *)source->value;
            if (source->utf8) {
                target->itxt_length = source->length;
                target->lang = "";
                target->lang_key = "";
            } else {
                target->text_length = source->length;
            }
        }
        png_set_text(png, info, state->texts, picture->text_count);
    }
    png_write_info(png, info);
    png_set_packing(png);
    size_t stride = (size_t)picture->header.width * (picture->header.color_type == PNG_COLOR_TYPE_RGB ? 3 : 1);
    for (size_t row = 0; row < picture->header.height; row++) png_write_row(png, picture->rows + row * stride);
    png_write_end(png, info);
}

int getam_png_write(const getam_png_picture *picture, getam_png_output *output) {
    writer *state = calloc(1, sizeof *state);
    if (!state) return 0;
    state->output = output;
    png_structp volatile png = NULL;
    png_infop volatile info = NULL;
    volatile int done = 0;
    if (!setjmp(state->failure)) {
        png = png_create_write_struct(PNG_LIBPNG_VER_STRING, state, on_error, on_warning);
        if (png) info = png_create_info_struct(png);
        if (info) {
            write_picture(png, info, state, picture);
            done = 1;
        }
    }
    png_structp used_png = png;
    png_infop used_info = info;
    if (used_png) png_destroy_write_struct(&used_png, &used_info);
    free(state->texts);
    free(state);
    return done;
}
