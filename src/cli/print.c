#include "cli/print.h"

#include "base/buf.h"
#include "cli/json_text.h"
#include "cli/request.h"
#include "cli/table.h"
#include "core/json.h"
#include "core/uri_template.h"

enum {
	PAGES_MAX = 1000000 /* no list is longer: it would be a loop */
};

/* A terminal obeys control characters; a result must not give it orders. */
static void put_plain(FILE *to, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		(void)fputc(c < 0x20 || c == 0x7f ? '?' : c, to);
	}
}

void print_line(FILE *to, struct str text)
{
	while (text.n && text.p[text.n - 1] == '\n')
		text.n--;
	/* command_main() looks at stdout's errors once, at the end. */
	(void)fwrite(text.p, 1, text.n, to);
	(void)fputc('\n', to);
}

/* An object or array that print_tree() is within. */
struct level {
	bool object;
	struct json_members members;
	const struct json_t *array;
	size_t next;
	struct json_text text;
};

static void enter(struct level *l, const struct json_t *value, struct str text)
{
	*l = (struct level){.object = json_kind_of(value) == JSON_KIND_OBJECT};
	if (l->object)
		l->members.object = value;
	else
		l->array = value;
	json_text_init(&l->text, text);
}

static bool next_value(struct level *l, const struct json_t **value,
	struct str *name, struct str *text)
{
	if (!json_text_next(&l->text, text))
		return false;
	*name = str_make(NULL, 0);
	if (!l->object) {
		*value = json_array_at(l->array, l->next++);
		return true;
	}
	if (!json_members_next(&l->members))
		return false;
	*name = l->members.name;
	*value = l->members.value;
	return true;
}

static bool is_container(const struct json_t *value)
{
	enum json_kind kind = json_kind_of(value);

	return (kind == JSON_KIND_OBJECT && json_object_length(value)) ||
	       (kind == JSON_KIND_ARRAY && json_array_length(value));
}

static void put_scalar(FILE *to, const struct json_t *value, struct str text)
{
	if (json_kind_of(value) == JSON_KIND_STR)
		put_plain(to, json_str_of(value));
	else if (json_kind_of(value) == JSON_KIND_NULL)
		put_plain(to, STR("-"));
	else if (json_kind_of(value) == JSON_KIND_BOOL)
		put_plain(to, json_bool_of(value) ? STR("yes") : STR("no"));
	else
		put_plain(to, text);
}

static void print_levels(FILE *to, const struct json_t *root, struct str json)
{
	struct level levels[JSON_DEPTH_MAX + 1];
	size_t depth = 1;

	enter(&levels[0], root, json);
	while (depth) {
		const struct json_t *value;
		struct str name, text;

		if (!next_value(&levels[depth - 1], &value, &name, &text)) {
			depth--;
			continue;
		}
		(void)fprintf(to, "%*s", (int)(2 * (depth - 1)), "");
		put_plain(to, name.p ? name : STR("-"));
		(void)fputs(name.p ? ":" : "", to);
		if (is_container(value) && depth <= JSON_DEPTH_MAX) {
			enter(&levels[depth++], value, text);
		} else {
			(void)fputc(' ', to);
			put_scalar(to, value, text);
		}
		(void)fputc('\n', to);
	}
}

enum err print_tree(FILE *to, struct str json)
{
	struct json_findings findings = {0};
	struct json_t *root;
	enum err e;

	e = json_parse(json, SESSION_ANSWER_MAX, &root, &findings);
	if (e)
		return e;
	if (is_container(root))
		print_levels(to, root, json);
	else
		print_line(to, json);
	json_free(root);
	return OK;
}

static void add_number(struct table *t, int64_t v)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%lld", (long long)v);

	table_piece(t, str_make(text, n > 0 ? (size_t)n : 0));
}

static void add_cell(struct table *t, const struct json_t *value)
{
	switch (value ? json_kind_of(value) : JSON_KIND_NULL) {
	case JSON_KIND_STR:
		table_piece(t, json_str_of(value));
		break;
	case JSON_KIND_BOOL:
		table_piece(t, json_bool_of(value) ? STR("yes") : STR("no"));
		break;
	case JSON_KIND_INTEGER:
		add_number(t, json_i64_of(value));
		break;
	case JSON_KIND_ARRAY:
		for (size_t i = 0; i < json_array_length(value); i++) {
			const struct json_t *one = json_array_at(value, i);

			table_piece(t, i ? STR(",") : STR(""));
			if (json_kind_of(one) == JSON_KIND_STR)
				table_piece(t, json_str_of(one));
		}
		break;
	default:
		table_piece(t, STR("-"));
	}
	table_end_cell(t);
}

