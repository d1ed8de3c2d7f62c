/* Bytes as backup.json and as SHA256SUMS: what is read is written again as what
 * reads as the same, and no path leads out of the backup. */
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "core/backup_set.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_about(struct str text)
{
	struct json_findings findings = {0};
	struct backup_about a, again;
	struct buf b;

	if (backup_about_read(text, &a, &findings))
		return;
	buf_init(&b, 2 * BACKUP_ABOUT_MAX);
	backup_about_put(&b, &a, STR("1"));
	ASSERT(buf_err(&b) == OK);
	ASSERT(backup_about_read(buf_view(&b), &again, &findings) == OK);
	ASSERT(again.regions_n == a.regions_n && again.begun_ms == a.begun_ms &&
		again.ended_ms == a.ended_ms);
	for (size_t i = 0; i < a.regions_n; i++)
		ASSERT(str_eq(a.regions[i].name, again.regions[i].name));
	backup_about_deinit(&again);
	backup_about_deinit(&a);
	buf_deinit(&b);
}

static void check_sums(struct str text)
{
	struct str all = text;
	struct backup_sum s;
	struct buf b;

	buf_init(&b, text.n);
	while (backup_sum_next(&text, &s) == OK) {
		ASSERT(s.path.p[0] != '/' && s.path.p[0] != '.');
		ASSERT(!str_contains(s.path, STR("..")));
		ASSERT(str_find(s.path, '\0') == s.path.n);
		backup_sum_put(&b, s.sum.p, s.path);
	}
	ASSERT(buf_err(&b) == OK);
	ASSERT(b.n == all.n - text.n &&
		memcmp(b.p ? b.p : "", all.p, b.n) == 0);
	buf_deinit(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size);

	check_about(text);
	if (size)
		check_sums(text);
	return 0;
}
