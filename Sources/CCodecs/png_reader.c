#include "CCodecs.h"
#include "spares.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct getam_png_reader {
    png_structp png;
    png_infop info;
    const uint8_t *bytes;
    size_t count, position;
    int started, ended_early;
    char message[GETAM_MESSAGE_LENGTH];
    jmp_buf failure;
};

static void on_error(png_structp png, png_const_charp message) {
    getam_png_reader *reader = png_get_error_ptr(png);
    snprintf(reader->message, sizeof reader->message, "%s", message);
    longjmp(reader->failure, 1);
}

static void on_warning(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

static void read_bytes(png_structp png, png_bytep target, size_t count) {
    getam_png_reader *reader = png_get_io_ptr(png);
    if (count > reader->count - reader->position) {
        reader->ended_early = 1;
        png_error(png, "the file ends early");
    }
    memcpy(target, reader->bytes + reader->position, count);
    reader->position += count;
}

static getam_spares spares;

getam_png_reader *getam_png_reader_create(const uint8_t *bytes, size_t count) {
    getam_png_reader *reader = getam_spares_take(&spares, sizeof *reader);
    if (!reader) return NULL;
    reader->bytes = bytes;
    reader->count = count;
    if (setjmp(reader->failure)) {
        getam_png_reader_destroy(reader);
        return NULL;
    }
    reader->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, reader, on_error, on_warning);
    if (reader->png) reader->info = png_create_info_struct(reader->png);
    if (!reader->info) {
        getam_png_reader_destroy(reader);
        return NULL;
    }
    png_set_read_fn(reader->png, reader, read_bytes);
    /* The caller has its own limits and has applied them. */
    png_set_user_limits(reader->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    return reader;
}

void getam_png_reader_destroy(getam_png_reader *reader) {
    if (!reader) return;
    if (reader->png) png_destroy_read_struct(&reader->png, &reader->info, NULL);
    getam_spares_give(&spares, reader);
}

const char *getam_png_reader_message(const getam_png_reader *reader) { return reader->message; }

int getam_png_reader_ended_early(const getam_png_reader *reader) { return reader->ended_early; }

int getam_png_read_header(getam_png_reader *reader, getam_png_header *header) {
    if (setjmp(reader->failure)) return 0;
    png_read_info(reader->png, reader->info);
    header->width = png_get_image_width(reader->png, reader->info);
    header->height = png_get_image_height(reader->png, reader->info);
    header->bit_depth = png_get_bit_depth(reader->png, reader->info);
    header->color_type = png_get_color_type(reader->png, reader->info);
    return 1;
}

int getam_png_start(getam_png_reader *reader, int raw, int *channels, int *passes) {
    if (setjmp(reader->failure)) return 0;
    if (raw) {
        png_set_packing(reader->png);
    } else {
        /* No gamma is ever set, so gAMA, cHRM, iCCP and sRGB chunks leave the samples as they are. */
        png_set_expand(reader->png);
        png_set_strip_16(reader->png);
        png_set_gray_to_rgb(reader->png);
    }
    *passes = png_set_interlace_handling(reader->png);
    png_read_update_info(reader->png, reader->info);
    reader->started = 1;
    *channels = png_get_channels(reader->png, reader->info);
    if (raw && png_get_bit_depth(reader->png, reader->info) == 16) *channels *= 2;
    return 1;
}

int getam_png_read_rows(getam_png_reader *reader, uint8_t *rows, size_t stride, size_t count) {
    if (setjmp(reader->failure)) return 0;
    for (size_t row = 0; row < count; row++) png_read_row(reader->png, rows + row * stride, NULL);
    return 1;
}

int getam_png_finish(getam_png_reader *reader) {
    if (setjmp(reader->failure)) return 0;
    /* libpng passes over pixels only once it was made ready to read them. */
    if (!reader->started) png_read_update_info(reader->png, reader->info);
    png_read_end(reader->png, reader->info);
    return 1;
}

int getam_png_palette(getam_png_reader *reader, uint8_t *rgb) {
    if (setjmp(reader->failure)) return 0;
    png_colorp entries = NULL;
    int count = 0;
    if (!png_get_PLTE(reader->png, reader->info, &entries, &count)) return 0;
    if (count > 256) count = 256;
    for (int index = 0; index < count; index++) {
        rgb[3 * index] = entries[index].red;
        rgb[3 * index + 1] = entries[index].green;
        rgb[3 * index + 2] = entries[index].blue;
    }
    return count;
}

int getam_png_text_count(getam_png_reader *reader) {
    if (setjmp(reader->failure)) return 0;
    return png_get_text(reader->png, reader->info, NULL, NULL);
}

getam_png_text getam_png_text_at(getam_png_reader *reader, int index) {
    getam_png_text result = {"", "", 0, 0};
    if (setjmp(reader->failure)) return result;
    png_textp texts = NULL;
    int count = png_get_text(reader->png, reader->info, &texts, NULL);
    if (index < 0 || index >= count || !texts[index].key || !texts[index].text) return result;
    result.utf8 = texts[index].compression > 0;
    result.key = texts[index].key;
    result.value = texts[index].text;
    result.length = result.utf8 ? texts[index].itxt_length : texts[index].text_length;
    return result;
}
