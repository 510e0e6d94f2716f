/* A Swift closure that does not escape, lent to other threads while the function it was given to waits for them.
 * Swift's own way, withoutActuallyEscaping, makes an object every time. */
#ifndef GETAM_CCLOSURES_H
#define GETAM_CCLOSURES_H

#include <stdint.h>

/* A lent `(Int) -> Void`: its code and what it captured. */
struct getam_closure {
    const void *code;
    const void *captured;
};

/* Calls it; it must be lent. */
void getam_closure_call(struct getam_closure closure, intptr_t argument);

#endif
