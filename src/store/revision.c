#include "store/revision.h"

#include "base/bytes.h"
#include "store/links.h"

enum {
	REVISION_KEY_BYTES = 13
};

static struct str revision_key(char to[REVISION_KEY_BYTES],
	enum revision_kind kind, uint64_t id, uint32_t revision)
{
	to[0] = (char)kind;
	put_be64(to + 1, id);
	put_be32(to + 9, revision);
	return str_make(to, REVISION_KEY_BYTES);
}

void revision_put(struct db_txn *t, enum revision_kind kind, uint64_t id,
	uint32_t revision, struct str record)
{
	char key[REVISION_KEY_BYTES];

	db_put(t, LINKS_REVISIONS, revision_key(key, kind, id, revision),
		record);
}

bool revision_get(struct db_txn *t, enum revision_kind kind, uint64_t id,
	uint32_t revision, struct str *record)
{
	char key[REVISION_KEY_BYTES];

	return db_get(t, LINKS_REVISIONS, revision_key(key, kind, id, revision),
		record);
}
