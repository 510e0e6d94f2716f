/* The program's own malloc and kin: glibc's, counted. A definition in the program goes before the library's. */
#define _GNU_SOURCE
#include "CAllocationCount.h"

#include <errno.h>
#include <link.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

static atomic_uint_fast64_t count, codec_count;

/* Where the code of the libraries that decode pictures lies. Found once: a lookup at every call would lock out other threads. */
static struct { uintptr_t start, end; } codecs[8];
static size_t codec_ranges;

static int find_codec(struct dl_phdr_info *library, size_t size, void *unused) {
    (void)size, (void)unused;
    const char *slash = strrchr(library->dlpi_name, '/'), *name = slash ? slash + 1 : library->dlpi_name;
    if (strncmp(name, "libpng", 6) != 0 && strncmp(name, "libz.", 5) != 0 && strncmp(name, "libjpeg", 7) != 0) return 0;
    for (size_t index = 0; index < library->dlpi_phnum; index++) {
        const ElfW(Phdr) *part = &library->dlpi_phdr[index];
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X) || codec_ranges == sizeof codecs / sizeof *codecs) continue;
        codecs[codec_ranges].start = library->dlpi_addr + part->p_vaddr;
        codecs[codec_ranges++].end = library->dlpi_addr + part->p_vaddr + part->p_memsz;
    }
    return 0;
}

__attribute__((constructor)) static void find_codecs(void) { dl_iterate_phdr(find_codec, NULL); }

static void note(void *caller) {
    const uintptr_t address = (uintptr_t)caller;
    atomic_uint_fast64_t *counted = &count;
    for (size_t index = 0; index < codec_ranges; index++) {
        if (address >= codecs[index].start && address < codecs[index].end) counted = &codec_count;
    }
    atomic_fetch_add_explicit(counted, 1, memory_order_relaxed);
}

uint64_t allocation_count(void) { return atomic_load_explicit(&count, memory_order_relaxed); }

uint64_t codec_allocation_count(void) { return atomic_load_explicit(&codec_count, memory_order_relaxed); }

#if defined(__GLIBC__)
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t number, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size) {
    note(__builtin_return_address(0));
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    note(__builtin_return_address(0));
    return __libc_calloc(number, size);
}

void *realloc(void *block, size_t size) {
    note(__builtin_return_address(0));
    return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size) {
    note(__builtin_return_address(0));
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **block, size_t alignment, size_t size) {
    if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0) return EINVAL;
    void *memory = memalign(alignment, size);
    if (!memory) return ENOMEM;
    *block = memory;
    return 0;
}
#endif
