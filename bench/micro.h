/* Measures operations of a few nanoseconds to microseconds: each is done over
 * and over for a number of rounds, and what counts is CPU, of all threads of
 * the process, so that a busy machine disturbs little. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MICRO_ROWS_MAX = 64,
	MICRO_ROUNDS = 7,
};

struct micro_row {
	const char *name;
	unsigned rounds;
	/* Nanoseconds of CPU an operation, of each round. */
	double ns[MICRO_ROUNDS];
	/* Operations a second of wall time, 0 where that says nothing. */
	double rate[MICRO_ROUNDS];
};

struct micro {
	size_t rows_n;
	struct micro_row rows[MICRO_ROWS_MAX];
	uint64_t round_ns; /* how long a round takes, about */
	size_t clicks;     /* a round of those that take clicks */
	size_t tokens;     /* in the region */
};

/* Does the operation n times. */
typedef void micro_op(void *arg, size_t n);

/* Adds a row: op, in as many operations a round as take round_ns. name is
 * static. */
void micro_run(struct micro *m, const char *name, micro_op *op, void *arg);
/* Adds a row that the caller fills by micro_add(). */
struct micro_row *micro_row(struct micro *m, const char *name);
void micro_add(
	struct micro_row *row, size_t ops, uint64_t cpu_ns, uint64_t wall_ns);

/* CPU of the process, and of the calling thread alone. */
uint64_t micro_cpu_ns(void);
uint64_t micro_thread_cpu_ns(void);
/* xorshift; *state is never 0. */
uint64_t micro_random(uint64_t *state);

/* The groups of rows that need no region; dir is an empty folder. */
void micro_core(struct micro *m);
void micro_clicks(struct micro *m, const char *dir);
