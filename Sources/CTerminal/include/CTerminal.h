#ifndef GETAM_CTERMINAL_H
#define GETAM_CTERMINAL_H
#include <stddef.h>

/* What must be C: signal handlers, which may run no Swift, and the last rescue of the terminal. */

/* Turns INT, TERM, HUP, QUIT, TSTP, CONT and WINCH into bytes of a pipe, the signal's number each. What was ignored
   stays ignored. A signal that asks for the end and gets no answer for two seconds, or comes again, ends the process: the
   program may be waiting for a terminal that is not read. SIGPIPE is ignored. Returns the pipe's reading end, or -1 with
   errno set. */
int terminal_signals_start(void);
/* Puts the former handlers back and closes the pipe. */
void terminal_signals_stop(void);
/* Stops this process as SIGTSTP would, were it not caught; returns once it is continued. */
void terminal_stop_self(void);

/* From now on a crash, a second unanswered interrupt, or exit() writes `restore` to the terminal and puts back the
   modes the terminal has at this moment, before whatever else would happen happens. */
int terminal_guard_arm(int descriptor);
/* Other bytes than before; at most 2048. May be called again at any time. */
void terminal_guard_restore_with(const char *restore, size_t length);
/* The terminal is in its former state: nothing to rescue. `terminal_guard_rearm` takes that back. */
void terminal_guard_disarm(void);
void terminal_guard_rearm(void);
/* Puts back the modes saved by `terminal_guard_arm`. */
void terminal_guard_restore_modes(void);

/* Puts the terminal back if it is to be rescued, now; for code that ends the process otherwise. Async-signal-safe. */
void terminal_rescue(void);

/* Keeps what is written to standard error, when that is a terminal, until it is released or the guard fires. */
void terminal_errors_hold(void);
void terminal_errors_release(void);

/* The size the terminal reports; -1 when it reports none. */
int terminal_size(int descriptor, int *columns, int *rows);
/* The pixels of a character, as the terminal reports them; -1 when it reports none. */
int terminal_cell_size(int descriptor, int *width, int *height);
/* Bytes waiting to be read, -1 on an error. */
int terminal_bytes_waiting(int descriptor);
/* An empty file in memory; -1 with errno set, also where files may not grow to what a screen takes. */
int terminal_memory_file(void);
/* The terminal opened once more, for writes that do not wait: to change that of the descriptor itself would change it for
   the shell too. -1 where it cannot be opened. */
int terminal_writer(int descriptor);
/* Columns a Unicode character takes, whatever the locale; -1 when it cannot be shown. */
int terminal_character_width(unsigned int character);
#endif
