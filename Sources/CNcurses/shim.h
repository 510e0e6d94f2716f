#ifndef GETAM_CNCURSES_H
#define GETAM_CNCURSES_H
/* The wide-character interface must be asked for before the header is read. */
#define NCURSES_WIDECHAR 1
#include <ncurses.h>

/* From <term.h>, whose macros (`lines`, `columns`, `tab`) are better left outside. */
extern int setupterm(const char *name, int descriptor, int *status);

/* What Swift does not import: shared mutable globals, and macros with casts. */
static inline WINDOW *getam_stdscr(void) { return stdscr; }
static inline WINDOW *getam_curscr(void) { return curscr; }
static inline int getam_colors(void) { return COLORS; }
static inline int getam_color_pairs(void) { return COLOR_PAIRS; }

static inline attr_t getam_bold(void) { return A_BOLD; }
static inline attr_t getam_dim(void) { return A_DIM; }
static inline attr_t getam_reverse(void) { return A_REVERSE; }
static inline attr_t getam_underline(void) { return A_UNDERLINE; }

/* `setcchar` for one character and a pair beyond 32767, which goes through the options pointer. */
static inline int getam_set_cell(cchar_t *cell, wchar_t character, attr_t attributes, int pair) {
    wchar_t text[2] = {character, 0};
    return setcchar(cell, text, attributes, 0, &pair);
}

/* The same of a character with two marks over it, or three. */
static inline int getam_set_marked_cell(
    cchar_t *cell, wchar_t character, wchar_t first, wchar_t second, wchar_t third, int pair) {
    wchar_t text[5] = {character, first, second, third, 0};
    return setcchar(cell, text, 0, 0, &pair);
}
#endif
