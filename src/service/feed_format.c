#include "service/feed_format.h"

#include "base/ip.h"
#include "core/csv.h"
#include "core/json_writer.h"
#include "core/timestamp.h"
#include "core/verdict.h"

enum {
	FIRST_REVISION = 1
};

enum type {
	TEXT,
	NUMBER,
	TRUTH
};

/* A column's value; for TEXT p NULL is null. */
struct value {
	enum type type;
	struct str text;
	uint64_t number;
};

/* Memory for values that are made up here. */
struct scratch {
	char at[TIMESTAMP_LEN];
	char ip[IP_TEXT_MAX];
};

static struct value text(struct str s)
{
	return (struct value){.type = TEXT, .text = s};
}

static struct value text_or_null(struct str s)
{
	return text(s.n ? s : str_make(NULL, 0));
}

static struct value number(uint64_t n)
{
	return (struct value){.type = NUMBER, .number = n};
}

static struct value truth(bool b)
{
	return (struct value){.type = TRUTH, .number = b};
}

static const char *const outcomes[CLICK_OUTCOMES] = {
	"redirected", "fallback", "gone"};

static struct value get_cursor(const struct feed_row *r, struct scratch *s)
{
	(void)s;
	return text(str_make(r->cursor, sizeof(r->cursor)));
}

static struct value get_id(const struct feed_row *r, struct scratch *s)
{
	(void)s;
	return text(str_make(r->id, sizeof(r->id)));
}

static struct value get_revision(const struct feed_row *r, struct scratch *s)
{
	(void)r;
	(void)s;
	return number(FIRST_REVISION);
}

static struct value get_at(const struct feed_row *r, struct scratch *s)
{
	timestamp_write(s->at, r->click.at_ms);
	return text(str_make(s->at, sizeof(s->at)));
}

static struct value get_region(const struct feed_row *r, struct scratch *s)
{
	(void)s;
	return text(r->region);
}

static struct value get_account(const struct feed_row *r, struct scratch *s)
{
	(void)s;
	return text(r->account);
}

static struct value get_campaign(const struct feed_row *r, struct scratch *s)
{
	(void)s;
	return text(r->campaign);
}

static struct value get_link(const struct feed_row *r, struct scratch *s)
{
	(void)s;
	return text(r->link);
}

static struct value get_token(const struct feed_row *r, struct scratch *s)
{
	(void)s;
	return text(str_make(r->token, sizeof(r->token)));
}

static struct value get_recipient(const struct feed_row *r, struct scratch *s)
{
	(void)s;
	return text(r->recipient);
}

static struct value get_ref(const struct feed_row *r, struct scratch *s)
{
	(void)s;
	return text(r->ref);
}

static struct value get_destination(const struct feed_row *r, struct scratch *s)
{
	(void)s;
	return text(r->destination);
}

static struct value get_outcome(const struct feed_row *r, struct scratch *s)
{
	(void)s;
	return text(str_from(r->click.outcome < CLICK_OUTCOMES
				     ? outcomes[r->click.outcome]
				     : NULL));
}

static struct value get_verdict(const struct feed_row *r, struct scratch *s)
{
	(void)s;
	return text(str_from(verdict_name(r->click.verdict)));
}

static struct value get_reason(const struct feed_row *r, struct scratch *s)
{
	(void)s;
	return text(str_from(reason_name(r->click.reason)));
}

static struct value get_rules(const struct feed_row *r, struct scratch *s)
{
	(void)s;
	return number(r->click.rules);
}

static struct value get_counted(const struct feed_row *r, struct scratch *s)
{
	(void)s;
	return truth(r->click.counted);
}

static struct value get_unique(const struct feed_row *r, struct scratch *s)
{
	(void)s;
	return truth(r->click.unique);
}

static struct value get_test(const struct feed_row *r, struct scratch *s)
{
	(void)s;
	return truth(r->click.test);
}

static struct value get_method(const struct feed_row *r, struct scratch *s)
{
	(void)s;
	return text(r->click.head ? STR("HEAD") : STR("GET"));
}

static struct value get_query(const struct feed_row *r, struct scratch *s)
{
	(void)s;
	return text_or_null(r->click.query);
}

static struct value get_ip(const struct feed_row *r, struct scratch *s)
{
	ip_put(s->ip, &r->click.ip);
	return text_or_null(str_from(s->ip));
}

