/* Broken invariants end the process, in every build: a server that goes on
 * after one would serve or store something wrong. */
#pragma once

_Noreturn void assert_failed(
	const char *expr, const char *file, int line, const char *func);

/* Stays on in release builds; never for input, only for our own mistakes. */
#define ASSERT(expr)                                                           \
	((expr) ? (void)0 : assert_failed(#expr, __FILE__, __LINE__, __func__))
