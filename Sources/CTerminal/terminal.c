#define _GNU_SOURCE
#include "CTerminal.h"
#include "CFiles.h"
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

/* ---- rescue: everything below runs in handlers, so it calls async-signal-safe functions only ---- */

static volatile sig_atomic_t armed;
static int guarded = -1;
static struct termios former_modes;
/* Two, of which one is whole at any moment: the bytes change while pictures come and go. */
static struct { char bytes[2048]; size_t length; } restores[2];
static volatile sig_atomic_t restore_at;

static volatile sig_atomic_t held_errors = -1; /* the memory file stderr goes to */
static int former_errors = -1;

static void write_all(int descriptor, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t n = write(descriptor, bytes, length);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return;
        bytes += n;
        length -= (size_t)n;
    }
}

/* Writes to a terminal that may never be read again, and gives up soon. What was written before and waits there is given
   up first: the bytes that restore the terminal are worth more. */
static void write_now(int descriptor, const char *bytes, size_t length) {
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0 || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) < 0) return;
    for (int attempts = 0; length > 0 && attempts < 4;) {
        ssize_t n = write(descriptor, bytes, length);
        if (n > 0) {
            bytes += n;
            length -= (size_t)n;
        } else if (n < 0 && errno == EINTR) {
            continue;
        } else if (n < 0 && errno == EAGAIN) {
            struct pollfd room = {.fd = descriptor, .events = POLLOUT};
            if (poll(&room, 1, 100) <= 0) tcflush(descriptor, TCOFLUSH);
            attempts++;
        } else {
            break;
        }
    }
    fcntl(descriptor, F_SETFL, flags); /* others have the terminal open by the same description */
}

static void replay_errors(void (*put)(int, const char *, size_t)) {
    int held = held_errors;
    if (held < 0) return;
    held_errors = -1;
    dup2(former_errors, STDERR_FILENO);
    char buffer[1024];
    off_t at = 0;
    ssize_t n;
    while ((n = pread(held, buffer, sizeof buffer, at)) > 0) {
        put(STDERR_FILENO, buffer, (size_t)n);
        at += n;
    }
    close(held);
    close(former_errors);
    former_errors = -1;
}

static void rescue(void) {
    if (!armed) return;
    armed = 0;
    signal(SIGTTOU, SIG_IGN); /* setting modes from the background would stop us */
    write_now(guarded, restores[restore_at].bytes, restores[restore_at].length);
    tcsetattr(guarded, TCSANOW, &former_modes);
    replay_errors(write_now);
}

/* ---- crash guard ---- */

static const int crashes[] = {SIGSEGV, SIGABRT, SIGILL, SIGBUS, SIGFPE, SIGTRAP};
enum { crash_count = sizeof crashes / sizeof *crashes };
static struct sigaction former_crash[crash_count];
static int crash_guard_installed;

static void on_crash(int number, siginfo_t *info, void *context) {
    if (number == SIGBUS && info->si_code == BUS_ADRERR && file_mapping_recover(info->si_addr)) return; /* no crash */
    rescue();
    for (int i = 0; i < crash_count; i++) {
        if (crashes[i] != number) continue;
        sigaction(number, &former_crash[i], NULL);
        if (former_crash[i].sa_flags & SA_SIGINFO) {
            former_crash[i].sa_sigaction(number, info, context);
        } else if (former_crash[i].sa_handler != SIG_DFL && former_crash[i].sa_handler != SIG_IGN) {
            former_crash[i].sa_handler(number);
        } else {
            raise(number); /* blocked until this handler returns, then fatal */
        }
        return;
    }
}

static void install_crash_guard(void) {
    if (crash_guard_installed) return;
    crash_guard_installed = 1;
    /* A stack that overflowed cannot run a handler: give this thread another, unless it has one. */
    static char spare_stack[64 * 1024];
    stack_t present;
    if (sigaltstack(NULL, &present) == 0 && (present.ss_flags & SS_DISABLE)) {
        stack_t spare = {.ss_sp = spare_stack, .ss_size = sizeof spare_stack};
        sigaltstack(&spare, NULL);
    }
    struct sigaction action = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < crash_count; i++) sigaction(crashes[i], &action, &former_crash[i]);
    atexit(rescue);
}

int terminal_guard_arm(int descriptor) {
    if (tcgetattr(descriptor, &former_modes) != 0) return -1;
    guarded = descriptor;
    restores[restore_at].length = 0;
    install_crash_guard();
    armed = 1;
    return 0;
}

void terminal_guard_restore_with(const char *restore, size_t length) {
    int next = !restore_at;
    if (length > sizeof restores[next].bytes) length = sizeof restores[next].bytes;
    memcpy(restores[next].bytes, restore, length);
    restores[next].length = length;
    restore_at = next;
}

void terminal_rescue(void) { rescue(); }
void terminal_guard_disarm(void) { armed = 0; }
void terminal_guard_rearm(void) { armed = guarded >= 0; }
void terminal_guard_restore_modes(void) { if (guarded >= 0) tcsetattr(guarded, TCSADRAIN, &former_modes); }

