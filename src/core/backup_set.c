#include "core/backup_set.h"

#include <string.h>

#include "core/json_writer.h"
#include "core/timestamp.h"

static void put_time(struct json_writer *w, const char *key, uint64_t ms)
{
	char text[TIMESTAMP_LEN];

	timestamp_write(text, ms);
	json_key(w, key);
	json_put_str(w, str_make(text, sizeof(text)));
}

static void put_region(struct json_writer *w, const struct backup_region *r)
{
	json_object_begin(w);
	json_key(w, "region");
	json_put_str(w, r->name);
	json_key(w, "tag");
	json_put_str(w, str_make(&r->tag, 1));
	json_key(w, "keys");
	json_put_bool(w, r->has_keys);
	json_key(w, "left_out");
	json_put_u64(w, r->left_out);
	json_object_end(w);
}

void backup_about_put(
	struct buf *out, const struct backup_about *a, struct str version)
{
	struct json_writer w;

	json_writer_init(&w, out);
	json_object_begin(&w);
	json_key(&w, "backup");
	json_put_u64(&w, BACKUP_FORMAT);
	json_key(&w, "ctio");
	json_put_str(&w, version);
	put_time(&w, "begun_at", a->begun_ms);
	put_time(&w, "ended_at", a->ended_ms);
	json_key(&w, "regions");
	json_array_begin(&w);
	for (size_t i = 0; i < a->regions_n; i++)
		put_region(&w, &a->regions[i]);
	json_array_end(&w);
	json_object_end(&w);
	json_line_end(&w);
}

/* As the config has them. */
static bool is_name(struct str s)
{
	bool good = s.n > 0;

	for (size_t i = 0; i < s.n; i++)
		good = good && (ascii_is_digit(s.p[i]) ||
				       (s.p[i] >= 'a' && s.p[i] <= 'z'));
	return good;
}

static bool read_region(const struct json_t *value, struct backup_region *r,
	struct json_findings *findings)
{
	struct str tag = {0};
	const struct json_field fields[] = {
		{"region", JSON_FIELD_STR, JSON_REQUIRED, BACKUP_PATH_MAX / 2,
			&r->name, NULL},
		{"tag", JSON_FIELD_STR, JSON_REQUIRED | JSON_NONEMPTY, 1, &tag,
			NULL},
		{"keys", JSON_FIELD_BOOL, JSON_REQUIRED, 0, &r->has_keys, NULL},
		{"left_out", JSON_FIELD_U64, JSON_REQUIRED, 0, &r->left_out,
			NULL},
	};

	if (!json_read_object(value, "#/regions", fields, 4, findings))
		return false;
	r->tag = tag.p[0];
	if (is_name(r->name))
		return true;
	json_finding_add(
		findings, "#/regions", STR("region"), "is no region's name");
	return false;
}

static bool read_time(struct str text, const char *name, uint64_t *ms,
	struct json_findings *findings)
{
	if (!timestamp_parse(text, ms))
		return true;
	json_finding_add(findings, "#", str_from(name), "is no time");
	return false;
}

static enum err read_about(struct backup_about *a, const struct json_t *root,
	struct json_findings *findings)
{
	const struct json_t *regions = NULL, *format;
	struct str version, begun = {0}, ended = {0};
	uint64_t number = 0;
	const struct json_field fields[] = {
		{"backup", JSON_FIELD_U64, JSON_REQUIRED, 0, &number, NULL},
		{"ctio", JSON_FIELD_STR, JSON_REQUIRED, 0, &version, NULL},
		{"begun_at", JSON_FIELD_STR, JSON_REQUIRED, 0, &begun, NULL},
		{"ended_at", JSON_FIELD_STR, JSON_REQUIRED, 0, &ended, NULL},
		{"regions", JSON_FIELD_ARRAY, JSON_REQUIRED, BACKUP_REGIONS_MAX,
			&regions, NULL},
	};
	bool good;

