#include "core/regex_meter.h"

#include "core/regex_scan.h"

/* True if the item can be done in more than one way once it has begun. */
static bool is_choice(const struct regex_item *item, bool has_branches)
{
	if (item->kind == REGEX_SET)
		return item->min != item->max;
	return item->kind == REGEX_CLOSE &&
	       (has_branches || item->min != item->max);
}

static bool copy(struct str regex, struct regex_meter *meter, struct buf *to)
{
	bool has_branches[REGEX_DEPTH_MAX + 1] = {false};
	struct regex_item item;
	struct regex_scan s;
	size_t at = 0;

	meter->branches = 1;
	regex_scan_init(&s, regex);
	for (;;) {
		unsigned depth = s.depth;

		regex_scan_next(&s, &item);
		if (item.kind == REGEX_UNKNOWN)
			return false;
		if (item.kind == REGEX_END)
			return true;
		buf_add(to, regex.p + at, item.end - at);
		at = item.end;
		if (is_choice(&item, has_branches[depth]))
			buf_text(to, "(?C)");
		if (item.kind == REGEX_OPEN) {
			has_branches[s.depth] = false;
		} else if (item.kind == REGEX_OR) {
			has_branches[depth] = true;
			meter->branches++;
		}
	}
}

bool regex_meter(struct str regex, struct regex_meter *meter, struct buf *to)
{
	size_t before = to->n;

	if (copy(regex, meter, to))
		return true;
	to->n = before;
	return false;
}