/* ---- signals as bytes ---- */

static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH, SIGALRM};
enum { caught_count = sizeof caught / sizeof *caught, patience = 2 /* seconds */ };
static struct sigaction former[caught_count];
static struct sigaction former_pipe;
static int signal_pipe[2] = {-1, -1};
static volatile sig_atomic_t unanswered;

static void on_signal(int number) {
    int error = errno;
    if (number == SIGALRM) { /* asked once, but some time ago, and still here */
        number = unanswered;
        if (number == 0) return;
    }
    if (number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGQUIT) {
        /* Asked twice and still here: the loop hangs, or waits for a terminal that is not read. */
        if (unanswered == number) {
            rescue();
            _exit(128 + number);
        }
        unanswered = number;
        alarm(patience);
    }
    unsigned char byte = (unsigned char)number;
    ssize_t written = write(signal_pipe[1], &byte, 1);
    (void)written; /* a full pipe already wakes the loop */
    errno = error;
}

static void catch_signal(int i) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigfillset(&action.sa_mask);
    sigaction(caught[i], NULL, &former[i]);
    if (former[i].sa_handler != SIG_IGN || caught[i] == SIGWINCH || caught[i] == SIGCONT || caught[i] == SIGALRM)
        sigaction(caught[i], &action, NULL);
}

int terminal_signals_start(void) {
    if (signal_pipe[0] >= 0) return signal_pipe[0];
    if (pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) != 0) return -1;
    unanswered = 0;
    /* A reader that closes its end fails the write of an export, no more. */
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGPIPE, &ignore, &former_pipe);
    for (int i = 0; i < caught_count; i++) catch_signal(i);
    return signal_pipe[0];
}

void terminal_signals_stop(void) {
    if (signal_pipe[0] < 0) return;
    alarm(0);
    sigaction(SIGPIPE, &former_pipe, NULL);
    for (int i = 0; i < caught_count; i++) sigaction(caught[i], &former[i], NULL);
    close(signal_pipe[0]);
    close(signal_pipe[1]);
    signal_pipe[0] = signal_pipe[1] = -1;
}

void terminal_stop_self(void) {
    struct sigaction usual = {.sa_handler = SIG_DFL}, stop, resume;
    sigemptyset(&usual.sa_mask);
    sigaction(SIGTSTP, &usual, &stop);
    sigaction(SIGCONT, &usual, &resume); /* who asked to be stopped knows of being continued */
    raise(SIGTSTP);
    sigaction(SIGCONT, &resume, NULL);
    sigaction(SIGTSTP, &stop, NULL);
}

/* ---- standard error ---- */

void terminal_errors_hold(void) {
    if (held_errors >= 0 || !isatty(STDERR_FILENO)) return;
    int held = memfd_create("stderr", MFD_CLOEXEC);
    if (held < 0) return;
    /* Whatever children inherit as descriptor 2 must not move the offset under our writes. */
    fcntl(held, F_SETFL, O_APPEND);
    former_errors = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (former_errors < 0 || dup2(held, STDERR_FILENO) < 0) {
        if (former_errors >= 0) close(former_errors);
        former_errors = -1;
        close(held);
        return;
    }
    held_errors = held;
}

void terminal_errors_release(void) { replay_errors(write_all); }

/* ---- ioctl, whose variadic form Swift does not import ---- */

int terminal_size(int descriptor, int *columns, int *rows) {
    struct winsize size;
    if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return -1;
    *columns = size.ws_col;
    *rows = size.ws_row;
    return 0;
}

int terminal_cell_size(int descriptor, int *width, int *height) {
    struct winsize size;
    if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return -1;
    if (size.ws_xpixel == 0 || size.ws_ypixel == 0) return -1;
    *width = size.ws_xpixel / size.ws_col;
    *height = size.ws_ypixel / size.ws_row;
    return 0;
}

int terminal_memory_file(void) {
    /* A limit on the size of files is one on this too: a frame of the largest screens must fit. */
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < (rlim_t)64 << 20) {
        errno = EFBIG;
        return -1;
    }
    return memfd_create("screen", MFD_CLOEXEC);
}

int terminal_writer(int descriptor) {
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

int terminal_bytes_waiting(int descriptor) {
    int count = 0;
    return ioctl(descriptor, FIONREAD, &count) == 0 ? count : -1;
}

/* ---- widths ---- */

static locale_t unicode;
static pthread_once_t unicode_once = PTHREAD_ONCE_INIT;
static void make_unicode(void) { unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0); }

int terminal_character_width(unsigned int character) {
    pthread_once(&unicode_once, make_unicode);
    if (!unicode) return wcwidth((wchar_t)character);
    locale_t former = uselocale(unicode);
    int width = wcwidth((wchar_t)character);
    uselocale(former);
    return width;
}
