/* Changes to webhooks, as jobs of the links writer. Whoever submitted one
 * wakes the thread that sends (service/webhooks.h) when it is done. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "core/json.h"
#include "core/webhook_record.h"
#include "service/problem.h"
#include "service/view.h"
#include "service/webhook_target.h"
#include "store/links_writer.h"

enum {
	WEBHOOKS_PER_ACCOUNT = 16,
	WEBHOOKS_PER_REGION = 1024,
	/* How long what a changed secret replaced signs too. */
	WEBHOOK_OLD_SECRET_MS = MS_PER_DAY,
};

enum webhook_edit_kind {
	WEBHOOK_PUT,    /* make it, or change it */
	WEBHOOK_PATCH,  /* RFC 7396, but that a secret of null is a new one */
	WEBHOOK_REPLAY, /* begin anew at another place */
	WEBHOOK_DELETE,
};

/* The strings live in the caller's JSON until the job is done. */
struct webhook_edit {
	struct links_job job;
	void *owner; /* for done */
	enum webhook_edit_kind kind;
	const struct webhook_rules *rules;
	const struct regions *regions;
	uint64_t account;
	struct str name;
	struct str url; /* p NULL: as it is */
	enum json_state has_secret, has_after;
	struct webhook_secret secret;
	bool has_state, active;
	bool has_revisions, revisions;
	uint64_t after;  /* where `after` leads */
	uint64_t newest; /* where one without it begins */
	/* Out. */
	bool created;
	bool generated; /* the secret was made here, and is told once */
	struct problem problem;
};

/* Reads the body of a PUT, PATCH or replay; false with the problem. */
bool webhook_edit_read(
	struct webhook_edit *edit, struct view *v, const struct json_t *body);
/* As links_writer_push(). A refused job has its problem. */
CHECKED enum err webhook_edit_submit(
	struct webhook_edit *edit, struct links_writer *w);
