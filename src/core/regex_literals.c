#include "core/regex_literals.h"

#include <stdlib.h>

#include "base/assert.h"
#include "core/regex_scan.h"

enum {
	WORDS_MAX = 16,   /* texts that a stretch can be, before it is cut */
	POOL_MAX = 2048,  /* literals considered, of one expression */
	NOTHING = 0xffff, /* the end of a chain */
	/* A literal's worth is its length up to here; it is less where people's
	 * own agents hold it. */
	WORTH_LENGTH_MAX = 8
};

/* All that a stretch of the expression can match, exactly. */
struct words {
	size_t n;
	struct regex_literal word[WORDS_MAX];
};

/* Literals of the pool of which one must occur; n is 0 if nothing must. */
struct chain {
	uint16_t first;
	uint16_t last;
	uint16_t n;
	uint8_t worth; /* of the least of them */
};

/* A group, as far as it was seen. */
struct frame {
	bool is_look;
	/* The alternative at hand: its best chain, and what its end can be
	 * since it was last cut. */
	struct words run;
	struct chain best;
	bool is_cut;
	/* All alternatives before it. */
	struct words all;
	bool is_exact; /* `all` is what they can be */
	struct chain any;
	bool is_free; /* one of them demands nothing */
};

struct regex_literals {
	bool caseless;
	struct regex_literal pool[POOL_MAX];
	uint16_t next[POOL_MAX];
	size_t pool_n;
	size_t found_n;
	uint16_t found[REGEX_LITERALS_MAX];
	struct frame frames[REGEX_DEPTH_MAX + 1];
	size_t depth;
};

/* What people's own agents are made of, in lower case, one a line: a literal in
 * one of these sorts nothing out. */
static const char commonplace[] =
	"mozilla/5.0 (linux; android 13; sm-a536b build/tp1a.220624.014; wv) "
	"applewebkit/537.36 (khtml, like gecko) version/4.0 "
	"chrome/124.0.6367.82 mobile safari/537.36 "
	"[fb_iab/fb4a;fbav/460.0.0.33.109;]\n"
	"mozilla/5.0 (linux; u; android 4.0.3; en-us; \n"
	"mozilla/5.0 (iphone; cpu iphone os 17_4_1 like mac os x) "
	"applewebkit/605.1.15 (khtml, like gecko) version/17.4.1 "
	"mobile/15e148 safari/604.1\n"
	"mozilla/5.0 (macintosh; intel mac os x 10_15_7) \n"
	"mozilla/5.0 (windows nt 10.0; win64; x64; rv:125.0) gecko/20100101 "
	"firefox/125.0\n";

static bool is_commonplace(struct str literal)
{
	char lower[REGEX_LITERAL_MAX];

	for (size_t i = 0; i < literal.n; i++)
		lower[i] = ascii_lower(literal.p[i]);
	return str_contains(str_make(commonplace, sizeof(commonplace) - 1),
		str_make(lower, literal.n));
}

static uint8_t worth(const struct regex_literal *l)
{
	if (is_commonplace(str_make(l->p, l->n)))
		return 1;
	return l->n < WORTH_LENGTH_MAX ? l->n : WORTH_LENGTH_MAX;
}

static const struct chain no_chain = {NOTHING, NOTHING, 0, 0};

static bool is_better(const struct chain *a, const struct chain *b)
{
	if (a->n == 0 || b->n == 0)
		return a->n > b->n;
	if (a->worth != b->worth)
		return a->worth > b->worth;
	return a->n < b->n;
}

/* Both together: one of all of them. */
static void chain_join(
	struct regex_literals *l, struct chain *c, const struct chain *more)
{
	if (c->n == 0) {
		*c = *more;
		return;
	}
	l->next[c->last] = more->first;
	c->last = more->last;
	c->n = (uint16_t)(c->n + more->n);
	if (more->worth < c->worth)
		c->worth = more->worth;
}

