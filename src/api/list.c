#include "api/list.h"

const char *const list_params[] = {"after", "limit", NULL};

bool list_read(struct call *c, struct str *after, uint64_t *limit)
{
	*after = query_get(&c->query, "after");
	*limit = LIST_LIMIT_DEFAULT;
	if (query_u64(
		    &c->query, "limit", 1, LIST_LIMIT_MAX, limit, &c->problem))
		return true;
	call_fail(c);
	return false;
}

void list_begin(struct call *c, struct json_writer *w)
{
	json_writer_init(w, call_answer_begin(c));
	json_object_begin(w);
	json_key(w, "items");
	json_array_begin(w);
}

void list_answer(struct call *c, struct json_writer *w, struct str next)
{
	json_array_end(w);
	json_key(w, "next");
	json_put_str_or_null(w, next);
	json_object_end(w);
	call_answer(c, 200, str_make(NULL, 0));
}
