#include "service/feed_place.h"

#include <string.h>

#include "service/cursor.h"
#include "service/feed.h"

static enum err set_gone(struct view *v, uint64_t account,
	uint64_t oldest_after, const char *why, struct problem *problem)
{
	struct cursor oldest = {.sequence = oldest_after};
	char text[CURSOR_LEN];

	cursor_write(v, account, &oldest, text);
	memcpy(problem->oldest_cursor, text, sizeof(text));
	problem->oldest_cursor[sizeof(text)] = '\0';
	problem_set(problem, PROBLEM_CURSOR_GONE, "%s", why);
	return ERR_NOT_FOUND;
}

enum err feed_place(struct view *v, uint64_t account, struct str text,
	uint64_t *after, struct problem *problem)
{
	uint64_t oldest_after, newest;
	struct cursor cursor;

	if (cursor_read(v, account, text, &cursor))
		return ERR_INVALID;
	feed_range(v, &oldest_after, &newest);
	/* One from ahead of the log is from a history that was cut off, too;
	 * but a commit can be seen a moment before `newest` tells of it. */
	if (cursor.sequence < oldest_after)
		return set_gone(v, account, oldest_after,
			"The clicks behind this cursor are no longer kept.",
			problem);
	if (cursor.sequence > newest + CLICK_COMMIT_ROWS ||
		restores_cut_off(&v->region->restores, cursor.sequence))
		return set_gone(v, account, oldest_after,
			"This cursor is from after the backup that was put back.",
			problem);
	*after = cursor.sequence;
	return OK;
}