static struct value get_agent(const struct feed_row *r, struct scratch *s)
{
	(void)s;
	return text_or_null(r->click.agent);
}

static struct value get_referer(const struct feed_row *r, struct scratch *s)
{
	(void)s;
	return text_or_null(r->click.referer);
}

static struct value get_language(const struct feed_row *r, struct scratch *s)
{
	(void)s;
	return text_or_null(r->click.language);
}

/* What is not known of a click. */
static struct value get_null(const struct feed_row *r, struct scratch *s)
{
	(void)r;
	(void)s;
	return text(str_make(NULL, 0));
}

struct column {
	const char *name;
	struct value (*get)(const struct feed_row *r, struct scratch *s);
};

static const struct column columns[] = {
	{"cursor", get_cursor},
	{"id", get_id},
	{"revision", get_revision},
	{"at", get_at},
	{"region", get_region},
	{"account", get_account},
	{"campaign", get_campaign},
	{"link", get_link},
	{"token", get_token},
	{"recipient", get_recipient},
	{"ref", get_ref},
	{"destination", get_destination},
	{"outcome", get_outcome},
	{"verdict", get_verdict},
	{"reason", get_reason},
	{"rules", get_rules},
	{"counted", get_counted},
	{"unique", get_unique},
	{"test", get_test},
	{"method", get_method},
	{"query", get_query},
	{"ip", get_ip},
	{"country", get_null},
	{"os", get_null},
	{"device", get_null},
	{"browser", get_null},
	{"agent", get_agent},
	{"referer", get_referer},
	{"accept_language", get_language},
	{"template", get_null},
	{"template_language", get_null},
	{"button", get_null},
	{"card", get_null},
};

enum {
	COLUMNS_N = sizeof(columns) / sizeof(columns[0])
};

void feed_csv_header(struct buf *out)
{
	struct csv_writer w;

	csv_writer_init(&w, out);
	for (size_t i = 0; i < COLUMNS_N; i++)
		csv_put_str(&w, str_from(columns[i].name));
	csv_row_end(&w);
}

/* What phones send need not be UTF-8, but the export is: U+FFFD stands for
 * each byte that is not, as in JSON. */
static void csv_put_clean(struct csv_writer *w, struct str s)
{
	static const char replacement[] = "\xef\xbf\xbd";
	struct buf clean;

	if (str_is_utf8(s)) {
		csv_put_str(w, s);
		return;
	}
	buf_init(&clean, s.n * (sizeof(replacement) - 1));
	while (s.n) {
		size_t n = str_utf8_sequence(s);

		if (n)
			buf_add(&clean, s.p, n);
		else
			buf_text(&clean, replacement);
		s = str_skip(s, n ? n : 1);
	}
	csv_put_str(w, buf_view(&clean));
	if (buf_err(&clean) && !w->b->err)
		w->b->err = buf_err(&clean);
	buf_deinit(&clean);
}

static void csv_put_value(struct csv_writer *w, const struct value *v)
{
	switch (v->type) {
	case TEXT:
		csv_put_clean(w, v->text);
		break;
	case NUMBER:
		csv_put_u64(w, v->number);
		break;
	case TRUTH:
		csv_put_str(w, v->number ? STR("true") : STR("false"));
		break;
	}
}

void feed_csv_put(struct buf *out, const struct feed_row *r)
{
	struct csv_writer w;

	csv_writer_init(&w, out);
	for (size_t i = 0; i < COLUMNS_N; i++) {
		struct scratch scratch;
		struct value v = columns[i].get(r, &scratch);

		csv_put_value(&w, &v);
	}
	csv_row_end(&w);
}

static void json_put_value(struct json_writer *w, const struct value *v)
{
	switch (v->type) {
	case TEXT:
		json_put_str_or_null(w, v->text);
		break;
	case NUMBER:
		json_put_u64(w, v->number);
		break;
	case TRUTH:
		json_put_bool(w, v->number);
		break;
	}
}

void feed_ndjson_put(struct buf *out, const struct feed_row *r)
{
	struct json_writer w;

	json_writer_init(&w, out);
	json_object_begin(&w);
	for (size_t i = 0; i < COLUMNS_N; i++) {
		struct scratch scratch;
		struct value v = columns[i].get(r, &scratch);

		json_key(&w, columns[i].name);
		json_put_value(&w, &v);
	}
	json_object_end(&w);
	json_line_end(&w);
}
