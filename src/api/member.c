#include "api/member.h"

#include "core/timestamp.h"

void member_text(struct json_writer *w, const char *key, struct str s)
{
	json_key(w, key);
	json_put_str_or_null(w, s.n ? s : str_make(NULL, 0));
}

void member_time(struct json_writer *w, const char *key, uint64_t ms)
{
	char text[TIMESTAMP_LEN];

	json_key(w, key);
	if (!ms) {
		json_put_null(w);
		return;
	}
	timestamp_write(text, ms);
	json_put_str(w, str_make(text, sizeof(text)));
}
