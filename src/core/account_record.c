#include "core/account_record.h"

#include "core/record.h"

enum {
	ACCOUNT_RECORD_VERSION = 1,
	ACCOUNT_ACTIVE = 1
};

void account_record_put(struct buf *out, const struct account *a)
{
	struct writer w;

	record_begin(&w, out, ACCOUNT_RECORD_VERSION);
	writer_be64(&w, a->id);
	writer_varint(&w, a->revision);
	writer_u8(&w, a->active ? ACCOUNT_ACTIVE : 0);
	writer_bytes(&w, a->name);
	writer_bytes(&w, a->fallback);
	writer_varint(&w, a->created_ms);
	writer_varint(&w, a->hosts_n);
	for (size_t i = 0; i < a->hosts_n; i++)
		writer_bytes(&w, a->hosts[i]);
	record_seal(&w);
}

enum err account_record_get(struct str record, struct account *a)
{
	struct account got = {0};
	struct reader r;
	uint8_t version;
	enum err e;

	e = record_open(&r, record, ACCOUNT_RECORD_VERSION, &version);
	if (e)
		return e;
	got.id = reader_be64(&r);
	got.revision = (uint32_t)reader_varint_max(&r, UINT32_MAX);
	got.active = reader_u8(&r) & ACCOUNT_ACTIVE;
	got.name = reader_bytes(&r);
	got.fallback = reader_bytes(&r);
	got.created_ms = reader_varint(&r);
	got.hosts_n = (size_t)reader_varint_max(&r, ACCOUNT_HOSTS_MAX);
	for (size_t i = 0; i < got.hosts_n; i++)
		got.hosts[i] = reader_bytes(&r);
	e = reader_end(&r);
	if (e)
		return e;
	*a = got;
	return OK;
}

bool account_name_is_valid(struct str name)
{
	if (name.n == 0 || name.n > ACCOUNT_NAME_MAX || name.p[0] == '-' ||
		name.p[name.n - 1] == '-')
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (!(c >= 'a' && c <= 'z') && !ascii_is_digit(c) && c != '-')
			return false;
	}
	return true;
}
