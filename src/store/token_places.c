#include "store/token_places.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/token_block.h"
#include "store/links.h"

enum {
	PAGE_BYTES = 4096,
};

/* A block, seen from one run: the numbers of the run that it holds, from
 * first on, its last number counted from the run's start, and where it is. */
struct token_place {
	int32_t page; /* from the origin */
	unsigned size : 12;
	unsigned first : 7;
	unsigned last : 11;
	bool is_used : 1;
};

struct token_run {
	uint64_t tag; /* the run's number + 1; 0: none */
	struct token_place places[TOKEN_PLACES_BLOCKS];
};

_Static_assert(sizeof(struct token_run) == 32, "two to a cache line");
_Static_assert((int)BLOCK_BYTES_MAX < 1 << 12, "a size fits");
_Static_assert((int)TOKEN_PLACES_RUN <= 1 << 7, "a first number fits");
_Static_assert((int)BLOCK_TOKENS_MAX + (int)TOKEN_PLACES_RUN <= 1 << 11,
	"a last number fits");

#define RUNS_BYTES ((size_t)TOKEN_PLACES_RUNS * sizeof(struct token_run))

void token_places_refresh(struct token_places *p, struct db_env *env)
{
	uint64_t rewrites = db_rewrites(env, LINKS_BLOCKS);

	if (rewrites == p->rewrites)
		return;
	p->rewrites = rewrites;
	if (p->runs && madvise(p->runs, RUNS_BYTES, MADV_DONTNEED) != 0)
		memset(p->runs, 0, RUNS_BYTES);
}

void token_places_deinit(struct token_places *p)
{
	if (p->runs)
		(void)munmap(p->runs, RUNS_BYTES); /* it was mapped */
	*p = (struct token_places){0};
}

/* Pages of zeros, which take memory when they are written to. Large ones where
 * the kernel has them: a place is looked up for each tap. */
static bool make_runs(struct token_places *p)
{
	void *map = mmap(NULL, RUNS_BYTES, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (map == MAP_FAILED)
		return false;
	(void)madvise(map, RUNS_BYTES, MADV_HUGEPAGE); /* a wish */
	p->runs = map;
	return true;
}

static struct token_run *run_of(const struct token_places *p, uint64_t run)
{
	return &p->runs[run % TOKEN_PLACES_RUNS];
}

/* Those of another run, and when all are taken the last, give way. */
static struct token_place *place_for(
	struct token_run *r, uint64_t run, unsigned last)
{
	if (r->tag != run + 1)
		*r = (struct token_run){.tag = run + 1};
	for (size_t i = 0; i < TOKEN_PLACES_BLOCKS; i++)
		if (!r->places[i].is_used || r->places[i].last == last)
			return &r->places[i];
	return &r->places[TOKEN_PLACES_BLOCKS - 1];
}

/* In pages from the origin; false if it has not its own, or is too far. */
static bool page_of(
	const struct token_places *p, struct str record, int32_t *page)
{
	ptrdiff_t bytes = record.p - p->origin;
	ptrdiff_t pages = bytes / PAGE_BYTES;

	*page = (int32_t)pages;
	return record.n > DB_VALUE_LEAF_MAX && record.n <= BLOCK_BYTES_MAX &&
	       bytes % PAGE_BYTES == 0 && *page == pages;
}

void token_places_add(struct token_places *p, uint64_t first, uint64_t last,
	struct str record)
{
	int32_t page;

	if (record.n <= DB_VALUE_LEAF_MAX || last < first ||
		last - first >= BLOCK_TOKENS_MAX)
		return;
	if (!p->runs) {
		if (!make_runs(p))
			return;
		p->origin = record.p;
	}
	if (!page_of(p, record, &page))
		return;
	for (uint64_t run = first / TOKEN_PLACES_RUN;
		run <= last / TOKEN_PLACES_RUN; run++) {
		uint64_t start = run * TOKEN_PLACES_RUN;
		unsigned to = (unsigned)(last - start);

		*place_for(run_of(p, run), run, to) = (struct token_place){
			.page = page,
			.size = (unsigned)record.n & 0xfff,
			.first = first > start
					 ? (unsigned)(first - start) & 0x7f
					 : 0,
			.last = to & 0x7ff,
			.is_used = true,
		};
	}
}

void token_places_prefetch(const struct token_places *p, uint64_t number)
{
	if (p->runs)
		__builtin_prefetch(run_of(p, number / TOKEN_PLACES_RUN));
}

bool token_places_find(const struct token_places *p, uint64_t number,
	uint64_t *last, struct str *record)
{
	uint64_t run = number / TOKEN_PLACES_RUN;
	unsigned at = (unsigned)(number % TOKEN_PLACES_RUN);
	const struct token_run *r;

	if (!p->runs)
		return false;
	r = run_of(p, run);
	if (r->tag != run + 1)
		return false;
	for (size_t i = 0; i < TOKEN_PLACES_BLOCKS; i++) {
		const struct token_place *place = &r->places[i];

		if (!place->is_used || at < place->first || at > place->last)
			continue;
		*last = run * TOKEN_PLACES_RUN + place->last;
		*record = str_make(
			p->origin + (ptrdiff_t)place->page * PAGE_BYTES,
			place->size);
		return true;
	}
	return false;
}
