/* For broken invariants: whether code ends the process by abort(). */
#pragma once

#include <stdbool.h>

/* Runs f(arg) in a child process, its stderr closed; true if SIGABRT ended
 * it. */
bool dies(void (*f)(void *arg), void *arg);