/* One of the words; none if one of them is too short, or the pool is full. */
static struct chain chain_of(
	struct regex_literals *l, const struct words *words)
{
	struct chain c = no_chain;

	for (size_t i = 0; i < words->n; i++)
		if (words->word[i].n < REGEX_LITERAL_MIN)
			return no_chain;
	if (l->pool_n + words->n > POOL_MAX)
		return no_chain;
	for (size_t i = 0; i < words->n; i++) {
		uint16_t at = (uint16_t)l->pool_n++;
		struct chain one = {at, at, 1, worth(&words->word[i])};

		l->pool[at] = words->word[i];
		l->next[at] = NOTHING;
		chain_join(l, &c, &one);
	}
	return c;
}

static void words_empty(struct words *words)
{
	words->n = 1;
	words->word[0].n = 0;
}

static bool words_add(struct words *words, const struct regex_literal *word)
{
	for (size_t i = 0; i < words->n; i++)
		if (str_eq(str_make(words->word[i].p, words->word[i].n),
			    str_make(word->p, word->n)))
			return true;
	if (words->n == WORDS_MAX)
		return false;
	words->word[words->n++] = *word;
	return true;
}

/* Each of a followed by the one of b: most of an expression is such. */
static bool words_append_one(struct words *a, const struct regex_literal *b)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->word[i].n + b->n > REGEX_LITERAL_MAX)
			return false;
	for (size_t i = 0; i < a->n; i++) {
		struct regex_literal *w = &a->word[i];

		memcpy(w->p + w->n, b->p, b->n);
		w->n = (uint8_t)(w->n + b->n);
	}
	return true;
}

/* Each of a followed by each of b; false if that is too much. */
static bool words_append(struct words *a, const struct words *b)
{
	struct words product;

	if (b->n == 1)
		return words_append_one(a, &b->word[0]);
	product.n = 0;
	for (size_t i = 0; i < a->n; i++) {
		for (size_t j = 0; j < b->n; j++) {
			struct regex_literal w = a->word[i];

			if (w.n + b->word[j].n > REGEX_LITERAL_MAX)
				return false;
			memcpy(w.p + w.n, b->word[j].p, b->word[j].n);
			w.n = (uint8_t)(w.n + b->word[j].n);
			if (!words_add(&product, &w))
				return false;
		}
	}
	*a = product;
	return true;
}

static void frame_alternative(struct frame *f)
{
	words_empty(&f->run);
	f->best = no_chain;
	f->is_cut = false;
}

static void frame_init(struct frame *f, bool is_look)
{
	f->is_look = is_look;
	f->all.n = 0;
	f->is_exact = true;
	f->any = no_chain;
	f->is_free = false;
	frame_alternative(f);
}

static void frame_offer(struct frame *f, const struct chain *c)
{
	if (is_better(c, &f->best))
		f->best = *c;
}

/* What follows is no text that could be told. */
static void frame_cut(struct regex_literals *l, struct frame *f)
{
	struct chain c = chain_of(l, &f->run);

	frame_offer(f, &c);
	words_empty(&f->run);
	f->is_cut = true;
}

static void frame_append(
	struct regex_literals *l, struct frame *f, const struct words *words)
{
	if (words_append(&f->run, words))
		return;
	frame_cut(l, f);
	f->run = *words;
}

/* The alternative at hand has ended. */
static void frame_or(struct regex_literals *l, struct frame *f)
{
	struct chain c = chain_of(l, &f->run);

	f->is_exact = f->is_exact && !f->is_cut;
	for (size_t i = 0; f->is_exact && i < f->run.n; i++)
		f->is_exact = words_add(&f->all, &f->run.word[i]);
	frame_offer(f, &c);
	if (f->best.n == 0)
		f->is_free = true;
	else
		chain_join(l, &f->any, &f->best);
	frame_alternative(f);
}

/* Appends what stands min to max times and can be `words` (NULL: cannot be
 * told), and in which one of `any` occurs. */
