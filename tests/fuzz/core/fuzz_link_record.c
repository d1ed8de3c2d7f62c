/* Bytes as a link's and as a campaign's record: what is read from it can be
 * written again, and reads the same. */
#include "core/link_record.h"

#include "sealed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_link(struct str record)
{
	struct link l, again;
	struct buf b, c;

	if (link_record_get(record, &l))
		return;
	ASSERT(l.defaults_n <= LINK_DEFAULTS_MAX);
	for (size_t i = 0; i < l.defaults_n; i++)
		ASSERT(link_default_of(&l, l.defaults[i].name).p);
	(void)link_name_is_valid(l.name);
	buf_init(&b, record.n);
	buf_init(&c, record.n);
	link_record_put(&b, &l);
	ASSERT(buf_err(&b) == OK && b.n == record.n);
	ASSERT(link_record_get(buf_view(&b), &again) == OK);
	link_record_put(&c, &again);
	ASSERT(str_eq(buf_view(&b), buf_view(&c)));
	buf_deinit(&b);
	buf_deinit(&c);
}

static void check_campaign(struct str record)
{
	struct campaign c;
	struct buf b;

	if (campaign_record_get(record, &c))
		return;
	buf_init(&b, record.n);
	campaign_record_put(&b, &c);
	ASSERT(buf_err(&b) == OK && b.n == record.n);
	ASSERT(campaign_record_get(buf_view(&b), &c) == OK);
	buf_deinit(&b);
}

static void check(struct str record, struct str key)
{
	(void)key;
	check_link(record);
	check_campaign(record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_both(data, size, str_make(NULL, 0), check);
	return 0;
}
