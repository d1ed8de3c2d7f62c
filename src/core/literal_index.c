#include "core/literal_index.h"

#include <stdlib.h>

#include "base/assert.h"
#include "core/hash.h"

enum {
	GRAM = 3,         /* bytes that a literal is looked for by */
	KNOWN = 65536,    /* slots; four times LITERAL_INDEX_MAX */
	GROW_FIRST = 1024 /* entries */
};

struct literal_entry {
	uint8_t n;
	uint8_t gram_at; /* where in the text its three bytes are */
	bool caseless;
	char text[LITERAL_INDEX_TEXT_MAX];
	uint16_t next;    /* entry + 1 with the same head */
	uint16_t numbers; /* its first number + 1 */
};

struct literal_number {
	uint16_t number;
	uint16_t next; /* + 1 */
};

enum err literal_index_init(struct literal_index *x)
{
	*x = (struct literal_index){.entries = NULL};
	x->entries = malloc(GROW_FIRST * sizeof(*x->entries));
	x->numbers = malloc(GROW_FIRST * sizeof(*x->numbers));
	x->known = calloc(KNOWN, sizeof(*x->known));
	if (x->entries && x->numbers && x->known)
		return OK;
	literal_index_deinit(x);
	return ERR_NOMEM;
}

void literal_index_seal(struct literal_index *x)
{
	free(x->known);
	x->known = NULL;
}

void literal_index_deinit(struct literal_index *x)
{
	free(x->entries);
	free(x->numbers);
	free(x->known);
	*x = (struct literal_index){.entries = NULL};
}

/* The last three bytes, whatever their case, after c too. */
static uint32_t gram_next(uint32_t gram, char c)
{
	return gram >> 8 | (uint32_t)(uint8_t)ascii_lower(c) << 16;
}

static unsigned head_of_gram(uint32_t gram)
{
	return gram * UINT32_C(0x9e3779b1) >> 20;
}

static unsigned head_of(const char *p)
{
	return head_of_gram(
		gram_next(gram_next(gram_next(0, p[0]), p[1]), p[2]));
}

_Static_assert(LITERAL_INDEX_HEADS == 1 << 12, "head_of_gram() gives 12 bits");

/* Doubles an array that is full; n counts from GROW_FIRST in doublings. */
static enum err grow(void **p, size_t n, size_t size)
{
	void *more;

	if (n < GROW_FIRST || (n & (n - 1)) != 0)
		return OK;
	more = realloc(*p, 2 * n * size);
	if (!more)
		return ERR_NOMEM;
	*p = more;
	return OK;
}

static bool entry_is(
	const struct literal_entry *e, struct str literal, bool caseless)
{
	return e->caseless == caseless &&
	       str_eq(str_make(e->text, e->n), literal);
}

/* The slot where the literal is known, or may be entered. */
static uint32_t *known_slot(
	const struct literal_index *x, struct str literal, bool caseless)
{
	size_t i = hash64_seeded(literal, caseless) % KNOWN;

	while (x->known[i] &&
		!entry_is(&x->entries[x->known[i] - 1], literal, caseless))
		i = (i + 1) % KNOWN;
	return &x->known[i];
}

static uint8_t best_gram(const struct literal_index *x, struct str literal)
{
	size_t best = 0;

	for (size_t i = 1; i + GRAM <= literal.n; i++)
		if (x->lengths[head_of(literal.p + i)] <
			x->lengths[head_of(literal.p + best)])
			best = i;
	return (uint8_t)best;
}

static enum err entry_add(
	struct literal_index *x, struct str literal, bool caseless)
{
	struct literal_entry *e;
	void *entries = x->entries;
	enum err err;
	unsigned head;

	if (x->entries_n == LITERAL_INDEX_MAX)
		return ERR_FULL;
	err = grow(&entries, x->entries_n, sizeof(*x->entries));
	if (err)
		return err;
	x->entries = entries;
	e = &x->entries[x->entries_n++];
	*e = (struct literal_entry){.n = (uint8_t)literal.n,
		.gram_at = best_gram(x, literal),
		.caseless = caseless};
	memcpy(e->text, literal.p, literal.n);
	head = head_of(literal.p + e->gram_at);
	e->next = x->heads[head];
	x->heads[head] = (uint16_t)x->entries_n;
	x->lengths[head]++;
	return OK;
}

static enum err number_add(
	struct literal_index *x, struct literal_entry *e, uint16_t number)
{
	void *numbers = x->numbers;
	enum err err;

	/* The same number comes in a row. */
	if (e->numbers && x->numbers[e->numbers - 1].number == number)
		return OK;
	if (x->numbers_n == LITERAL_INDEX_NUMBERS_MAX)
		return ERR_FULL;
	err = grow(&numbers, x->numbers_n, sizeof(*x->numbers));
	if (err)
		return err;
	x->numbers = numbers;
	x->numbers[x->numbers_n++] =
		(struct literal_number){number, e->numbers};
	e->numbers = (uint16_t)x->numbers_n;
	return OK;
}

enum err literal_index_add(struct literal_index *x, struct str literal,
	bool caseless, uint16_t number)
{
	uint32_t *slot;
	enum err err;

	ASSERT(x->known && literal.n >= LITERAL_INDEX_TEXT_MIN &&
		literal.n <= LITERAL_INDEX_TEXT_MAX);
	slot = known_slot(x, literal, caseless);
	if (!*slot) {
		err = entry_add(x, literal, caseless);
		if (err)
			return err;
		*slot = (uint32_t)x->entries_n;
	}
	return number_add(x, &x->entries[*slot - 1], number);
}

/* True if the literal stands where its three bytes, at i, say. */
static bool stands_at(const struct literal_entry *e, struct str text, size_t i)
{
	struct str at;

	if (i < e->gram_at || text.n - (i - e->gram_at) < e->n)
		return false;
	at = str_make(text.p + i - e->gram_at, e->n);
	return e->caseless ? str_eq_nocase(at, str_make(e->text, e->n))
			   : memcmp(at.p, e->text, e->n) == 0;
}

static void mark(const struct literal_index *x, unsigned number, uint64_t *bits)
{
	while (number) {
		const struct literal_number *n = &x->numbers[number - 1];

		bits[n->number / 64] |= (uint64_t)1 << n->number % 64;
		number = n->next;
	}
}

void literal_index_find(
	const struct literal_index *x, struct str text, uint64_t *bits)
{
	uint32_t gram = 0;

	for (size_t i = 0; i < text.n; i++) {
		unsigned at;

		gram = gram_next(gram, text.p[i]);
		if (i + 1 < GRAM)
			continue;
		at = x->heads[head_of_gram(gram)];
		while (at) {
			const struct literal_entry *e = &x->entries[at - 1];

			if (stands_at(e, text, i + 1 - GRAM))
				mark(x, e->numbers, bits);
			at = e->next;
		}
	}
}
