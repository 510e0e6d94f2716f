#include "CClosures.h"

#define SWIFT __attribute__((swiftcall))

/* How Swift calls a closure: the captured values stand in a register of their own. */
typedef SWIFT void (*closure_code)(intptr_t argument, __attribute__((swift_context)) const void *captured);

void getam_closure_call(struct getam_closure closure, intptr_t argument) {
    ((closure_code)closure.code)(argument, closure.captured);
}

/* Lends a closure for the length of a call of `borrower`. Declared in Swift with a closure for the first two arguments, which
 * so lives until this returns. */
SWIFT void getam_closure_lend(const void *code, const void *captured, intptr_t count, void *context,
                              void (*borrower)(struct getam_closure closure, intptr_t count, void *context)) {
    borrower((struct getam_closure){code, captured}, count, context);
}
