/* A region in a temporary folder with an account, a wall clock of the test's
 * own, and jobs that are waited for. One at a time in a test program. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "service/account_edit.h"
#include "service/campaign_edit.h"
#include "service/link_edit.h"
#include "service/lookup.h"
#include "service/mint_answer.h"
#include "service/mint_one.h"
#include "service/region.h"
#include "service/token_edit.h"
#include "service/view.h"
#include "support/cmocka.h"
#include "support/temp.h"

enum {
	SERVICE_LINE_MAX = 65536,
};

#define SERVICE_WALL_MS 1795412520000ull /* 2026-11-23T05:42:00Z */

struct service {
	struct temp temp;
	struct clock clock;
	struct region_settings settings[2];
	struct domain_settings domain;
	struct regions *regions;
	struct region *region;
	struct views views;
	struct view *view;
	uint64_t account; /* "acme" */
};

static const struct str service_domains[] = {{"ct5.io", 6}};
static const struct str service_foreign[] = {{"ct1.io", 6}};
static atomic_ullong service_wall = SERVICE_WALL_MS;
static pthread_mutex_t service_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t service_changed = PTHREAD_COND_INITIALIZER;
static size_t service_done_n; /* under service_lock */
/* What the region knows of agents: set before service_init(). */
static void (*service_families)(
	void *arg, struct str agent, struct agent_families *to);

static inline uint64_t service_wall_ms(void *arg)
{
	(void)arg;
	return atomic_load(&service_wall);
}

static inline uint64_t service_mono_ns(void *arg)
{
	(void)arg;
	return clock_mono_ns(&clock_system);
}

static inline uint64_t service_now(void)
{
	return atomic_load(&service_wall);
}

static inline void service_add_done(size_t n)
{
	(void)pthread_mutex_lock(&service_lock);
	service_done_n += n;
	(void)pthread_cond_broadcast(&service_changed);
	(void)pthread_mutex_unlock(&service_lock);
}

/* Takes n ends of jobs or clicks, waiting for them. */
static inline void service_wait(size_t n)
{
	(void)pthread_mutex_lock(&service_lock);
	while (service_done_n < n)
		(void)pthread_cond_wait(&service_changed, &service_lock);
	service_done_n -= n;
	(void)pthread_mutex_unlock(&service_lock);
}

static inline void service_job_done(struct links_job *job)
{
	(void)job;
	service_add_done(1);
}

/* For struct mint_stream_options. */
static inline void service_stream_done(void *arg)
{
	(void)arg;
	service_add_done(1);
}

static inline void service_clicks_done(
	void *arg, struct click_entry *const *entries, size_t n)
{
	(void)arg;
	(void)entries;
	service_add_done(n);
}

static inline void service_open(struct service *s)
{
	struct regions_settings settings = {
		.regions = s->settings,
		.regions_n = COUNT_OF(s->settings),
		.domains = &s->domain,
		.domains_n = 1,
		.data_dir = temp_file(&s->temp, "data"),
		.clock = &s->clock,
		.clicks_done = service_clicks_done,
		.families = service_families,
	};
	struct region_problem problem;

	assert_int_equal(regions_open(&settings, &s->regions, &problem), OK);
	s->region = region_by_name(s->regions, STR("us1"));
	assert_int_equal(views_init(s->regions, &s->views), OK);
	s->view = view_of(&s->views, s->region);
}

static inline void service_close(struct service *s)
{
	views_deinit(&s->views);
	regions_close(s->regions);
}

/* Waits for a job that was pushed, and begins a new snapshot. */
static inline void service_finish(struct service *s, enum err pushed)
{
	assert_int_equal(pushed, OK);
	service_wait(1);
	views_reset(&s->views);
}

static inline struct json_t *service_json(const char *text)
{
	struct json_findings findings = {0};
	struct json_t *root = NULL;

	assert_int_equal(
		json_parse(str_from(text), SERVICE_LINE_MAX, &root, &findings),
		OK);
	return root;
}

/* As a POST or PATCH does it; *edit has the outcome. */
CHECKED static inline enum err service_edit_account(struct service *s,
	bool is_new, const char *name, const char *body,
	struct account_edit *edit)
{
	struct json_t *root = service_json(body);

	*edit = (struct account_edit){.job.done = service_job_done,
		.regions = s->regions,
		.region = s->region,
		.is_new = is_new,
		.name = str_from(name)};
	if (!account_edit_read(edit, root)) {
		json_free(root);
		return ERR_INVALID;
	}
	service_finish(s, account_edit_submit(edit, s->region->links_writer));
	json_free(root);
	return edit->job.result;
}

/* The id of the account, made if need be. */
static inline uint64_t service_account(struct service *s, const char *name)
{
	struct account_edit edit;
	struct account account;

	if (lookup_account_name(s->view, str_from(name), &account) == OK)
		return account.id;
	assert_int_equal(service_edit_account(s, true, name, "{}", &edit), OK);
	assert_int_equal(
		lookup_account_name(s->view, str_from(name), &account), OK);
	return account.id;
}

