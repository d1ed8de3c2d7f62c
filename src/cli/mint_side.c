#include "cli/mint_side.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "core/json.h"
#include "core/json_writer.h"

enum {
	SIDE_VERSION = 1,
	SIDE_MODE = 0600
};

static const char *const formats[] = {
	[MINT_CSV] = "csv", [MINT_NDJSON] = "ndjson"};

/* The texts, for reading, writing and comparing alike. */
struct text_field {
	const char *name;
	const char *shown; /* what it is called when it differs */
	size_t offset;
};

static const struct text_field texts[] = {
	{"link", "--link", offsetof(struct mint_side, link)},
	{"campaign", "--campaign", offsetof(struct mint_side, campaign)},
	{"ttl", "--ttl", offsetof(struct mint_side, ttl)},
	{"server", "the server", offsetof(struct mint_side, server)},
	{"account", "the account", offsetof(struct mint_side, account)},
};

struct number_field {
	const char *name;
	size_t offset;
};

static const struct number_field numbers[] = {
	{"started_ms", offsetof(struct mint_side, started_ms)},
	{"chunk_rows", offsetof(struct mint_side, chunk_rows)},
	{"chunk_bytes", offsetof(struct mint_side, chunk_bytes)},
	{"first_row", offsetof(struct mint_side, first_row)},
};

enum {
	TEXTS_N = sizeof(texts) / sizeof(texts[0]),
	NUMBERS_N = sizeof(numbers) / sizeof(numbers[0])
};

static const char *text_of(const struct mint_side *side, size_t i)
{
	return (const char *)side + texts[i].offset;
}

char *mint_side_path(const char *output)
{
	static const char end[] = ".ctio-mint";
	size_t n = strlen(output) + sizeof(end);
	char *path = malloc(n);

	if (path)
		(void)snprintf(path, n, "%s%s", output, end);
	return path;
}

static void put(struct buf *to, const struct mint_side *side)
{
	struct json_writer w;

	json_writer_init(&w, to);
	json_object_begin(&w);
	json_key(&w, "version");
	json_put_u64(&w, SIDE_VERSION);
	json_key(&w, "id");
	json_put_str(&w, str_from(side->id));
	json_key(&w, "format");
	json_put_str(&w, str_from(formats[side->format]));
	for (size_t i = 0; i < NUMBERS_N; i++) {
		uint64_t v;

		memcpy(&v, (const char *)side + numbers[i].offset, sizeof(v));
		json_key(&w, numbers[i].name);
		json_put_u64(&w, v);
	}
	for (size_t i = 0; i < TEXTS_N; i++) {
		json_key(&w, texts[i].name);
		json_put_str(&w, str_from(text_of(side, i)));
	}
	json_key(&w, "vars");
	json_array_begin(&w);
	for (size_t i = 0; i < side->vars_n; i++)
		json_put_str(&w, str_from(side->vars[i]));
	json_array_end(&w);
	json_object_end(&w);
	json_line_end(&w);
}

enum err mint_side_write(const char *path, const struct mint_side *side)
{
	struct buf text;
	enum err e;

	buf_init(&text, MINT_SIDE_MAX);
	put(&text, side);
	e = buf_err(&text);
	if (!e)
		e = file_write(path, buf_view(&text), SIDE_MODE);
	buf_deinit(&text);
	return e;
}

enum err mint_side_remove(const char *path)
{
	char *parent;
	char *slash;
	enum err e;

	if (unlink(path) != 0)
		return err_from_errno(errno);
	parent = strdup(path);
	if (!parent)
		return ERR_NOMEM;
	slash = strrchr(parent, '/');
	if (slash)
		slash[slash == parent] = '\0';
	e = file_sync(slash ? parent : ".");
	free(parent);
	return e;
}

static bool copy(struct str from, char *to, size_t size)
{
	if (from.n >= size || memchr(from.p, '\0', from.n))
		return false;
	memcpy(to, from.p, from.n);
	to[from.n] = '\0';
	return true;
}

