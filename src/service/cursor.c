#include "service/cursor.h"

#include "base/assert.h"

/* b of a cursor: 32 bits of the account's id, 16 unused, a constant 16. */
enum {
	CURSOR_MARK = 0xc75e,
	CLICK_ID_MARK = 0x11d
};

static uint64_t second_half(uint64_t account)
{
	uint32_t mixed = (uint32_t)(account ^ account >> 32);

	return (uint64_t)mixed << 32 | CURSOR_MARK;
}

void cursor_write(struct view *v, uint64_t account, const struct cursor *c,
	char to[CURSOR_LEN])
{
	struct sealed_id id = {
		.a = c->sequence,
		.b = second_half(account),
	};

	sealed_id_write(&v->cursors, &id, to);
}

enum err cursor_read(
	struct view *v, uint64_t account, struct str s, struct cursor *c)
{
	struct sealed_id id;
	enum err e = sealed_id_read(&v->cursors, s, &id);

	if (e)
		return e;
	if (id.b != second_half(account))
		return ERR_INVALID;
	*c = (struct cursor){id.a};
	return OK;
}

void click_id_write(struct view *v, uint64_t sequence, char to[CURSOR_LEN])
{
	struct sealed_id id = {.a = sequence, .b = CLICK_ID_MARK};

	sealed_id_write(&v->click_ids, &id, to);
}

void seals_write(struct view *v, uint64_t account, const uint64_t *sequences,
	size_t n, struct seals *to)
{
	struct sealed_id cursor = {.b = second_half(account)};
	struct sealed_id click = {.b = CLICK_ID_MARK};

	ASSERT(n > 0 && n <= SEALS_MAX);
	for (size_t i = 0; i < n; i++) {
		cursor.a = click.a = sequences[i];
		sealed_id_block(&cursor, to->cursors[i]);
		sealed_id_block(&click, to->click_ids[i]);
	}
	cipher_encrypt_all(&v->cursors, to->cursors, n);
	cipher_encrypt_all(&v->click_ids, to->click_ids, n);
}
