#include "service/feed_format.h"

#include "base/ip.h"
#include "base/num.h"
#include "core/csv_quote.h"
#include "core/json_quote.h"
#include "core/timestamp.h"
#include "core/verdict.h"

enum {
	FIRST_REVISION = 1,
	/* All names, and the values that are short. */
	FIXED_MAX = 1024,
};

static const struct str none = {NULL, 0};

/* What is empty is null. */
static struct str some(struct str s)
{
	return s.n ? s : none;
}

static struct str outcome_of(const struct feed_row *r)
{
	static const struct str names[CLICK_OUTCOMES] = {
		{"redirected", 10}, {"fallback", 8}, {"gone", 4}};

	return r->click.outcome < CLICK_OUTCOMES ? names[r->click.outcome]
						 : none;
}

static struct str country_of(const struct feed_row *r)
{
	const char *country = r->click.country;

	return country[0] ? str_make(country, sizeof(r->click.country)) : none;
}

/* THE table of columns, of which both formats are made: a name, how the value
 * is written, the value. */
#define COLUMNS(X)                                                             \
	X(cursor, bytes, r->cursor, sizeof(r->cursor))                         \
	X(id, bytes, r->id, sizeof(r->id))                                     \
	X(revision, number, FIRST_REVISION + (uint64_t)r->click.revision)      \
	X(at, time, r->click.at_ms)                                            \
	X(region, text, r->region)                                             \
	X(account, text, r->account)                                           \
	X(campaign, text, r->campaign)                                         \
	X(link, text, r->link)                                                 \
	X(token, bytes, r->token, sizeof(r->token))                            \
	X(recipient, text, r->recipient)                                       \
	X(ref, text, r->ref)                                                   \
	X(destination, text, r->destination)                                   \
	X(outcome, word, outcome_of(r))                                        \
	X(verdict, word, str_from(verdict_name(r->click.verdict)))             \
	X(reason, word, str_from(reason_name(r->click.reason)))                \
	X(rules, number, r->click.rules)                                       \
	X(counted, truth, r->click.counted)                                    \
	X(unique, truth, r->click.unique)                                      \
	X(test, truth, r->click.test)                                          \
	X(method, word, r->click.head ? STR("HEAD") : STR("GET"))              \
	X(query, text, some(r->click.query))                                   \
	X(ip, address, &r->click.ip)                                           \
	X(country, word, country_of(r))                                        \
	X(os, text, some(r->os))                                               \
	X(device, text, some(r->device))                                       \
	X(browser, text, some(r->browser))                                     \
	X(agent, ready, r->agent_quoted, some(r->click.agent))                 \
	X(referer, text, some(r->click.referer))                               \
	X(accept_language, text, some(r->click.language))                      \
	X(template, text, none)                                                \
	X(template_language, text, none)                                       \
	X(button, text, none)                                                  \
	X(card, text, none)

static inline char *put(char *to, const char *p, size_t n)
{
	memcpy(to, p, n);
	return to + n;
}

#define PUT(to, literal) put(to, literal, sizeof(literal) - 1)

static inline char *put_number(char *to, uint64_t v)
{
	return to + num_put_u64(to, v);
}

static inline char *put_truth(char *to, bool b)
{
	return b ? PUT(to, "true") : PUT(to, "false");
}

static inline char *put_time(char *to, uint64_t ms)
{
	timestamp_write(to, ms);
	return to + TIMESTAMP_LEN;
}

/* JSON's values. */

#define json_number put_number
#define json_truth  put_truth

static inline char *json_text(char *to, struct str s)
{
	return s.p ? json_quote(to, s) : PUT(to, "null");
}

/* One of our own words. */
static inline char *json_word(char *to, struct str s)
{
	return s.p ? PUT(put(PUT(to, "\""), s.p, s.n), "\"") : PUT(to, "null");
}

static inline char *json_bytes(char *to, const char *p, size_t n)
{
	return PUT(put(PUT(to, "\""), p, n), "\"");
}

static inline char *json_time(char *to, uint64_t ms)
{
	return PUT(put_time(PUT(to, "\""), ms), "\"");
}

static inline char *json_address(char *to, const struct ip *ip)
{
	if (!ip->n)
		return PUT(to, "null");
	to = PUT(to, "\"");
	to += ip_put(to, ip);
	return PUT(to, "\"");
}

static inline char *json_ready(char *to, struct str quoted, struct str s)
{
	return quoted.p ? put(to, quoted.p, quoted.n) : json_text(to, s);
}

/* CSV's; null is empty. */

#define csv_number put_number
#define csv_truth  put_truth
#define csv_bytes  put
#define csv_time   put_time

static inline char *csv_text(char *to, struct str s)
{
	return s.p ? csv_quote(to, s) : to;
}

static inline char *csv_word(char *to, struct str s)
{
	return s.n ? put(to, s.p, s.n) : to;
}

static inline char *csv_address(char *to, const struct ip *ip)
{
	return to + ip_put(to, ip);
}

static inline char *csv_ready(char *to, struct str quoted, struct str s)
{
	return quoted.p ? put(to, quoted.p, quoted.n) : csv_text(to, s);
}

static char *put_ndjson(char *to, const struct feed_row *r)
{
	char *start = to;

#define X(name, kind, ...)                                                     \
	to = json_##kind(PUT(to, ",\"" #name "\":"), __VA_ARGS__);
	COLUMNS(X)
#undef X
	*start = '{';
	return PUT(to, "}\n");
}

static char *put_csv(char *to, const struct feed_row *r)
{
#define X(name, kind, ...) to = PUT(csv_##kind(to, __VA_ARGS__), ",");
	COLUMNS(X)
#undef X
	return PUT(to - 1, "\r\n");
}

void feed_csv_header(struct buf *out)
{
#define X(name, kind, ...) "," #name
	static const char names[] = COLUMNS(X) "\r\n";
#undef X

	buf_text(out, names + 1);
}

size_t feed_row_max(const struct feed_row *r)
{
	const struct click *c = &r->click;
	size_t n = r->region.n + r->account.n + r->campaign.n + r->link.n +
		   r->recipient.n + r->ref.n + r->destination.n + c->query.n +
		   c->referer.n + c->language.n + r->os.n + r->device.n +
		   r->browser.n;

	n += r->agent_quoted.p ? 0 : c->agent.n;
	return FIXED_MAX + r->agent_quoted.n + JSON_QUOTED_MAX(n);
}

static char *put_row(char *to, const struct feed_row *r)
{
	return r->format == FEED_CSV ? put_csv(to, r) : put_ndjson(to, r);
}

/* Near its end the buffer may have room for the row, but not for the longest
 * that it might be. */
static void put_narrow(struct buf *out, const struct feed_row *r, size_t max)
{
	struct buf row;
	char *to;

	buf_init(&row, FEED_ROW_BYTES_MAX);
	to = buf_reserve(&row, max);
	if (to)
		buf_add(out, to, (size_t)(put_row(to, r) - to));
	else if (!out->err)
		out->err = buf_err(&row);
	buf_deinit(&row);
}

void feed_row_put(struct buf *out, const struct feed_row *r)
{
	size_t max = feed_row_max(r);
	char *to;

	if (max > out->max - out->n) {
		put_narrow(out, r, max);
		return;
	}
	to = buf_reserve(out, max);
	if (to)
		buf_wrote(out, (size_t)(put_row(to, r) - to));
}

struct str feed_agent_put(char *to, enum feed_format format, struct str agent)
{
	char *end = format == FEED_CSV ? csv_quote(to, agent)
				       : json_quote(to, agent);

	return str_make(to, (size_t)(end - to));
}