CHECKED static inline enum err service_edit_link(struct service *s,
	uint64_t account, enum link_edit_kind kind, const char *name,
	const char *body, struct link_edit *edit)
{
	struct json_t *root = body ? service_json(body) : NULL;

	*edit = (struct link_edit){.job.done = service_job_done,
		.kind = kind,
		.regions = s->regions,
		.region = s->region,
		.account = account,
		.name = str_from(name)};
	if (root && !link_edit_read(edit, root)) {
		json_free(root);
		return ERR_INVALID;
	}
	service_finish(s, link_edit_submit(edit, s->region->links_writer));
	json_free(root);
	return edit->job.result;
}

static inline void service_put_link(
	struct service *s, const char *name, const char *body)
{
	struct link_edit edit;

	assert_int_equal(
		service_edit_link(s, s->account, LINK_PUT, name, body, &edit),
		OK);
}

CHECKED static inline enum err service_edit_campaign(struct service *s,
	uint64_t account_id, const char *name, const char *body,
	struct campaign_patch *patch)
{
	struct json_t *root = service_json(body);
	struct account account;

	*patch = (struct campaign_patch){.job.done = service_job_done,
		.account = account_id,
		.name = str_from(name)};
	assert_int_equal(lookup_account(s->view, account_id, &account), OK);
	if (!campaign_patch_read(
		    patch, root, s->regions, s->region, &account)) {
		json_free(root);
		return ERR_INVALID;
	}
	service_finish(
		s, campaign_patch_submit(patch, s->region->links_writer));
	json_free(root);
	return patch->job.result;
}

CHECKED static inline enum err service_edit_token(struct service *s,
	uint64_t token, const char *body, struct token_edit *edit)
{
	struct json_t *root = body ? service_json(body) : NULL;

	*edit = (struct token_edit){
		.job.done = service_job_done, .token = token, .revoke = !body};
	if (root && !token_edit_read(edit, root)) {
		json_free(root);
		return ERR_INVALID;
	}
	service_finish(s, token_edit_submit(edit, s->region->links_writer));
	json_free(root);
	return edit->job.result;
}

/* Steps until it is over; the last step that was taken. *one is to be freed by
 * mint_one_deinit(). */
static inline enum mint_one_step service_mint_with(
	struct service *s, struct mint_one *one)
{
	for (;;) {
		enum mint_one_step step = mint_one_step(one);

		if (step == MINT_ONE_WAIT) {
			service_finish(s, OK);
			one->token = one->job.first_token;
			return step;
		}
		if (step != MINT_ONE_CAMPAIGN)
			return step;
		service_finish(s, OK);
		assert_int_equal(one->campaign.job.result, OK);
	}
}

static inline void service_mint_init(struct service *s, struct mint_one *one,
	uint64_t account, const char *line)
{
	mint_one_init(one);
	one->views = &s->views;
	one->view = s->view;
	one->account = account;
	one->line = str_from(line);
	one->line_max = SERVICE_LINE_MAX;
	one->now_ms = service_now();
	one->job.job.done = service_job_done;
	one->campaign.job.done = service_job_done;
}

/* The number of a token that must be minted. */
static inline uint64_t service_mint(
	struct service *s, uint64_t account, const char *line)
{
	struct mint_one one;
	uint64_t token;

	service_mint_init(s, &one, account, line);
	assert_int_equal(service_mint_with(s, &one), MINT_ONE_WAIT);
	assert_int_equal(one.job.job.result, OK);
	token = one.token;
	mint_one_deinit(&one);
	return token;
}

/* What the token's text would read as. */
static inline struct token_id service_token_id(
	struct service *s, uint64_t number)
{
	struct token_id id = {.seq = links_sequence(number)};
	struct block_entry entry;
	struct block block;
	enum err e;

	assert_int_equal(
		token_entry(view_links(s->view, &e), number, &block, &entry),
		OK);
	id.nonce = entry.nonce;
	id.key_version = block.key_version;
	return id;
}

static inline void service_init(struct service *s)
{
	memset(s, 0, sizeof(*s));
	temp_init(&s->temp);
	atomic_store(&service_wall, SERVICE_WALL_MS);
	service_done_n = 0;
	s->clock = (struct clock){service_wall_ms, service_mono_ns, NULL};
	s->settings[0] = (struct region_settings){.name = STR("us1"),
		.tag = 'u',
		.url = STR("https://ct5.io/{{1}}"),
		.domains = service_domains,
		.domains_n = 1,
		.serve = true};
	s->settings[1] = (struct region_settings){.name = STR("eu1"),
		.tag = 'e',
		.url = STR("https://ct1.io/{{1}}"),
		.domains = service_foreign,
		.domains_n = 1};
	s->domain = (struct domain_settings){.host = STR("go.acme.example"),
		.region = STR("us1"),
		.account = STR("acme")};
	service_open(s);
	s->account = service_account(s, "acme");
}

static inline void service_deinit(struct service *s)
{
	service_close(s);
	temp_deinit(&s->temp);
}
