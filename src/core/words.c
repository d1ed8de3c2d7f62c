#include "core/words.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

enum {
	ROOT = 0,
	BYTES = 256
};

/* A state: what was read last is the beginning of a word. Nodes lie breadth
 * first, so that a node's children are neighbours. */
struct node {
	uint32_t children; /* the first of them */
	uint32_t fail;     /* the longest proper suffix that is a node */
	uint32_t shorter;  /* the longest proper suffix that ends a word, or
			      ROOT */
	uint32_t ends;     /* the first of the words that end here, in ids */
	uint16_t children_n;
	uint16_t ends_n;
};

struct words {
	struct node *nodes;
	uint8_t *by;      /* the byte that leads to each node */
	uint32_t *id;     /* indexes into the caller's list, sorted by text */
	uint16_t *length; /* of the words, as in the caller's list */
	size_t nodes_n;
	uint32_t first[BYTES]; /* the root's children by byte, or ROOT */
};

/* A word while the set is made. */
struct entry {
	struct str text;
	uint32_t id;
};

/* The words that have a node's bytes at their beginning, while the set is
 * made. */
struct span {
	uint32_t low, high; /* entries */
	uint32_t depth;
};

static uint8_t lower(char c)
{
	return (uint8_t)ascii_lower(c);
}

static int compare(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;
	size_t n = left->text.n < right->text.n ? left->text.n : right->text.n;

	for (size_t i = 0; i < n; i++) {
		uint8_t l = lower(left->text.p[i]), r = lower(right->text.p[i]);

		if (l != r)
			return l < r ? -1 : 1;
	}
	if (left->text.n != right->text.n)
		return left->text.n < right->text.n ? -1 : 1;
	return left->id < right->id ? -1 : left->id > right->id;
}

/* The child of a node that is not the root, or ROOT. */
static uint32_t child_of(const struct words *w, uint32_t node, uint8_t byte)
{
	const struct node *n = &w->nodes[node];
	const uint8_t *by = w->by + n->children, *at;

	if (n->children_n == 0)
		return ROOT;
	if (n->children_n == 1)
		return *by == byte ? n->children : ROOT;
	at = memchr(by, byte, n->children_n);
	return at ? n->children + (uint32_t)(at - by) : ROOT;
}

static uint32_t next(const struct words *w, uint32_t node, uint8_t byte)
{
	while (node != ROOT) {
		uint32_t child = child_of(w, node, byte);

		if (child != ROOT)
			return child;
		node = w->nodes[node].fail;
	}
	return w->first[byte];
}

static void link_child(struct words *w, uint32_t parent, uint32_t child)
{
	struct node *n = &w->nodes[child];
	const struct node *fail;

	n->fail = ROOT;
	if (parent != ROOT)
		n->fail = next(w, w->nodes[parent].fail, w->by[child]);
	fail = &w->nodes[n->fail];
	n->shorter = fail->ends_n ? n->fail : fail->shorter;
}

/* The words that end at the node come first among its span. */
static void end_words(struct words *w, uint32_t node, struct span *span,
	const struct entry *entries)
{
	w->nodes[node].ends = span->low;
	while (span->low < span->high &&
		entries[span->low].text.n == span->depth) {
		w->nodes[node].ends_n++;
		span->low++;
	}
}

static void add_children(struct words *w, uint32_t node, struct span *spans,
	const struct entry *entries)
{
	struct span span = spans[node];

	end_words(w, node, &span, entries);
	w->nodes[node].children = (uint32_t)w->nodes_n;
	while (span.low < span.high) {
		uint8_t byte = lower(entries[span.low].text.p[span.depth]);
		uint32_t child = (uint32_t)w->nodes_n++;
		uint32_t high = span.low;

		while (high < span.high &&
			lower(entries[high].text.p[span.depth]) == byte)
			high++;
		spans[child] = (struct span){span.low, high, span.depth + 1};
		w->by[child] = byte;
		w->nodes[node].children_n++;
		if (node == ROOT)
			w->first[byte] = child;
		span.low = high;
	}
}

static enum err build(struct words *w, const struct entry *entries, size_t n,
	size_t nodes_max)
{
	struct span *spans = calloc(nodes_max, sizeof(*spans));

	if (!spans)
		return ERR_NOMEM;
	spans[ROOT] = (struct span){0, (uint32_t)n, 0};
	w->nodes_n = 1;
	/* A node's fail is shallower, so it has its children already. */
	for (size_t i = 0; i < w->nodes_n; i++)
		add_children(w, (uint32_t)i, spans, entries);
	for (size_t i = 0; i < w->nodes_n; i++)
		for (uint32_t k = 0; k < w->nodes[i].children_n; k++)
			link_child(w, (uint32_t)i, w->nodes[i].children + k);
	for (size_t i = 0; i < n; i++)
		w->id[i] = entries[i].id;
	free(spans);
	return OK;
}

static enum err allocate(struct words *w, size_t n, size_t nodes_max)
{
	w->nodes = calloc(nodes_max, sizeof(*w->nodes));
	w->by = calloc(nodes_max, sizeof(*w->by));
	w->id = calloc(n + 1, sizeof(*w->id));
	w->length = calloc(n + 1, sizeof(*w->length));
	return w->nodes && w->by && w->id && w->length ? OK : ERR_NOMEM;
}

enum err words_new(const struct str *list, size_t n, struct words **words)
{
	struct entry *entries = NULL;
	struct words *w = NULL;
	size_t bytes = 0;
	enum err e = ERR_NOMEM;

	if (n > WORDS_MAX)
		return ERR_TOO_LONG;
	for (size_t i = 0; i < n; i++) {
		ASSERT(list[i].n);
		bytes += list[i].n;
		if (list[i].n > WORDS_WORD_MAX || bytes > WORDS_BYTES_MAX)
			return ERR_TOO_LONG;
	}
	w = calloc(1, sizeof(*w));
	entries = calloc(n + 1, sizeof(*entries));
	if (!w || !entries || allocate(w, n, bytes + 1))
		goto out;
	for (size_t i = 0; i < n; i++) {
		entries[i] = (struct entry){list[i], (uint32_t)i};
		w->length[i] = (uint16_t)list[i].n;
	}
	qsort(entries, n, sizeof(*entries), compare);
	e = build(w, entries, n, bytes + 1);
out:
	free(entries);
	if (e)
		words_free(w);
	else
		*words = w;
	return e;
}

void words_free(struct words *words)
{
	if (!words)
		return;
	free(words->nodes);
	free(words->by);
	free(words->id);
	free(words->length);
	free(words);
}

void words_find(const struct words *words, struct str text, words_found found,
	void *arg)
{
	uint32_t node = ROOT;

	for (size_t i = 0; i < text.n; i++) {
		uint32_t end;

		node = next(words, node, lower(text.p[i]));
		end = words->nodes[node].ends_n ? node
						: words->nodes[node].shorter;
		for (; end != ROOT; end = words->nodes[end].shorter) {
			const struct node *n = &words->nodes[end];

			for (uint32_t k = 0; k < n->ends_n; k++) {
				uint32_t id = words->id[n->ends + k];

				found(arg, id, i + 1 - words->length[id]);
			}
		}
	}
}
