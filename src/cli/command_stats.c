#include <stdio.h>

#include "cli/command.h"
#include "cli/print.h"
#include "cli/session.h"
#include "cli/table.h"
#include "core/json.h"
#include "core/uri_template.h"

enum {
	ANSWER_MAX = 64 << 20, /* of as many rows as there may be */
	CELL_MAX = 32,
	PER_MILLE = 1000,
	TEN_TO_ONE = 10,
};

/* The parameters of the call, in the order of the options. */
enum param {
	PARAM_BY,
	PARAM_FROM,
	PARAM_TO,
	PARAM_TZ,
	PARAM_LINK,
	PARAM_CAMPAIGN,
	PARAMS
};

static const char *const params[PARAMS] = {
	"by", "from", "to", "tz", "link", "campaign"};

struct stats_options {
	struct session_options session;
	const char *texts[PARAMS];
	bool json;
};

static void put_target(const struct stats_options *o, struct buf *to)
{
	char before = '?';

	buf_text(to, "/v1/stats");
	for (size_t i = 0; i < PARAMS; i++) {
		if (!o->texts[i])
			continue;
		buf_byte(to, before);
		buf_text(to, params[i]);
		buf_byte(to, '=');
		uri_encode(to, str_from(o->texts[i]));
		before = '&';
	}
}

/* The member's number; false where it is not known. */
static bool number_of(const struct json_t *row, const char *member, int64_t *v)
{
	const struct json_t *value = json_member(row, str_from(member));

	if (!value || json_kind_of(value) != JSON_KIND_INTEGER)
		return false;
	*v = json_i64_of(value);
	return *v >= 0;
}

static void add_number(
	struct table *t, const struct json_t *row, const char *member)
{
	char text[CELL_MAX];
	int64_t v;
	int n = 0;

	if (number_of(row, member, &v))
		n = snprintf(text, sizeof(text), "%lld", (long long)v);
	table_add(t, n > 0 ? str_make(text, (size_t)n) : STR("-"));
}

/* `of` as a share of `whole`, in per cent. */
static void add_rate(struct table *t, const struct json_t *row, const char *of,
	const char *whole)
{
	char text[CELL_MAX];
	const int64_t one = PER_MILLE;
	int64_t a, b, mille;
	int n = 0;

	if (number_of(row, of, &a) && number_of(row, whole, &b) && b > 0 &&
		a <= INT64_MAX / (2 * one)) {
		mille = (2 * one * a + b) / (2 * b);
		n = snprintf(text, sizeof(text), "%lld.%lld%%",
			(long long)(mille / TEN_TO_ONE),
			(long long)(mille % TEN_TO_ONE));
	}
	table_add(t, n > 0 ? str_make(text, (size_t)n) : STR("-"));
}

static void add_row(struct table *t, const struct json_t *row, struct str value)
{
	table_add(t, value);
	add_number(t, row, "minted");
	add_number(t, row, "requests");
	add_number(t, row, "clicks");
	add_number(t, row, "unique_clicks");
	add_number(t, row, "unconfirmed");
	add_rate(t, row, "unique_clicks", "minted");
}

static void add_columns(struct table *t, const char *by)
{
	char title[CELL_MAX];
	size_t n = 0;

	for (; by[n] && n + 1 < sizeof(title); n++)
		title[n] = (char)(by[n] >= 'a' && by[n] <= 'z'
					  ? by[n] - ('a' - 'A')
					  : by[n]);
	title[n] = '\0';
	table_add_column(t, title, false);
	table_add_column(t, "MINTED", true);
	table_add_column(t, "REQUESTS", true);
	table_add_column(t, "CLICKS", true);
	table_add_column(t, "UNIQUE", true);
	table_add_column(t, "UNCONFIRMED", true);
	table_add_column(t, "RATE", true);
}

static bool is_kind(const struct json_t *value, enum json_kind kind)
{
	return value && json_kind_of(value) == kind;
}

