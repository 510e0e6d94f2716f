/* The program's own malloc and kin: glibc's, but where Swift's runtime would trap because there is no memory, the program
   says so and ends. A definition in the program goes before the library's. C libraries get the null pointer they check for. */
#define _GNU_SOURCE
#include "CAllocationGuard.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

static int ending_status;
static void (*before_ending)(void);

void allocation_guard_install(int status, void (*before)(void)) {
    before_ending = before;
    ending_status = status;
}

#if defined(__GLIBC__)
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t number, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

/* Whether code at an address belongs to Swift's runtime, which takes no null pointer for an answer. */
static int is_swift(void *address) {
    Dl_info info;
    if (!address || !dladdr(address, &info) || !info.dli_fname) return 0;
    const char *slash = strrchr(info.dli_fname, '/');
    const char *name = slash ? slash + 1 : info.dli_fname;
    if (strncmp(name, "libswift", 8) == 0) return 1;
    /* Where the runtime is part of the program. */
    Dl_info own;
    return dladdr((void *)is_swift, &own) && own.dli_fbase == info.dli_fbase && info.dli_sname
        && strncmp(info.dli_sname, "swift_", 6) == 0;
}

static void put(const char *text) {
    ssize_t written = write(STDERR_FILENO, text, strlen(text));
    (void)written;
}

/* Once for all threads; the others wait for the end. */
static void end(size_t size) {
    static volatile int begun;
    if (__sync_lock_test_and_set(&begun, 1))
        for (;;) pause();
    if (before_ending) before_ending();
    char digits[24];
    char *first = digits + sizeof digits - 1;
    *first = 0;
    size_t number = size >> 20;
    do *--first = (char)('0' + number % 10);
    while (number /= 10);
    put("getam: out of memory: ");
    if (size >= 1 << 20) {
        put(first);
        put(" MiB more are not to be had");
    } else {
        put("nothing more is to be had");
    }
    put("; take smaller pictures, a smaller model or fewer --jobs, or make memory free\n");
    _exit(ending_status);
}

/* Who called, to be asked first of all: later the compiler may ask in a part of the function that it has split off. */
static inline __attribute__((always_inline)) void *kept(void *address) {
    __asm__ volatile("" : "+r"(address));
    return address;
}
#define CALLER kept(__builtin_return_address(0))

/* Weak, so that a program that counts its allocations, as the tests do, may have its own. */
#define OWN __attribute__((weak))

static inline void *checked(void *block, size_t size, void *caller) {
    if (__builtin_expect(!block && size && ending_status, 0)) {
        int error = errno;
        if (is_swift(caller)) end(size);
        errno = error;
    }
    return block;
}

OWN void *malloc(size_t size) {
    void *caller = CALLER;
    return checked(__libc_malloc(size), size, caller);
}

OWN void *calloc(size_t number, size_t size) {
    void *caller = CALLER;
    return checked(__libc_calloc(number, size), number * size, caller);
}

OWN void *realloc(void *block, size_t size) {
    void *caller = CALLER;
    return checked(__libc_realloc(block, size), size, caller);
}

OWN void *memalign(size_t alignment, size_t size) {
    void *caller = CALLER;
    return checked(__libc_memalign(alignment, size), size, caller);
}

OWN void *aligned_alloc(size_t alignment, size_t size) {
    void *caller = CALLER;
    return checked(__libc_memalign(alignment, size), size, caller);
}

OWN int posix_memalign(void **block, size_t alignment, size_t size) {
    void *caller = CALLER;
    if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0) return EINVAL;
    void *memory = checked(__libc_memalign(alignment, size), size, caller);
    if (!memory) return ENOMEM;
    *block = memory;
    return 0;
}
#endif
