/* Webhooks of a service's accounts, for the tests of what sends to them. */
#pragma once

#include "service/cursor.h"
#include "service/webhook_edit.h"
#include "service/webhook_report.h"
#include "unit/service/feed_fixture.h"

static const struct ip_prefix webhook_local = {{4, {127}}, 8};
static const struct webhook_rules webhook_any = {
	.allow_http = true, .allowed = &webhook_local, .allowed_n = 1};

/* As a PUT, PATCH, replay or DELETE does it; *edit has the outcome. */
CHECKED static inline enum err webhook_edit_with(struct service *s,
	uint64_t account, const struct webhook_rules *rules,
	enum webhook_edit_kind kind, const char *name, const char *body,
	struct webhook_edit *edit)
{
	struct json_t *root = body ? service_json(body) : NULL;

	*edit = (struct webhook_edit){.job.done = service_job_done,
		.kind = kind,
		.rules = rules,
		.regions = s->regions,
		.account = account,
		.name = str_from(name)};
	if (root && !webhook_edit_read(edit, s->view, root)) {
		json_free(root);
		return ERR_INVALID;
	}
	service_finish(s, webhook_edit_submit(edit, s->region->links_writer));
	json_free(root);
	return edit->job.result;
}

CHECKED static inline enum err webhook_edit_as(struct service *s,
	enum webhook_edit_kind kind, const char *name, const char *body,
	struct webhook_edit *edit)
{
	return webhook_edit_with(
		s, s->account, &webhook_any, kind, name, body, edit);
}

/* A view of the present snapshot. */
static inline struct webhook webhook_find(struct service *s, const char *name)
{
	struct webhook w;

	assert_int_equal(
		lookup_webhook_name(s->view, s->account, str_from(name), &w),
		OK);
	return w;
}

static inline struct webhook_progress webhook_progress_now(
	struct service *s, const char *name)
{
	struct webhook_progress p;
	struct webhook w;

	views_reset(&s->views);
	w = webhook_find(s, name);
	assert_int_equal(lookup_webhook_progress(s->view, &w, &p), OK);
	return p;
}

/* A cursor of the account, NUL-terminated. */
static inline void webhook_cursor(
	struct service *s, uint64_t sequence, char to[CURSOR_LEN + 1])
{
	const struct cursor c = {.sequence = sequence};

	cursor_write(s->view, s->account, &c, to);
	to[CURSOR_LEN] = '\0';
}
