#ifndef GETAM_CNCURSES_H
#define GETAM_CNCURSES_H
/* The wide-character interface must be asked for before the header is read. */
#define NCURSES_WIDECHAR 1
#include <ncurses.h>
#endif
