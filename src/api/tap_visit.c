#include "api/tap_visit.h"

#include "api/well_known.h"

/* A domain's own page, or ours. */
void visit_put_page(struct visit *v, enum page page)
{
	const struct domain_settings *domain =
		domain_by_host(v->site->options.regions, v->request->host);
	struct str own = str_make(NULL, 0);

	if (domain && page == PAGE_NOT_FOUND)
		own = domain->page_not_found;
	else if (domain && page == PAGE_GONE)
		own = domain->page_gone;
	v->own_page = own;
	if (!own.p)
		page_put(&v->site->body, page,
			v->request->known[HTTP_ACCEPT_LANGUAGE]);
}

struct str visit_body(const struct visit *v)
{
	return v->own_page.p ? v->own_page : buf_view(&v->site->body);
}

void visit_page(struct visit *v, enum page page)
{
	struct tap_site *s = v->site;

	buf_reset(&s->lines);
	buf_reset(&s->body);
	buf_text(&s->lines, NO_STORE);
	page_put_headers(&s->lines);
	if (page == PAGE_METHOD)
		buf_text(&s->lines, "Allow: GET, HEAD\r\n");
	visit_put_page(v, page);
	http_answer(
		v->ex, page_status(page), buf_view(&s->lines), visit_body(v));
}

void visit_text(struct visit *v, int status, const char *text)
{
	http_answer(v->ex, status,
		STR(NO_STORE "Content-Type: text/plain; charset=utf-8\r\n"),
		str_from(text));
}

struct str visit_redirect_lines(struct visit *v, struct str location)
{
	struct tap_site *s = v->site;

	buf_reset(&s->lines);
	buf_text(&s->lines, "Location: ");
	buf_str(&s->lines, location);
	buf_text(&s->lines, "\r\n" NO_STORE NO_INDEX);
	return buf_view(&s->lines);
}

void visit_root(struct visit *v)
{
	struct regions *regions = v->site->options.regions;
	struct region *region = region_by_host(regions, v->request->host);

	if (!region && regions->n == 1)
		region = &regions->items[0];
	if (region && region->settings.homepage.n)
		http_answer(v->ex, 302,
			visit_redirect_lines(v, region->settings.homepage),
			str_make(NULL, 0));
	else
		visit_page(v, PAGE_SAMPLE);
}

void visit_well_known(struct visit *v)
{
	struct tap_site *s = v->site;
	struct well_known found;

	if (well_known_find(
		    domain_by_host(s->options.regions, v->request->host),
		    v->request->path, &s->body, &found)) {
		visit_text(v, 404, "not found\n");
		return;
	}
	buf_reset(&s->lines);
	buf_text(&s->lines, NO_STORE "Content-Type: ");
	buf_text(&s->lines, found.content_type);
	buf_text(&s->lines, "\r\n");
	http_answer(v->ex, 200, buf_view(&s->lines), found.bytes);
}
