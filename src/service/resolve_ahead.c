#include "service/resolve_ahead.h"

#include "core/token.h"
#include "store/links.h"

void resolve_ahead_note(
	struct resolve_ahead *a, struct views *views, struct str bytes)
{
	struct region *region;
	struct token_id id;
	struct view *view;

	if (bytes.n < TOKEN_LEN || a->n == RESOLVE_AHEAD_MAX)
		return;
	region = region_by_tag(views->regions, bytes.p[0]);
	view = region ? view_of(views, region) : NULL;
	if (!view ||
		token_read(&view->codec, str_make(bytes.p, TOKEN_LEN), &id))
		return;
	a->views[a->n] = view;
	a->tokens[a->n++] = (struct token_near){
		.places = &view->places,
		.number = links_number(id.shard, id.seq),
	};
}

void resolve_ahead_bring(struct resolve_ahead *a)
{
	size_t n = 0;
	enum err e;

	/* One alone would wait as long. */
	for (size_t i = 0; a->n > 1 && i < a->n; i++) {
		view_refresh_links(a->views[i]);
		if (view_links(a->views[i], &e))
			a->tokens[n++] = a->tokens[i];
	}
	tokens_near(a->tokens, n);
	a->n = 0;
}
