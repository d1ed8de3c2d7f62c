#include "cli/problem.h"

#include <stdbool.h>

#include "core/json.h"

/* One line stays one line, whatever the server says. */
static void put_plain(struct buf *to, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		buf_byte(to, c < 0x20 || c == 0x7f ? ' ' : text.p[i]);
	}
}

static struct str text_member(const struct json_t *object, const char *name)
{
	const struct json_t *value = json_member(object, str_from(name));

	if (!value || json_kind_of(value) != JSON_KIND_STR)
		return str_make(NULL, 0);
	return json_str_of(value);
}

static void put_errors(const struct json_t *errors, struct buf *to)
{
	size_t n = json_array_length(errors);
	size_t start = to->n;

	for (size_t i = 0; i < n; i++) {
		const struct json_t *error = json_array_at(errors, i);
		struct str pointer, detail;

		if (json_kind_of(error) != JSON_KIND_OBJECT)
			continue;
		pointer = text_member(error, "pointer");
		detail = text_member(error, "detail");
		if (!detail.n)
			continue;
		buf_text(to, to->n > start ? "; " : "");
		if (pointer.n) {
			put_plain(to, pointer);
			buf_text(to, ": ");
		}
		put_plain(to, detail);
	}
}

/* The sentence, and the errors; a sentence that only counts them is left out.
 */
static void put_problem(
	const struct json_t *problem, struct str text, struct buf *to)
{
	const struct json_t *errors = json_member(problem, STR("errors"));
	struct buf found;

	buf_init(&found, to->max);
	if (errors && json_kind_of(errors) == JSON_KIND_ARRAY)
		put_errors(errors, &found);
	if (!found.n) {
		put_plain(to, text);
	} else if (!str_ends(text, STR("see errors."))) {
		if (str_ends(text, STR(".")))
			text.n--;
		put_plain(to, text);
		buf_text(to, ": ");
	}
	buf_str(to, buf_view(&found));
	buf_deinit(&found);
}

bool problem_of_json(const struct json_t *problem, struct buf *to)
{
	struct str text;

	if (!problem || json_kind_of(problem) != JSON_KIND_OBJECT)
		return false;
	text = text_member(problem, "detail");
	if (!text.n)
		text = text_member(problem, "title");
	if (!text.n)
		return false;
	put_problem(problem, text, to);
	return true;
}

static struct json_t *parse(struct str body)
{
	struct json_findings findings = {0};
	struct json_t *root;

	if (json_parse(body, PROBLEM_BODY_MAX, &root, &findings))
		return NULL;
	return root;
}

void problem_of_answer(unsigned status, struct str body, struct buf *to)
{
	struct json_t *root = parse(body);

	if (!problem_of_json(root, to))
		buf_printf(to, "the server answered %u", status);
	json_free(root);
}

bool problem_member(struct str body, const char *name, struct buf *to)
{
	struct json_t *root = parse(body);
	struct str text = {NULL, 0};

	if (root && json_kind_of(root) == JSON_KIND_OBJECT)
		text = text_member(root, name);
	put_plain(to, text);
	json_free(root);
	return text.n > 0;
}