static int show_table(const struct json_t *root, const char *by)
{
	const struct json_t *rows = json_member(root, STR("rows"));
	const struct json_t *total = json_member(root, STR("total"));
	const struct json_t *from = json_member(root, STR("complete_from"));
	struct table t;
	enum err e;

	if (!is_kind(rows, JSON_KIND_ARRAY) ||
		!is_kind(total, JSON_KIND_OBJECT))
		return command_failed("the server's answer has no rows");
	table_init(&t);
	add_columns(&t, by);
	for (size_t i = 0; i < json_array_length(rows); i++) {
		const struct json_t *row = json_array_at(rows, i);
		const struct json_t *value;

		if (!is_kind(row, JSON_KIND_OBJECT))
			continue;
		value = json_member(row, str_from(by));
		add_row(&t, row,
			is_kind(value, JSON_KIND_STR) ? json_str_of(value)
						      : STR("-"));
	}
	add_row(&t, total, STR("total"));
	e = table_err(&t);
	if (!e)
		table_show(&t, stdout);
	table_deinit(&t);
	if (!e && is_kind(from, JSON_KIND_STR))
		(void)fprintf(stderr, "Complete from %.*s on.\n",
			STR_FMT(json_str_of(from)));
	return e ? command_failed("%s", err_text(e)) : EXIT_DONE;
}

static int show(const struct stats_options *o, struct str body)
{
	const char *by = o->texts[PARAM_BY] ? o->texts[PARAM_BY] : "day";
	struct json_findings findings = {0};
	struct json_t *root;
	int status;

	if (o->json) {
		print_line(stdout, body);
		return EXIT_DONE;
	}
	if (json_parse(body, ANSWER_MAX, &root, &findings))
		return command_failed("the server's answer is no JSON");
	status = is_kind(root, JSON_KIND_OBJECT)
			 ? show_table(root, by)
			 : command_failed("the server's answer has no rows");
	json_free(root);
	return status;
}

static int ask(struct session *s, const struct stats_options *o)
{
	struct buf target;
	int status = EXIT_DONE;
	enum err e;

	buf_init(&target, SESSION_TARGET_MAX);
	put_target(o, &target);
	e = buf_err(&target);
	if (e) {
		status = command_failed("%s", err_text(e));
	} else {
		struct http_client_request request = {.method = "GET",
			.target = buf_cstr(&target),
			.answer_max = ANSWER_MAX,
			.stop_fd = -1};

		e = session_send(s, &request);
		if (e || s->answer.status >= 300)
			status = session_failed(s, e);
		else
			status = show(o, buf_view(&s->answer.body));
	}
	buf_deinit(&target);
	return status;
}

int command_stats(struct command_context *context)
{
	struct stats_options o = {.json = false};
	struct command_args args;
	struct session s;
	int status;
	const struct option options[] = {
		{"by", 0, OPTION_TEXT, "WHAT",
			"hour, day (the default), link, campaign, country, os "
			"or verdict",
			&o.texts[PARAM_BY]},
		{"from", 0, OPTION_TEXT, "TIME",
			"from then on: 2026-11-23, or 2026-11-23T09:15:00Z",
			&o.texts[PARAM_FROM]},
		{"to", 0, OPTION_TEXT, "TIME", "before then",
			&o.texts[PARAM_TO]},
		{"tz", 0, OPTION_TEXT, "ZONE",
			"whose days and hours: Asia/Kolkata, +05:30 (UTC)",
			&o.texts[PARAM_TZ]},
		{"link", 0, OPTION_TEXT, "NAME", "of one link",
			&o.texts[PARAM_LINK]},
		{"campaign", 0, OPTION_TEXT, "NAME", "of one campaign",
			&o.texts[PARAM_CAMPAIGN]},
		{"json", 0, OPTION_FLAG, NULL, "JSON instead of a table",
			&o.json},
		SESSION_OPTIONS(&o.session),
	};

	if (!command_parse(context, options,
		    sizeof(options) / sizeof(options[0]), 0, 0, &args, &status))
		return status;
	status = session_open(&s, context, &o.session);
	if (!status)
		status = ask(&s, &o);
	session_close(&s);
	return status;
}
