#include "core/verdict_rules.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "core/verdict_set.h"

/* The built-in words are few; a bound that the table must keep. */
enum {
	TABLE_WORDS_MAX = WORDS_MAX
};

static size_t count_words(void)
{
	size_t n = 0;

	ASSERT(verdict_table_n <= VERDICT_TABLE_MAX);
	for (size_t i = 0; i < verdict_table_n; i++)
		n += verdict_table[i].words ? verdict_table[i].words->n : 0;
	ASSERT(n > 0 && n <= TABLE_WORDS_MAX);
	return n;
}

static enum err make_words(struct verdict_rules *r)
{
	size_t max = count_words(), n = 0;
	struct str *list = calloc(max, sizeof(*list));
	enum err e = ERR_NOMEM;

	r->places = calloc(max, sizeof(*r->places));
	if (!list || !r->places)
		goto out;
	for (size_t i = 0; i < verdict_table_n; i++) {
		const struct verdict_words *words = verdict_table[i].words;

		for (size_t k = 0; words && k < words->n; k++) {
			list[n] = str_from(words->p[k].text);
			r->places[n++] = (struct verdict_place){
				&words->p[k], (uint8_t)i};
		}
	}
	e = words_new(list, n, &r->words);
	ASSERT(e != ERR_TOO_LONG);
out:
	free(list);
	return e;
}

/* Sorts the file's rules into those on agents and the others. */
static enum err make_rows(struct verdict_rules *r)
{
	size_t n = 0, all = r->file.n;
	struct str *list;
	enum err e = ERR_NOMEM;

	if (!all)
		return OK;
	list = calloc(all, sizeof(*list));
	r->agent_rows = calloc(all, sizeof(*r->agent_rows));
	r->click_rows = calloc(all, sizeof(*r->click_rows));
	if (!list || !r->agent_rows || !r->click_rows)
		goto out;
	for (size_t i = 0; i < all; i++) {
		const struct verdict_file_rule *rule = &r->file.rules[i];

		if (rule->how == VERDICT_REFERER_HOST ||
			rule->how == VERDICT_IP_IN) {
			r->click_rows[r->click_rows_n++] = (uint16_t)i;
			continue;
		}
		list[n] = rule->text;
		r->agent_rows[n++] = (uint16_t)i;
	}
	e = n ? words_new(list, n, &r->agent_words) : OK;
	ASSERT(e != ERR_TOO_LONG);
out:
	free(list);
	return e;
}

static enum err read_file(struct verdict_rules *r,
	const struct verdict_rules_source *source, struct buf *findings)
{
	struct str text = source->text;
	enum err e;

	if (text.n && text.n <= VERDICT_FILE_MAX) {
		r->text = malloc(text.n);
		if (!r->text)
			return ERR_NOMEM;
		memcpy(r->text, text.p, text.n);
		text.p = r->text;
	}
	e = verdict_file_parse(source->name, text, &r->file, findings);
	return e ? e : make_rows(r);
}

enum err verdict_rules_new(const struct verdict_rules_source *source,
	struct buf *findings, struct verdict_rules **rules)
{
	struct verdict_rules *r = calloc(1, sizeof(*r));
	enum err e = ERR_NOMEM;

	if (!r)
		return e;
	r->is_spider = source->is_spider;
	r->arg = source->arg;
	e = make_words(r);
	if (e == OK && source->name)
		e = read_file(r, source, findings);
	if (e)
		verdict_rules_free(r);
	else
		*rules = r;
	return e;
}

void verdict_rules_free(struct verdict_rules *rules)
{
	if (!rules)
		return;
	words_free(rules->words);
	free(rules->places);
	verdict_file_deinit(&rules->file);
	words_free(rules->agent_words);
	free(rules->agent_rows);
	free(rules->click_rows);
	free(rules->text);
	free(rules);
}

uint16_t verdict_rules_number(const struct verdict_rules *rules)
{
	_Static_assert(
		VERDICT_RULES_VERSION < UINT16_MAX / VERDICT_FILE_VERSIONS,
		"the number fits a click's record");
	return (uint16_t)(VERDICT_RULES_VERSION * VERDICT_FILE_VERSIONS +
			  (int)rules->file.version);
}