static bool take_vars(const struct json_t *vars, struct mint_side *side)
{
	side->vars_n = json_array_length(vars);
	if (side->vars_n > URI_TEMPLATE_VARS_MAX)
		return false;
	for (size_t i = 0; i < side->vars_n; i++) {
		const struct json_t *name = json_array_at(vars, i);

		if (json_kind_of(name) != JSON_KIND_STR ||
			!copy(json_str_of(name), side->vars[i],
				sizeof(side->vars[i])))
			return false;
	}
	return true;
}

static bool take_format(struct str text, struct mint_side *side)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (str_is(text, formats[i])) {
			side->format = (enum mint_format)i;
			return true;
		}
	}
	return false;
}

static enum err take(const struct json_t *root, struct mint_side *side)
{
	struct json_findings findings = {0};
	struct json_field fields[4 + TEXTS_N + NUMBERS_N];
	struct str id, format, text[TEXTS_N];
	const struct json_t *vars;
	uint64_t version = 0;
	size_t n = 0;

	fields[n++] = (struct json_field){
		"version", JSON_FIELD_U64, JSON_REQUIRED, 0, &version, NULL};
	fields[n++] = (struct json_field){
		"id", JSON_FIELD_STR, JSON_REQUIRED, MINT_ID_LEN, &id, NULL};
	fields[n++] = (struct json_field){
		"format", JSON_FIELD_STR, JSON_REQUIRED, 0, &format, NULL};
	fields[n++] = (struct json_field){
		"vars", JSON_FIELD_ARRAY, JSON_REQUIRED, 0, &vars, NULL};
	for (size_t i = 0; i < TEXTS_N; i++)
		fields[n++] = (struct json_field){texts[i].name, JSON_FIELD_STR,
			JSON_REQUIRED, 0, &text[i], NULL};
	for (size_t i = 0; i < NUMBERS_N; i++)
		fields[n++] = (struct json_field){numbers[i].name,
			JSON_FIELD_U64, JSON_REQUIRED, 0,
			(char *)side + numbers[i].offset, NULL};
	if (!json_read_object(root, "#", fields, n, &findings))
		return version > SIDE_VERSION ? ERR_VERSION : ERR_CORRUPT;
	if (version != SIDE_VERSION)
		return version > SIDE_VERSION ? ERR_VERSION : ERR_CORRUPT;
	for (size_t i = 0; i < TEXTS_N; i++)
		if (!copy(text[i], (char *)side + texts[i].offset,
			    MINT_SIDE_TEXT_MAX))
			return ERR_CORRUPT;
	if (!copy(id, side->id, sizeof(side->id)) || !side->id[0] ||
		!take_format(format, side) || !take_vars(vars, side) ||
		!side->chunk_rows || !side->chunk_bytes)
		return ERR_CORRUPT;
	return OK;
}

enum err mint_side_read(const char *path, struct mint_side *side)
{
	struct json_findings findings = {0};
	struct json_t *root = NULL;
	struct buf text;
	enum err e;

	*side = (struct mint_side){0};
	buf_init(&text, MINT_SIDE_MAX);
	e = file_read(path, &text);
	if (e)
		goto out;
	e = json_parse(buf_view(&text), MINT_SIDE_MAX, &root, &findings);
	if (!e)
		e = take(root, side);
	else if (e != ERR_NOMEM)
		e = ERR_CORRUPT;
out:
	json_free(root);
	buf_deinit(&text);
	return e;
}

const char *mint_side_differs(
	const struct mint_side *a, const struct mint_side *b)
{
	for (size_t i = 0; i < TEXTS_N; i++)
		if (strcmp(text_of(a, i), text_of(b, i)) != 0)
			return texts[i].shown;
	return a->format == b->format ? NULL : "the input's format";
}
