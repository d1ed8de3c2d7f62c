#include "store/token_near.h"

#include "store/db.h"

/* For each step all of them, so that no step waits for the one before. */
void tokens_near(struct token_near *tokens, size_t n)
{
	for (size_t i = 0; i < n; i++)
		token_places_prefetch(tokens[i].places, tokens[i].number);
	for (size_t i = 0; i < n; i++) {
		struct token_near *t = &tokens[i];

		t->is_known = token_places_find(
			t->places, t->number, &t->last, &t->record);
	}
	/* Not a prefetch, which the processor may drop where it must first find
	 * out where a page lies. */
	for (size_t i = 0; i < n; i++)
		if (tokens[i].is_known)
			(void)*(const volatile char *)tokens[i].record.p;
	for (size_t i = 0; i < n; i++) {
		struct token_near *t = &tokens[i];
		struct db_key64 key = db_key64(t->last);

		if (t->is_known)
			t->is_known = block_near(t->record,
				str_make(key.bytes, sizeof(key.bytes)),
				t->number, &t->block);
	}
	for (size_t i = 0; i < n; i++)
		if (tokens[i].is_known)
			block_entry_near(&tokens[i].block, tokens[i].number);
}
