#include "CCodecs.h"
#include "spares.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

/* A progressive file may repeat scans without end over few bytes; no encoder writes anywhere near this many. */
enum { most_scans = 500 };

struct getam_jpeg_reader {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_source_mgr source;
    struct jpeg_progress_mgr progress;
    int created, ended_early;
    char message[GETAM_MESSAGE_LENGTH];
    jmp_buf failure;
};

static void fail(getam_jpeg_reader *reader) { longjmp(reader->failure, 1); }

static void on_error(j_common_ptr jpeg) {
    getam_jpeg_reader *reader = jpeg->client_data;
    char text[JMSG_LENGTH_MAX];
    jpeg->err->format_message(jpeg, text);
    snprintf(reader->message, sizeof reader->message, "%s", text);
    fail(reader);
}

static void on_message(j_common_ptr jpeg, int level) {
    if (level >= 0) return;
    jpeg->err->num_warnings++;
    /* A picture with a part missing is not a picture; every other warning leaves one worth showing. */
    if (jpeg->err->msg_code == JWRN_HIT_MARKER || jpeg->err->msg_code == JWRN_JPEG_EOF) {
        ((getam_jpeg_reader *)jpeg->client_data)->ended_early = 1;
        on_error(jpeg);
    }
}

static void on_output(j_common_ptr jpeg) { (void)jpeg; }

static void on_progress(j_common_ptr jpeg) {
    getam_jpeg_reader *reader = jpeg->client_data;
    if (reader->jpeg.input_scan_number > most_scans) {
        snprintf(reader->message, sizeof reader->message, "more than %d scans", most_scans);
        fail(reader);
    }
}

static void source_begin(j_decompress_ptr jpeg) { (void)jpeg; }

static boolean source_fill(j_decompress_ptr jpeg) {
    getam_jpeg_reader *reader = jpeg->client_data;
    reader->ended_early = 1;
    snprintf(reader->message, sizeof reader->message, "the file ends early");
    fail(reader);
    return FALSE;
}

static void source_skip(j_decompress_ptr jpeg, long count) {
    if (count <= 0) return;
    if ((size_t)count > jpeg->src->bytes_in_buffer) source_fill(jpeg);
    jpeg->src->next_input_byte += count;
    jpeg->src->bytes_in_buffer -= (size_t)count;
}

static void source_end(j_decompress_ptr jpeg) { (void)jpeg; }

static getam_spares spares;

getam_jpeg_reader *getam_jpeg_reader_create(const uint8_t *bytes, size_t count) {
    getam_jpeg_reader *reader = getam_spares_take(&spares, sizeof *reader);
    if (!reader) return NULL;
    reader->jpeg.err = jpeg_std_error(&reader->errors);
    reader->errors.error_exit = on_error;
    reader->errors.emit_message = on_message;
    reader->errors.output_message = on_output;
    reader->jpeg.client_data = reader;
    if (setjmp(reader->failure)) {
        getam_jpeg_reader_destroy(reader);
        return NULL;
    }
    jpeg_create_decompress(&reader->jpeg);
    reader->created = 1;
    reader->source = (struct jpeg_source_mgr){
        .next_input_byte = bytes, .bytes_in_buffer = count,
        .init_source = source_begin, .fill_input_buffer = source_fill, .skip_input_data = source_skip,
        .resync_to_restart = jpeg_resync_to_restart, .term_source = source_end,
    };
    reader->jpeg.src = &reader->source;
    reader->progress.progress_monitor = on_progress;
    reader->jpeg.progress = &reader->progress;
    jpeg_save_markers(&reader->jpeg, JPEG_APP0 + 1, 0xFFFF);
    return reader;
}

void getam_jpeg_reader_destroy(getam_jpeg_reader *reader) {
    if (!reader) return;
    if (reader->created) jpeg_destroy_decompress(&reader->jpeg);
    getam_spares_give(&spares, reader);
}

const char *getam_jpeg_reader_message(const getam_jpeg_reader *reader) { return reader->message; }

int getam_jpeg_reader_ended_early(const getam_jpeg_reader *reader) { return reader->ended_early; }

int getam_jpeg_read_header(getam_jpeg_reader *reader, uint32_t *width, uint32_t *height) {
    if (setjmp(reader->failure)) return 0;
    jpeg_read_header(&reader->jpeg, TRUE);
    *width = reader->jpeg.image_width;
    *height = reader->jpeg.image_height;
    return 1;
}

const uint8_t *getam_jpeg_exif(const getam_jpeg_reader *reader, size_t *count) {
    for (jpeg_saved_marker_ptr marker = reader->jpeg.marker_list; marker; marker = marker->next) {
        if (marker->marker == JPEG_APP0 + 1 && marker->data_length >= 6 && !memcmp(marker->data, "Exif\0\0", 6)) {
            *count = marker->data_length;
            return marker->data;
        }
    }
    *count = 0;
    return NULL;
}

int getam_jpeg_start(getam_jpeg_reader *reader, int *channels) {
    if (setjmp(reader->failure)) return 0;
    reader->jpeg.out_color_space = reader->jpeg.num_components == 4 ? JCS_CMYK : JCS_RGB;
    jpeg_start_decompress(&reader->jpeg);
    *channels = reader->jpeg.output_components;
    return 1;
}

int getam_jpeg_read_rows(getam_jpeg_reader *reader, uint8_t *rows, size_t stride, size_t count) {
    if (setjmp(reader->failure)) return 0;
    for (size_t row = 0; row < count; row++) {
        JSAMPROW line = rows + row * stride;
        jpeg_read_scanlines(&reader->jpeg, &line, 1);
    }
    return 1;
}

int getam_jpeg_finish(getam_jpeg_reader *reader) {
    if (setjmp(reader->failure)) return 0;
    jpeg_finish_decompress(&reader->jpeg);
    return 1;
}
