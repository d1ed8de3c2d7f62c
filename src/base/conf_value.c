#include "base/conf_value.h"

#include <string.h>

#include "base/assert.h"
#include "base/ip.h"
#include "base/num.h"

static enum err store_string(
	const struct conf_setting *row, struct str value, char *to)
{
	if (value.n < row->min || value.n > row->max)
		return ERR_TOO_LONG;
	memcpy(to, value.p, value.n);
	to[value.n] = '\0';
	return OK;
}

static enum err store_number(
	const struct conf_setting *row, struct str value, void *to)
{
	uint64_t v;
	enum err e;

	if (row->type == CONF_DURATION)
		e = num_parse_duration(value, &v);
	else if (row->type == CONF_SIZE)
		e = num_parse_size(value, &v);
	else
		e = num_parse_u64(value, UINT64_MAX, &v);
	if (e || v < row->min || v > row->max)
		return ERR_INVALID;
	memcpy(to, &v, sizeof(v));
	return OK;
}

static enum err store_choice(
	const struct conf_setting *row, struct str value, void *to)
{
	for (int i = 0; row->choices[i]; i++) {
		if (str_is(value, row->choices[i])) {
			memcpy(to, &i, sizeof(i));
			return OK;
		}
	}
	return ERR_INVALID;
}

static enum err store_bool(struct str value, bool *to)
{
	if (!str_is(value, "yes") && !str_is(value, "no"))
		return ERR_INVALID;
	*to = str_is(value, "yes");
	return OK;
}

/* The next entry of a list; false at the end. */
static bool next_word(struct str *rest, struct str *word)
{
	size_t n = 0;

	while (rest->n &&
		(rest->p[0] == ',' || rest->p[0] == ' ' || rest->p[0] == '\t'))
		*rest = str_skip(*rest, 1);
	while (n < rest->n && rest->p[n] != ',' && rest->p[n] != ' ' &&
		rest->p[n] != '\t')
		n++;
	*word = str_make(rest->p, n);
	*rest = str_skip(*rest, n);
	return n > 0;
}

static enum err store_strings(const struct conf_setting *row, struct str value,
	struct conf_strings *to)
{
	size_t n = 0;
	struct str rest = value, word;

	for (; next_word(&rest, &word); n++)
		if (n == CONF_LIST_MAX || word.n < row->min ||
			word.n > row->max || word.n > CONF_WORD_MAX)
			return ERR_TOO_LONG;
	rest = value;
	for (to->n = 0; next_word(&rest, &word); to->n++) {
		memcpy(to->text[to->n], word.p, word.n);
		to->text[to->n][word.n] = '\0';
	}
	return OK;
}

static enum err store_prefixes(struct str value, struct conf_prefixes *to)
{
	struct ip_prefix prefix;
	struct str rest = value, word;
	size_t n = 0;

	for (; next_word(&rest, &word); n++) {
		if (n == CONF_LIST_MAX)
			return ERR_TOO_LONG;
		if (ip_parse_prefix(word, &prefix))
			return ERR_INVALID;
	}
	rest = value;
	for (n = 0; next_word(&rest, &word); n++) {
		enum err e = ip_parse_prefix(word, &to->prefix[n]);

		ASSERT(!e);
	}
	to->n = n;
	return OK;
}

enum err conf_value_store(
	const struct conf_setting *row, struct str value, void *to)
{
	switch (row->type) {
	case CONF_BOOL:
		return store_bool(value, to);
	case CONF_DURATION:
	case CONF_SIZE:
	case CONF_COUNT:
		return store_number(row, value, to);
	case CONF_STRING:
		return store_string(row, value, to);
	case CONF_CHOICE:
		return store_choice(row, value, to);
	case CONF_ENDPOINT:
		return ip_parse_endpoint(value, to);
	case CONF_STRINGS:
		return store_strings(row, value, to);
	case CONF_PREFIXES:
		return store_prefixes(value, to);
	}
	ASSERT(!"a type of the table that is not handled");
	return ERR_INVALID;
}

static void put_size(struct buf *to, uint64_t v)
{
	static const char units[] = {'\0', 'K', 'M', 'G'};
	size_t i = 0;

	while (v && v % 1024 == 0 && i + 1 < sizeof(units)) {
		v /= 1024;
		i++;
	}
	buf_u64(to, v);
	if (units[i])
		buf_byte(to, units[i]);
}

static void put_range(struct buf *to, const struct conf_setting *row)
{
	const uint64_t ends[] = {row->min, row->max};

	for (size_t i = 0; i < 2; i++) {
		char duration[NUM_DURATION_MAX];

		buf_text(to, i ? " to " : " from ");
		if (row->type == CONF_DURATION) {
			num_put_duration(duration, ends[i]);
			buf_text(to, duration);
		} else if (row->type == CONF_SIZE) {
			put_size(to, ends[i]);
		} else {
			buf_u64(to, ends[i]);
		}
	}
}

static void put_choices(struct buf *to, const char *const *choices)
{
	for (size_t i = 0; choices[i]; i++) {
		if (i)
			buf_text(to, choices[i + 1] ? ", " : " or ");
		buf_text(to, choices[i]);
	}
}

void conf_value_expected(struct buf *to, const struct conf_setting *row)
{
	buf_text(to, "expected ");
	switch (row->type) {
	case CONF_BOOL:
		buf_text(to, "yes or no");
		return;
	case CONF_DURATION:
		buf_text(to, "a duration (such as 100ms, 90s, 24h, 90d)");
		put_range(to, row);
		return;
	case CONF_SIZE:
		buf_text(to, "a size (such as 4096, 64K, 1M)");
		put_range(to, row);
		return;
	case CONF_COUNT:
		buf_text(to, "a number");
		put_range(to, row);
		return;
	case CONF_CHOICE:
		put_choices(to, row->choices);
		return;
	case CONF_ENDPOINT:
		buf_text(to, "ADDRESS:PORT (such as 127.0.0.1:8080, "
			     "[::1]:8080, *:80)");
		return;
	case CONF_PREFIXES:
		buf_printf(to,
			"at most %d addresses or prefixes (such as "
			"10.0.0.0/8)",
			CONF_LIST_MAX);
		return;
	case CONF_STRINGS:
		buf_printf(to, "at most %d words, each of", CONF_LIST_MAX);
		break;
	case CONF_STRING:
		buf_text(to, "text of");
		break;
	}
	buf_printf(to, " %llu to %llu bytes", (unsigned long long)row->min,
		(unsigned long long)row->max);
}