	/* A newer one may have members that are not known here. */
	format = json_kind_of(root) == JSON_KIND_OBJECT
			 ? json_member(root, STR("backup"))
			 : NULL;
	if (format && json_kind_of(format) == JSON_KIND_INTEGER &&
		json_i64_of(format) > BACKUP_FORMAT)
		return ERR_VERSION;
	good = json_read_object(root, "#", fields, 5, findings) &&
	       read_time(begun, "begun_at", &a->begun_ms, findings) &&
	       read_time(ended, "ended_at", &a->ended_ms, findings);
	if (!good)
		return ERR_INVALID;
	a->regions_n = json_array_length(regions);
	for (size_t i = 0; good && i < a->regions_n; i++)
		good = read_region(
			json_array_at(regions, i), &a->regions[i], findings);
	return good ? OK : ERR_INVALID;
}

enum err backup_about_read(struct str text, struct backup_about *to,
	struct json_findings *findings)
{
	struct backup_about a = {0};
	enum err e = json_parse(text, BACKUP_ABOUT_MAX, &a.root, findings);

	if (e)
		return e;
	e = read_about(&a, a.root, findings);
	if (e)
		backup_about_deinit(&a);
	else
		*to = a;
	return e;
}

void backup_about_deinit(struct backup_about *a)
{
	json_free(a->root);
	*a = (struct backup_about){0};
}

void backup_sum_put(
	struct buf *out, const char sum[SHA256_TEXT_LEN], struct str path)
{
	buf_add(out, sum, SHA256_TEXT_LEN);
	buf_text(out, "  ");
	buf_str(out, path);
	buf_byte(out, '\n');
}

static bool is_segment(struct str s)
{
	uint64_t day;

	return str_starts(s, STR("clicks/")) &&
	       s.n == sizeof("clicks/") - 1 + DAY_LEN + sizeof("/data.mdb") -
			       1 &&
	       str_ends(s, STR("/data.mdb")) &&
	       day_parse(str_make(s.p + sizeof("clicks/") - 1, DAY_LEN),
		       &day) == OK;
}

/* Of a region's folder. */
static bool is_file(struct str s)
{
	return str_is(s, "token.keys") || str_is(s, "links/data.mdb") ||
	       str_is(s, "tally/data.mdb") || is_segment(s);
}

struct str backup_path_region(struct str path)
{
	struct str rest = path;
	struct str name = str_split(&rest, '/');

	return rest.p ? name : str_make(NULL, 0);
}

static bool is_path(struct str path)
{
	struct str region = backup_path_region(path);

	return str_is(path, BACKUP_ABOUT) ||
	       (path.n <= BACKUP_PATH_MAX && is_name(region) &&
		       is_file(str_skip(path, region.n + 1)));
}

static bool is_sum(struct str s)
{
	bool good = s.n == SHA256_TEXT_LEN;

	for (size_t i = 0; good && i < s.n; i++)
		good = ascii_hex_value(s.p[i]) >= 0 &&
		       ascii_lower(s.p[i]) == s.p[i];
	return good;
}

enum err backup_sum_next(struct str *text, struct backup_sum *to)
{
	struct str rest = *text;
	struct backup_sum s;

	if (!rest.n)
		return ERR_NOT_FOUND;
	s.path = str_split(&rest, '\n');
	if (!rest.p || s.path.n < SHA256_TEXT_LEN + 2)
		return ERR_INVALID; /* cut off, or no such line */
	s.sum = str_make(s.path.p, SHA256_TEXT_LEN);
	s.path = str_skip(s.path, SHA256_TEXT_LEN);
	if (!str_starts(s.path, STR("  ")))
		return ERR_INVALID;
	s.path = str_skip(s.path, 2);
	if (!is_sum(s.sum) || !is_path(s.path))
		return ERR_INVALID;
	*text = rest;
	*to = s;
	return OK;
}
