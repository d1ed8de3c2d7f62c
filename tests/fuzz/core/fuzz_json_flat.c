/* JSON that is read without a tree: jansson reads the same from it, the same
 * fields too, without a finding. */
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "core/json.h"
#include "core/json_flat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	TEXT_MAX = 1 << 14
};

static void check_scalar(
	const struct json_flat_member *m, const struct json_t *value)
{
	switch (m->kind) {
	case JSON_FLAT_STR:
		ASSERT(json_kind_of(value) == JSON_KIND_STR);
		ASSERT(str_eq(json_str_of(value), m->text));
		return;
	case JSON_FLAT_TRUE:
	case JSON_FLAT_FALSE:
		ASSERT(json_kind_of(value) == JSON_KIND_BOOL);
		ASSERT(json_bool_of(value) == (m->kind == JSON_FLAT_TRUE));
		return;
	case JSON_FLAT_NULL:
		ASSERT(json_kind_of(value) == JSON_KIND_NULL);
		return;
	case JSON_FLAT_OBJECT:
		ASSERT(json_kind_of(value) == JSON_KIND_OBJECT);
		ASSERT(json_object_length(value) == m->members_n);
	}
}

/* The strings behind an object. */
static void check_strings(
	const struct json_flat_member *object, const struct json_t *value)
{
	struct json_members members = {.object = value};
	const struct json_flat_member *m = object + 1;

	for (; json_members_next(&members); m++) {
		ASSERT(m->kind == JSON_FLAT_STR && m->members_n == 0);
		ASSERT(str_eq(members.name, m->name));
		check_scalar(m, members.value);
	}
}

static void check_members(
	const struct json_flat *flat, const struct json_t *root)
{
	struct json_members members = {.object = root};
	size_t at = 0;

	ASSERT(json_kind_of(root) == JSON_KIND_OBJECT);
	for (; json_members_next(&members); at++) {
		const struct json_flat_member *m = &flat->members[at];

		ASSERT(at < flat->n && str_eq(members.name, m->name));
		check_scalar(m, members.value);
		if (m->kind == JSON_FLAT_OBJECT)
			check_strings(m, members.value);
		at += m->members_n;
	}
	ASSERT(at == flat->n);
}

struct fields {
	struct str link, ref;
	bool test;
	const struct json_t *params;
	const struct json_flat_member *flat_params;
	enum json_state link_state, ref_state, test_state;
};

static bool read_fields(struct fields *f, const struct json_t *root,
	const struct json_flat *flat, struct json_findings *findings)
{
	void *params = root ? (void *)&f->params : (void *)&f->flat_params;
	const struct json_field table[] = {
		{"link", JSON_FIELD_STR, JSON_REQUIRED | JSON_NONEMPTY, 6,
			&f->link, &f->link_state},
		{"ref", JSON_FIELD_STR, JSON_NULLABLE, 6, &f->ref,
			&f->ref_state},
		{"params", JSON_FIELD_OBJECT, JSON_NULLABLE, 3, params, NULL},
		{"test", JSON_FIELD_BOOL, 0, 0, &f->test, &f->test_state},
	};

	*f = (struct fields){0};
	return root ? json_read_object(root, "#", table, 4, findings)
		    : json_flat_read_fields(flat, table, 4);
}

static void check_fields(
	const struct json_flat *flat, const struct json_t *root)
{
	struct json_findings findings = {0};
	struct fields ours, theirs;
	bool good = read_fields(&theirs, root, NULL, &findings);

	ASSERT(read_fields(&ours, NULL, flat, NULL) == good);
	if (!good)
		return;
	ASSERT(str_eq(ours.link, theirs.link) && str_eq(ours.ref, theirs.ref));
	ASSERT(ours.test == theirs.test);
	ASSERT(ours.link_state == theirs.link_state);
	ASSERT(ours.ref_state == theirs.ref_state);
	ASSERT(ours.test_state == theirs.test_state);
	ASSERT((ours.flat_params != NULL) == (theirs.params != NULL));
	if (theirs.params)
		check_strings(ours.flat_params, theirs.params);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size);
	struct json_findings findings = {0};
	struct json_flat flat;
	struct json_t *root;

	if (size > TEXT_MAX || !json_flat_read(text, &flat))
		return 0;
	ASSERT(flat.n <= JSON_FLAT_MEMBERS_MAX);
	ASSERT(json_parse(text, TEXT_MAX, &root, &findings) == OK);
	check_members(&flat, root);
	check_fields(&flat, root);
	json_free(root);
	return 0;
}
