/* libpng and libjpeg behind functions that never longjmp into their caller.
 *
 * Both libraries report errors by a jump out of a callback, which Swift cannot take part in. Every function here that may
 * fail returns 1 for success and 0 for failure; the reader then holds the library's message, and whether the bytes ended
 * before the picture did. Nothing is printed. */
#ifndef GETAM_CCODECS_H
#define GETAM_CCODECS_H

#include <stddef.h>
#include <stdint.h>

#define GETAM_MESSAGE_LENGTH 256

/* ---- PNG, reading ---- */

typedef struct getam_png_reader getam_png_reader;

enum { GETAM_PNG_GRAY = 0, GETAM_PNG_RGB = 2, GETAM_PNG_PALETTE = 3 };

typedef struct {
    uint32_t width, height;
    int bit_depth;  /* of a sample or an index: 1, 2, 4, 8, 16 */
    int color_type; /* GETAM_PNG_*, or 4 and 6 for gray and RGB with alpha */
} getam_png_header;

typedef struct {
    const char *key; /* Latin-1 */
    const char *value;
    size_t length; /* of value, in bytes */
    int utf8;      /* value is UTF-8, not Latin-1 */
} getam_png_text;

/* `bytes` must outlive the reader. Null when there is no memory. */
getam_png_reader *getam_png_reader_create(const uint8_t *bytes, size_t count);
void getam_png_reader_destroy(getam_png_reader *reader);
const char *getam_png_reader_message(const getam_png_reader *reader);
int getam_png_reader_ended_early(const getam_png_reader *reader);

/* Everything before the pixels. */
int getam_png_read_header(getam_png_reader *reader, getam_png_header *header);
/* Sets the form of the rows: with `raw`, the file's own index or gray sample, `channels` bytes a pixel (2 for gray of 16 bits,
 * high byte first); else 8-bit RGB or RGBA, as `channels` says. `passes` is the number of times all rows are to be read into
 * the same memory. */
int getam_png_start(getam_png_reader *reader, int raw, int *channels, int *passes);
int getam_png_read_rows(getam_png_reader *reader, uint8_t *rows, size_t stride, size_t count);
/* Everything after the pixels; pixels not read are skipped. */
int getam_png_finish(getam_png_reader *reader);
/* Copies up to 256 RGB entries; returns their number. After the header. */
int getam_png_palette(getam_png_reader *reader, uint8_t *rgb);
/* Text chunks met so far; pointers live as long as the reader. */
int getam_png_text_count(getam_png_reader *reader);
getam_png_text getam_png_text_at(getam_png_reader *reader, int index);

/* ---- PNG, writing ---- */

typedef struct {
    uint8_t *bytes; /* to be released with free() */
    size_t count, capacity;
    char message[GETAM_MESSAGE_LENGTH];
} getam_png_output;

typedef struct {
    getam_png_header header; /* bit depth 1 or 8; gray, RGB or palette */
    const uint8_t *rows;     /* packed rows of one byte a sample; at depth 1 each is 0 or 1 */
    const uint8_t *palette;  /* RGB entries */
    int palette_count;
    const getam_png_text *texts;
    int text_count;
    /* Zero for none said. */
    uint32_t pixels_per_metre;
} getam_png_picture;

int getam_png_write(const getam_png_picture *picture, getam_png_output *output);

/* ---- JPEG, reading ---- */

typedef struct getam_jpeg_reader getam_jpeg_reader;

/* `bytes` must outlive the reader. Null when there is no memory. */
getam_jpeg_reader *getam_jpeg_reader_create(const uint8_t *bytes, size_t count);
void getam_jpeg_reader_destroy(getam_jpeg_reader *reader);
const char *getam_jpeg_reader_message(const getam_jpeg_reader *reader);
int getam_jpeg_reader_ended_early(const getam_jpeg_reader *reader);

int getam_jpeg_read_header(getam_jpeg_reader *reader, uint32_t *width, uint32_t *height);
/* The body of the first APP1 marker that starts with "Exif", null when there is none. After the header. */
const uint8_t *getam_jpeg_exif(const getam_jpeg_reader *reader, size_t *count);
/* Rows come as 8-bit RGB, or as 8-bit CMYK in the file's own polarity when `channels` is 4. */
int getam_jpeg_start(getam_jpeg_reader *reader, int *channels);
int getam_jpeg_read_rows(getam_jpeg_reader *reader, uint8_t *rows, size_t stride, size_t count);
int getam_jpeg_finish(getam_jpeg_reader *reader);

#endif