static void append_repeated(struct regex_literals *l, struct frame *f,
	const struct regex_item *item, const struct words *words,
	const struct chain *any)
{
	static const struct regex_literal nothing = {0};
	struct words maybe;

	if (item->max == 0)
		return;
	if (item->min == 1 && item->max == 1 && words) {
		frame_append(l, f, words);
		return;
	}
	if (item->min == 0 && item->max == 1 && words) {
		maybe = *words;
		if (words_add(&maybe, &nothing)) {
			frame_append(l, f, &maybe);
			return;
		}
	}
	frame_cut(l, f);
	if (item->min > 0)
		frame_offer(f, any);
}

/* Few enough bytes are told one by one. */
static bool set_words(const struct regex_literals *l,
	const struct regex_set *set, struct words *words)
{
	words->n = 0;
	for (unsigned i = 0; i < 4; i++) {
		for (uint64_t bits = set->bits[i]; bits; bits &= bits - 1) {
			unsigned c = 64 * i + (unsigned)__builtin_ctzll(bits);
			struct regex_literal one = {1, {(char)c}};

			if (l->caseless)
				one.p[0] = ascii_lower(one.p[0]);
			if (!words_add(words, &one))
				return false;
		}
	}
	return words->n > 0;
}

static void take_set(struct regex_literals *l, const struct regex_item *item)
{
	struct words words;
	bool told = set_words(l, &item->set, &words);
	struct chain c = no_chain;

	if (told && item->min > 0)
		c = chain_of(l, &words);
	append_repeated(
		l, &l->frames[l->depth], item, told ? &words : NULL, &c);
}

static void take_close(struct regex_literals *l, const struct regex_item *item)
{
	struct frame *f = &l->frames[l->depth--];

	frame_or(l, f);
	/* What a lookaround sees takes no place, and need not be there. */
	if (f->is_look)
		return;
	if (f->is_free)
		f->any = no_chain;
	append_repeated(l, &l->frames[l->depth], item,
		f->is_exact ? &f->all : NULL, &f->any);
}

/* False when the expression is not understood. */
static bool take_all(struct regex_literals *l, struct str regex)
{
	struct regex_item item;
	struct regex_scan s;

	regex_scan_init(&s, regex);
	for (;;) {
		regex_scan_next(&s, &item);
		switch (item.kind) {
		case REGEX_UNKNOWN:
			return false;
		case REGEX_END:
			frame_or(l, &l->frames[0]);
			return true;
		case REGEX_OPEN:
			frame_init(&l->frames[++l->depth], item.is_look);
			break;
		case REGEX_CLOSE:
			take_close(l, &item);
			break;
		case REGEX_OR:
			frame_or(l, &l->frames[l->depth]);
			break;
		case REGEX_SET:
			take_set(l, &item);
			break;
		case REGEX_ZERO:
			break;
		}
	}
}

size_t regex_literals_find(
	struct regex_literals *l, struct str regex, bool caseless)
{
	const struct frame *whole = &l->frames[0];
	uint16_t at;

	l->caseless = caseless;
	l->pool_n = 0;
	l->found_n = 0;
	l->depth = 0;
	frame_init(&l->frames[0], false);
	if (!take_all(l, regex) || whole->is_free ||
		whole->any.n > REGEX_LITERALS_MAX)
		return 0;
	at = whole->any.first;
	for (size_t i = 0; i < whole->any.n; i++) {
		l->found[l->found_n++] = at;
		at = l->next[at];
	}
	return l->found_n;
}

struct str regex_literals_at(const struct regex_literals *l, size_t i)
{
	const struct regex_literal *literal;

	ASSERT(i < l->found_n);
	literal = &l->pool[l->found[i]];
	return str_make(literal->p, literal->n);
}

struct regex_literals *regex_literals_new(void)
{
	return malloc(sizeof(struct regex_literals));
}

void regex_literals_free(struct regex_literals *l)
{
	free(l);
}
