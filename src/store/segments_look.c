#include <stdlib.h>

#include "store/segments_state.h"

/* What a log says of itself to any thread. */

void segments_range(struct segments *s, uint64_t *oldest, uint64_t *newest)
{
	uint64_t to = atomic_load(&s->newest), from = to + 1;

	segments_lock(s);
	for (size_t i = 0; i < s->slots_n; i++) {
		if (s->slots[i].err)
			continue;
		from = s->slots[i].first;
		break;
	}
	segments_unlock(s);
	*oldest = from;
	*newest = to;
}

size_t segments_list(struct segments *s, struct segment_info *to, size_t max)
{
	size_t n;

	segments_lock(s);
	n = s->slots_n;
	for (size_t i = 0; i < n && i < max; i++)
		to[i] = (struct segment_info){
			.day = s->slots[i].day,
			.first_sequence = s->slots[i].first,
			.is_hot = i == n - 1,
			.err = s->slots[i].err,
		};
	segments_unlock(s);
	return n;
}

uint64_t segments_behind(struct segments *s, uint64_t position)
{
	uint64_t newest = atomic_load(&s->newest), n;

	if (newest <= position)
		return 0;
	n = newest - position;
	if (position < s->gap_to && newest > s->gap_to)
		n -= s->gap_to -
		     (position > s->gap_from ? position : s->gap_from);
	return n;
}

enum err segments_list_all(
	struct segments *s, struct segment_info **to, size_t *n)
{
	size_t size = segments_list(s, NULL, 0) + 1, found; /* a day more */
	struct segment_info *list = calloc(size, sizeof(*list));

	if (!list)
		return ERR_NOMEM;
	found = segments_list(s, list, size);
	*to = list;
	*n = found < size ? found : size;
	return OK;
}

const char *segments_dir(const struct segments *s)
{
	return s->dir;
}

size_t segments_open_n(struct segments *s)
{
	size_t n;

	segments_lock(s);
	n = s->open_n;
	segments_unlock(s);
	return n;
}
