/* Ends the program in one line where memory runs out, in a program linked with this. */
#ifndef GETAM_CALLOCATIONGUARD_H
#define GETAM_CALLOCATIONGUARD_H

/* From now on an allocation of Swift's that fails says so on standard error and ends the process with `status`, after a
   call of `before`, which may be NULL. It may be called on any thread, and must neither allocate nor wait for one. */
void allocation_guard_install(int status, void (*before)(void));

#endif
