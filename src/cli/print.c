#include "cli/print.h"

#include "base/buf.h"
#include "cli/json_text.h"
#include "cli/request.h"
#include "core/json.h"
#include "core/uri_template.h"

enum {
	COLUMNS_MAX = 8,
	PAGES_MAX = 1000000, /* no list is longer: it would be a loop */
	TABLE_MAX = 64 << 20
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

/* A table's cells, apart by NUL, since widths are known at its end only. */
struct table {
	const struct print_column *columns;
	size_t columns_n;
	size_t widths[COLUMNS_MAX];
	struct buf cells;
	size_t rows;
};

/* What a terminal needs for it: a byte that is not inside of a character. */
static size_t width_of(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static void end_cell(struct table *t, size_t column, size_t start)
{
	struct str cell = str_make(t->cells.p + start, t->cells.n - start);

	if (buf_err(&t->cells))
		return;
	if (width_of(cell) > t->widths[column])
		t->widths[column] = width_of(cell);
	buf_byte(&t->cells, '\0');
}

static void put_cell_text(struct buf *to, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		buf_byte(to, c < 0x20 || c == 0x7f ? '?' : s.p[i]);
	}
}

static void put_cell(struct buf *to, const struct json_t *value)
{
	switch (value ? json_kind_of(value) : JSON_KIND_NULL) {
	case JSON_KIND_STR:
		put_cell_text(to, json_str_of(value));
		break;
	case JSON_KIND_BOOL:
		buf_text(to, json_bool_of(value) ? "yes" : "no");
		break;
	case JSON_KIND_INTEGER:
		buf_i64(to, json_i64_of(value));
		break;
	case JSON_KIND_ARRAY:
		for (size_t i = 0; i < json_array_length(value); i++) {
			const struct json_t *one = json_array_at(value, i);

			buf_text(to, i ? "," : "");
			if (json_kind_of(one) == JSON_KIND_STR)
				put_cell_text(to, json_str_of(one));
		}
		break;
	default:
		buf_byte(to, '-');
	}
}

static void add_row(struct table *t, const struct json_t *item)
{
	for (size_t i = 0; i < t->columns_n; i++) {
		size_t start = t->cells.n;
		const char *member = t->columns[i].member;

		put_cell(&t->cells, json_member(item, str_from(member)));
		end_cell(t, i, start);
	}
	t->rows++;
}

static void print_row(FILE *to, const struct table *t, struct str *cells)
{
	for (size_t i = 0; i < t->columns_n; i++) {
		struct str cell = str_split(cells, '\0');
		size_t pad = t->widths[i] - width_of(cell);

		(void)fwrite(cell.p, 1, cell.n, to);
		if (i + 1 < t->columns_n)
			(void)fprintf(to, "%*s", (int)pad + 2, "");
	}
	(void)fputc('\n', to);
}

static void print_table(FILE *to, const struct table *t)
{
	struct str cells = buf_view(&t->cells);

	for (size_t i = 0; i <= t->rows; i++)
		print_row(to, t, &cells);
}

static void add_titles(struct table *t)
{
	for (size_t i = 0; i < t->columns_n; i++) {
		size_t start = t->cells.n;

		buf_text(&t->cells, t->columns[i].title);
		end_cell(t, i, start);
	}
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

/* One page: its rows, and where the next begins (empty: nowhere). */
static enum err take_page(
	struct table *t, struct str body, bool json, struct buf *next)
{
	struct json_findings findings = {0};
	const struct json_t *items, *after;
	struct json_t *root;
	enum err e;

	e = json_parse(body, SESSION_ANSWER_MAX, &root, &findings);
	if (e)
		return e;
	buf_reset(next);
	items = json_kind_of(root) == JSON_KIND_OBJECT
			? json_member(root, STR("items"))
			: NULL;
	if (!items || json_kind_of(items) != JSON_KIND_ARRAY) {
		json_free(root);
		return ERR_INVALID;
	}
	if (json)
		print_items(root, body);
	for (size_t i = 0; !json && i < json_array_length(items); i++)
		if (json_kind_of(json_array_at(items, i)) == JSON_KIND_OBJECT)
			add_row(t, json_array_at(items, i));
	after = json_member(root, STR("next"));
	if (after && json_kind_of(after) == JSON_KIND_STR)
		buf_str(next, json_str_of(after));
	json_free(root);
	return buf_err(next) ? buf_err(next) : buf_err(&t->cells);
}

static int one_page(struct session *s, const char *target, struct table *t,
	bool json, struct buf *next)
{
	struct buf full;
	int status;
	enum err e;

	buf_init(&full, SESSION_TARGET_MAX);
	buf_text(&full, target);
	if (next->n) {
		buf_text(&full, "?after=");
		uri_encode(&full, buf_view(next));
	}
	if (buf_err(&full))
		status = command_failed("%s", err_text(buf_err(&full)));
	else
		status = session_call(
			s, "GET", buf_cstr(&full), str_make(NULL, 0));
	buf_deinit(&full);
	if (status)
		return status;
	e = take_page(t, buf_view(&s->answer.body), json, next);
	return e ? command_failed("the server's list: %s", err_text(e))
		 : EXIT_DONE;
}

static int print_list(struct session *s, const char *target,
	const struct print_column *columns, size_t columns_n, bool json)
{
	struct table t = {.columns = columns, .columns_n = columns_n};
	int status = EXIT_DONE;
	struct buf next;

	buf_init(&t.cells, TABLE_MAX);
	buf_init(&next, SESSION_TARGET_MAX);
	add_titles(&t);
	for (size_t i = 0; i < PAGES_MAX; i++) {
		status = one_page(s, target, &t, json, &next);
		if (status || !next.n)
			break;
	}
	if (!status && !json)
		print_table(stdout, &t);
	buf_deinit(&t.cells);
	buf_deinit(&next);
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
