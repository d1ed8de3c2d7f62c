/* What bench/micro runs: CPU of single operations. Makes its folders in the
 * one given, which must be empty; prints a table, or with --json an object. */
#include "micro.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/file.h"
#include "base/num.h"
#include "micro_region.h"

enum {
	ROUND_MS = 60,
	ROUND_MS_QUICK = 2,
	CLICKS = 130000, /* all rounds' fit the click writer's overlay */
	CLICKS_QUICK = 5000,
	OPS_MAX = 1 << 26,
	TOKENS_MAX = 100000000,
};

static uint64_t clock_ns(clockid_t id)
{
	struct timespec t;

	ASSERT(clock_gettime(id, &t) == 0);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

uint64_t micro_cpu_ns(void)
{
	return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

uint64_t micro_thread_cpu_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

uint64_t micro_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

struct micro_row *micro_row(struct micro *m, const char *name)
{
	struct micro_row *row = &m->rows[m->rows_n];

	ASSERT(m->rows_n < MICRO_ROWS_MAX);
	m->rows_n++;
	*row = (struct micro_row){.name = name};
	if (isatty(STDERR_FILENO))
		(void)fprintf(stderr, "\r\033[K%s", name);
	return row;
}

void micro_add(
	struct micro_row *row, size_t ops, uint64_t cpu_ns, uint64_t wall_ns)
{
	ASSERT(row->rounds < MICRO_ROUNDS && ops > 0);
	row->ns[row->rounds] = (double)cpu_ns / (double)ops;
	row->rate[row->rounds++] =
		wall_ns ? (double)ops * 1e9 / (double)wall_ns : 0;
}

void micro_run(struct micro *m, const char *name, micro_op *op, void *arg)
{
	struct micro_row *row = micro_row(m, name);
	size_t ops = 64;
	uint64_t ns = 0;

	/* Also warms what is cold. */
	while (ns < m->round_ns / 2 && ops < OPS_MAX) {
		uint64_t start = micro_cpu_ns();

		ops *= 2;
		op(arg, ops);
		ns = micro_cpu_ns() - start;
	}
	while (row->rounds < MICRO_ROUNDS) {
		uint64_t start = micro_cpu_ns();

		op(arg, ops);
		micro_add(row, ops, micro_cpu_ns() - start, 0);
	}
}

static int compare(const void *a, const void *b)
{
	double x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

static void sort(struct micro_row *row)
{
	ASSERT(row->rounds > 0);
	qsort(row->ns, row->rounds, sizeof(row->ns[0]), compare);
	qsort(row->rate, row->rounds, sizeof(row->rate[0]), compare);
}

static void print_table(struct micro *m)
{
	printf("| operation | ns of CPU, median | least | most | a second |\n"
	       "|---|---|---|---|---|\n");
	for (size_t i = 0; i < m->rows_n; i++) {
		const struct micro_row *r = &m->rows[i];
		double rate = r->rate[r->rounds / 2];

		printf("| %s | %.1f | %.1f | %.1f | ", r->name,
			r->ns[r->rounds / 2], r->ns[0], r->ns[r->rounds - 1]);
		if (rate > 0)
			printf("%.0f |\n", rate);
		else
			printf(" |\n");
	}
}

static void print_json(const struct micro *m)
{
	printf("{\"rows\": [");
	for (size_t i = 0; i < m->rows_n; i++) {
		const struct micro_row *r = &m->rows[i];

		printf("%s\n {\"operation\": \"%s\", \"ns\": %.2f, "
		       "\"ns_least\": %.2f, \"ns_most\": %.2f, "
		       "\"rate\": %.0f, \"rounds\": %u}",
			i ? "," : "", r->name, r->ns[r->rounds / 2], r->ns[0],
			r->ns[r->rounds - 1], r->rate[r->rounds / 2],
			r->rounds);
	}
	printf("\n]}\n");
}

static void make_folder(char path[PATH_MAX], const char *dir, const char *name)
{
	int n = snprintf(path, PATH_MAX, "%s/%s", dir, name);

	ASSERT(n > 0 && n < PATH_MAX);
	ASSERT(file_make_dir(path, 0700) == OK);
}

static void run_core(struct micro *m, const char *dir)
{
	(void)dir;
	micro_core(m);
}

static void run_region(struct micro *m, const char *dir)
{
	static struct micro_region region;
	char path[PATH_MAX];

	make_folder(path, dir, "region");
	micro_region_open(&region, path, m->tokens);
	micro_resolves(m, &region);
	micro_mints(m, &region);
	micro_feed(m, &region);
	micro_stats(m, &region);
	micro_region_close(&region);
}

static void run_log(struct micro *m, const char *dir)
{
	char path[PATH_MAX];

	make_folder(path, dir, "log");
	micro_clicks(m, path);
}

static const struct group {
	const char *name;
	void (*run)(struct micro *m, const char *dir);
} groups[] = {{"core", run_core}, {"region", run_region}, {"log", run_log}};

enum {
	GROUPS_N = sizeof(groups) / sizeof(groups[0])
};

struct options {
	bool json, quick;
	uint64_t tokens;
	const struct group *only; /* NULL: all */
	const char *dir;
};

static const struct group *find_group(const char *name)
{
	for (size_t i = 0; i < GROUPS_N; i++)
		if (strcmp(groups[i].name, name) == 0)
			return &groups[i];
	return NULL;
}

/* An option that has a value. */
static bool read_value(struct options *o, const char *name, const char *value)
{
	if (!value)
		return false;
	if (strcmp(name, "--tokens") == 0)
		return num_parse_u64(str_from(value), TOKENS_MAX, &o->tokens) ==
			       OK &&
		       o->tokens > 0;
	o->only = find_group(value);
	return strcmp(name, "--only") == 0 && o->only;
}

static bool read_options(struct options *o, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			o->json = true;
		else if (strcmp(argv[i], "--quick") == 0)
			o->quick = true;
		else if (argv[i][0] != '-' && !o->dir)
			o->dir = argv[i];
		else if (argv[i][0] != '-' ||
			 !read_value(o, argv[i], argv[i + 1]))
			return false;
		else
			i++;
	}
	return o->dir != NULL;
}

int main(int argc, char **argv)
{
	static struct micro m;
	struct options o = {.tokens = REGION_TOKENS};

	if (!read_options(&o, argc, argv)) {
		(void)fputs("usage: micro [--json] [--quick] [--tokens N] "
			    "[--only core|region|log] EMPTY-FOLDER\n",
			stderr);
		return 2;
	}
	m.round_ns = (o.quick ? ROUND_MS_QUICK : ROUND_MS) * 1000000ull;
	m.clicks = o.quick ? CLICKS_QUICK : CLICKS;
	m.tokens = (size_t)o.tokens;
	for (size_t i = 0; i < GROUPS_N; i++)
		if (!o.only || o.only == &groups[i])
			groups[i].run(&m, o.dir);
	if (isatty(STDERR_FILENO))
		(void)fputs("\r\033[K", stderr);
	for (size_t i = 0; i < m.rows_n; i++)
		sort(&m.rows[i]);
	if (o.json)
		print_json(&m);
	else
		print_table(&m);
	return 0;
}
