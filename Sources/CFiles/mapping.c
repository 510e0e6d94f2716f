#define _GNU_SOURCE
#include "CFiles.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Read by the handler at any time: nodes are never freed, but taken again. */
struct file_mapping {
    struct file_mapping *next;
    atomic_uint version; /* odd while the range changes */
    _Atomic uintptr_t start, end;
    atomic_int damaged, taken;
};

static _Atomic(struct file_mapping *) mappings;
static struct sigaction former;
static uintptr_t page;

int file_mapping_recover(const void *address) {
    uintptr_t place = (uintptr_t)address;
    for (struct file_mapping *node = atomic_load(&mappings); node; node = node->next) {
        unsigned version = atomic_load(&node->version);
        uintptr_t start = atomic_load(&node->start), end = atomic_load(&node->end);
        if (version % 2 != 0 || version != atomic_load(&node->version) || place < start || place >= end) continue;
        atomic_store(&node->damaged, 1);
        /* All that follows: a file is cut at its end. */
        place -= place % page;
        size_t length = (size_t)(end - place + page - 1) / page * page;
        return mmap((void *)place, length, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
    }
    return 0;
}

static void on_bus_error(int number, siginfo_t *info, void *context) {
    if (info->si_code == BUS_ADRERR && file_mapping_recover(info->si_addr)) return;
    if (former.sa_flags & SA_SIGINFO) {
        former.sa_sigaction(number, info, context);
    } else if (former.sa_handler != SIG_DFL && former.sa_handler != SIG_IGN) {
        former.sa_handler(number);
    } else {
        signal(number, SIG_DFL);
        raise(number); /* blocked until this handler returns, then fatal */
    }
}

static void install(void) {
    page = (uintptr_t)sysconf(_SC_PAGESIZE);
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, &former);
}

file_mapping *file_mapping_watch(const void *start, size_t length) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install);
    struct file_mapping *node = atomic_load(&mappings);
    for (; node; node = node->next) {
        int free = 0;
        if (atomic_compare_exchange_strong(&node->taken, &free, 1)) break;
    }
    if (!node) {
        node = calloc(1, sizeof *node);
        if (!node) return NULL;
        atomic_store(&node->taken, 1);
        node->next = atomic_load(&mappings);
        while (!atomic_compare_exchange_weak(&mappings, &node->next, node)) {}
    }
    atomic_fetch_add(&node->version, 1);
    atomic_store(&node->damaged, 0);
    atomic_store(&node->start, (uintptr_t)start);
    atomic_store(&node->end, (uintptr_t)start + length);
    atomic_fetch_add(&node->version, 1);
    return node;
}

int file_mapping_is_damaged(const file_mapping *mapping) { return atomic_load(&((struct file_mapping *)mapping)->damaged); }

void file_mapping_forget(file_mapping *node) {
    atomic_fetch_add(&node->version, 1);
    atomic_store(&node->start, 0);
    atomic_store(&node->end, 0);
    atomic_fetch_add(&node->version, 1);
    atomic_store(&node->taken, 0);
}