/* What is listed, and how far. */
struct list {
	const struct print_column *columns;
	size_t columns_n;
	bool json;
	struct table table;
	struct buf next; /* where the next page begins; empty: nowhere */
};

static void add_row(struct list *l, const struct json_t *item)
{
	for (size_t i = 0; i < l->columns_n; i++)
		add_cell(&l->table,
			json_member(item, str_from(l->columns[i].member)));
}

/* The raw text of the member "items" of a page. */
static struct str items_text(const struct json_t *root, struct str body)
{
	struct json_members m = {.object = root};
	struct json_text t;
	struct str value;

	json_text_init(&t, body);
	while (json_members_next(&m) && json_text_next(&t, &value))
		if (str_is(m.name, "items"))
			return value;
	return str_make("[]", 2);
}

static void print_items(const struct json_t *root, struct str body)
{
	struct json_text t;
	struct str item;

	json_text_init(&t, items_text(root, body));
	while (json_text_next(&t, &item))
		print_line(stdout, item);
}

/* One page: its rows, and where the next begins. */
static enum err take_page(struct list *l, struct str body)
{
	struct json_findings findings = {0};
	const struct json_t *items, *after;
	struct json_t *root;
	enum err e;

	e = json_parse(body, SESSION_ANSWER_MAX, &root, &findings);
	if (e)
		return e;
	buf_reset(&l->next);
	items = json_kind_of(root) == JSON_KIND_OBJECT
			? json_member(root, STR("items"))
			: NULL;
	if (!items || json_kind_of(items) != JSON_KIND_ARRAY) {
		json_free(root);
		return ERR_INVALID;
	}
	if (l->json)
		print_items(root, body);
	for (size_t i = 0; !l->json && i < json_array_length(items); i++)
		if (json_kind_of(json_array_at(items, i)) == JSON_KIND_OBJECT)
			add_row(l, json_array_at(items, i));
	after = json_member(root, STR("next"));
	if (after && json_kind_of(after) == JSON_KIND_STR)
		buf_str(&l->next, json_str_of(after));
	json_free(root);
	return buf_err(&l->next) ? buf_err(&l->next) : table_err(&l->table);
}

static int one_page(struct session *s, const char *target, struct list *l)
{
	struct buf full;
	int status;
	enum err e;

	buf_init(&full, SESSION_TARGET_MAX);
	buf_text(&full, target);
	if (l->next.n) {
		buf_text(&full, "?after=");
		uri_encode(&full, buf_view(&l->next));
	}
	if (buf_err(&full))
		status = command_failed("%s", err_text(buf_err(&full)));
	else
		status = session_call(
			s, "GET", buf_cstr(&full), str_make(NULL, 0));
	buf_deinit(&full);
	if (status)
		return status;
	e = take_page(l, buf_view(&s->answer.body));
	return e ? command_failed("the server's list: %s", err_text(e))
		 : EXIT_DONE;
}

static int print_list(struct session *s, const char *target,
	const struct print_column *columns, size_t columns_n, bool json)
{
	struct list l = {
		.columns = columns, .columns_n = columns_n, .json = json};
	int status = EXIT_DONE;

	table_init(&l.table);
	buf_init(&l.next, SESSION_TARGET_MAX);
	for (size_t i = 0; i < columns_n; i++)
		table_add_column(&l.table, columns[i].title, false);
	for (size_t i = 0; i < PAGES_MAX; i++) {
		status = one_page(s, target, &l);
		if (status || !l.next.n)
			break;
	}
	if (!status && !json)
		table_show(&l.table, stdout);
	table_deinit(&l.table);
	buf_deinit(&l.next);
	return status;
}

int print_list_command(struct command_context *context, const char *collection,
	const char *rest, const struct print_column *columns, size_t columns_n)
{
	struct session_options session_options = {0};
	struct command_args args;
	struct session session;
	struct buf target;
	bool json = false;
	int status;
	const struct option options[] = {
		{"json", 0, OPTION_FLAG, NULL, "each item as a line of JSON",
			&json},
		SESSION_OPTIONS(&session_options),
	};

	if (!command_parse(context, options,
		    sizeof(options) / sizeof(options[0]), rest ? 1 : 0,
		    rest ? 1 : 0, &args, &status))
		return status;
	session_options.socket_only = request_is_socket_only(collection);
	buf_init(&target, SESSION_TARGET_MAX);
	buf_text(&target, collection);
	if (rest) {
		uri_encode(&target, str_from(args.arg[0]));
		buf_text(&target, rest);
	}
	status = session_open(&session, context, &session_options);
	if (!status && buf_err(&target))
		status = command_failed("a name is too long");
	if (!status)
		status = print_list(
			&session, buf_cstr(&target), columns, columns_n, json);
	session_close(&session);
	buf_deinit(&target);
	return status;
}
