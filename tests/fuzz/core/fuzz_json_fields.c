/* JSON: what parses is written by our writer as JSON that parses to the same;
 * reading fields from it keeps to the bounds of findings; and any bytes at all
 * are written as a string that parses. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "core/json.h"
#include "core/json_writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	TEXT_MAX = 1 << 16,
	OUT_MAX = 8 * TEXT_MAX
};

static void check_findings(const struct json_findings *findings)
{
	ASSERT(findings->n <= JSON_FINDINGS_MAX);
	for (size_t i = 0; i < findings->n; i++) {
		ASSERT(memchr(findings->items[i].detail, 0, JSON_DETAIL_MAX));
		ASSERT(memchr(findings->items[i].pointer, 0, JSON_POINTER_MAX));
		ASSERT(findings->items[i].pointer[0] == '#');
	}
}

static void read_fields(const struct json_t *root)
{
	struct json_findings findings = {0};
	enum json_state state;
	struct str name = {0};
	bool test = false;
	uint64_t limit = 0;
	int64_t delta = 0;
	const struct json_t *params = NULL, *list = NULL, *any = NULL;
	const struct json_field fields[] = {
		{"name", JSON_FIELD_STR, JSON_REQUIRED | JSON_NONEMPTY, 8,
			&name, &state},
		{"test", JSON_FIELD_BOOL, 0, 0, &test, NULL},
		{"limit", JSON_FIELD_U64, JSON_NULLABLE, 100, &limit, NULL},
		{"delta", JSON_FIELD_I64, 0, 0, &delta, NULL},
		{"params", JSON_FIELD_OBJECT, 0, 2, &params, NULL},
		{"list", JSON_FIELD_ARRAY, JSON_NONEMPTY, 2, &list, NULL},
		{"any", JSON_FIELD_ANY, 0, 0, &any, NULL},
	};

	if (json_read_object(root, "#", fields, 7, &findings)) {
		ASSERT(findings.n == 0 && state == JSON_PRESENT);
		ASSERT(name.n > 0 && name.n <= 8 && limit <= 100);
		ASSERT(!params || json_object_length(params) <= 2);
	} else {
		ASSERT(findings.n > 0);
	}
	check_findings(&findings);
}

/* A flat rendering of an object of scalars, which parses to the same. */
static void check_members(const struct json_t *root)
{
	struct json_findings findings = {0};
	struct json_members m = {.object = root};
	struct json_writer w;
	struct json_t *again;
	struct buf b;

	buf_init(&b, OUT_MAX);
	json_writer_init(&w, &b);
	json_object_begin(&w);
	while (json_members_next(&m)) {
		json_key_str(&w, m.name);
		if (json_kind_of(m.value) == JSON_KIND_STR)
			json_put_str(&w, json_str_of(m.value));
		else if (json_kind_of(m.value) == JSON_KIND_INTEGER)
			json_put_i64(&w, json_i64_of(m.value));
		else
			json_put_bool(&w, json_bool_of(m.value));
	}
	json_object_end(&w);
	ASSERT(buf_err(&b) == OK);
	ASSERT(json_parse(buf_view(&b), b.n, &again, &findings) == OK);
	m = (struct json_members){.object = root};
	while (json_members_next(&m)) {
		const struct json_t *value = json_member(again, m.name);

		ASSERT(value);
		if (json_kind_of(m.value) == JSON_KIND_STR)
			ASSERT(str_eq(
				json_str_of(value), json_str_of(m.value)));
		else if (json_kind_of(m.value) == JSON_KIND_INTEGER)
			ASSERT(json_i64_of(value) == json_i64_of(m.value));
	}
	ASSERT(json_object_length(again) == json_object_length(root));
	json_free(again);
	buf_deinit(&b);
}

/* U+0000 is written, but not read. */
static void check_any_string(struct str s)
{
	struct json_findings findings = {0};
	struct json_writer w;
	struct json_t *root;
	struct buf b;
	bool has_nul = s.n && memchr(s.p, 0, s.n);

	buf_init(&b, OUT_MAX);
	json_writer_init(&w, &b);
	json_put_str(&w, s);
	ASSERT(buf_err(&b) == OK && str_is_utf8(buf_view(&b)));
	if (!has_nul) {
		ASSERT(json_parse(buf_view(&b), b.n, &root, &findings) == OK);
		ASSERT(!str_is_utf8(s) || str_eq(json_str_of(root), s));
		json_free(root);
	}
	buf_deinit(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size);
	struct json_findings findings = {0};
	struct json_t *root;

	if (size > TEXT_MAX)
		return 0;
	check_any_string(text);
	if (json_parse(text, TEXT_MAX, &root, &findings) == OK) {
		ASSERT(findings.n == 0 && str_is_utf8(text));
		read_fields(root);
		if (json_kind_of(root) == JSON_KIND_OBJECT)
			check_members(root);
		json_free(root);
	} else {
		ASSERT(findings.n == 1);
		check_findings(&findings);
	}
	return 0;
}
