#include "micro_region.h"

#include <stdlib.h>

#include "base/assert.h"
#include "core/json.h"
#include "service/account_edit.h"
#include "service/link_edit.h"
#include "service/lookup.h"
#include "store/links.h"

enum {
	BODY_MAX = 4096
};

static struct micro_region *current;

static void on_job(struct links_job *job)
{
	ASSERT(job->result == OK);
	ASSERT(sem_post(&current->done) == 0);
}

static void on_clicks(void *arg, struct click_entry *const *entries, size_t n)
{
	(void)arg;
	for (size_t i = 0; i < n; i++) {
		ASSERT(entries[i]->result == OK);
		ASSERT(sem_post(&current->done) == 0);
	}
}

void micro_region_wait(struct micro_region *g, size_t n)
{
	for (size_t i = 0; i < n; i++)
		while (sem_wait(&g->done))
			; /* a signal */
	views_reset(&g->views);
}

static struct json_t *json_of(const char *text)
{
	struct json_findings findings = {0};
	struct json_t *root;

	ASSERT(json_parse(str_from(text), BODY_MAX, &root, &findings) == OK);
	return root;
}

static void make_account(struct micro_region *g)
{
	struct json_t *body = json_of("{\"account\":\"bench\"}");
	struct account_edit edit = {.job.done = on_job,
		.regions = g->regions,
		.region = g->view->region,
		.is_new = true,
		.name = STR("bench")};
	struct account account;

	ASSERT(account_edit_read(&edit, body));
	ASSERT(account_edit_submit(&edit, g->view->region->links_writer) == OK);
	micro_region_wait(g, 1);
	json_free(body);
	ASSERT(lookup_account_name(g->view, STR("bench"), &account) == OK);
	g->account = account.id;
}

static void make_link(struct micro_region *g)
{
	struct json_t *body =
		json_of("{\"destination\":"
			"\"https://shop.example/cart/{cart}?u={recipient}\"}");
	struct link_edit edit = {.job.done = on_job,
		.kind = LINK_PUT,
		.regions = g->regions,
		.region = g->view->region,
		.account = g->account,
		.name = STR("shop")};

	ASSERT(link_edit_read(&edit, body));
	ASSERT(link_edit_submit(&edit, g->view->region->links_writer) == OK);
	micro_region_wait(g, 1);
	json_free(body);
}

static void read_ids(struct micro_region *g, size_t tokens)
{
	size_t step = (tokens + REGION_IDS_MAX - 1) / REGION_IDS_MAX;

	g->ids_n = tokens / step;
	g->ids = calloc(g->ids_n, sizeof(*g->ids));
	ASSERT(g->ids);
	for (size_t i = 0; i < g->ids_n; i++) {
		uint64_t number = links_number(REGION_SHARD, i * step + 1);
		struct block_entry entry;
		struct block block;

		ASSERT(lookup_block_from(g->view, number, &block) == OK);
		ASSERT(block_entry(&block, number, &entry) == OK);
		g->ids[i] = (struct token_id){
			.seq = links_sequence(number),
			.nonce = entry.nonce,
			.key_version = block.key_version,
		};
	}
	views_reset(&g->views);
}

void micro_region_open(struct micro_region *g, const char *dir, size_t tokens)
{
	struct regions_settings settings = {
		.regions = &g->settings,
		.regions_n = 1,
		.data_dir = dir,
		.clock = &clock_system,
		.clicks_done = on_clicks,
	};
	struct region_problem problem;

	current = g;
	g->random = 88172645463325252;
	g->domain = STR("ct5.io");
	g->settings = (struct region_settings){
		.name = STR("us1"),
		.tag = 'u',
		.url = STR("https://ct5.io/{{1}}"),
		.domains = &g->domain,
		.domains_n = 1,
		.serve = true,
	};
	ASSERT(sem_init(&g->done, 0, 0) == 0);
	ASSERT(regions_open(&settings, &g->regions, &problem) == OK);
	ASSERT(views_init(g->regions, &g->views) == OK);
	g->view = view_of(&g->views, region_by_name(g->regions, STR("us1")));
	make_account(g);
	make_link(g);
	micro_mint(g, tokens);
	read_ids(g, tokens);
}

void micro_region_close(struct micro_region *g)
{
	views_deinit(&g->views);
	regions_close(g->regions);
	free(g->ids);
}

void micro_region_resolve(
	struct micro_region *g, struct buf *location, struct resolution *r)
{
	size_t i = micro_random(&g->random) % g->ids_n;

	buf_reset(location);
	ASSERT(resolve_token(g->view, &g->ids[i], STR(""), STR(""),
		       clock_wall_ms(&clock_system), location, r) == OK);
	ASSERT(r->outcome == CLICK_REDIRECTED && location->n);
}

static void resolve(void *arg, size_t n)
{
	struct micro_region *g = arg;
	struct resolution r;
	struct buf location;

	buf_init(&location, REGION_LOCATION_MAX);
	for (size_t i = 0; i < n; i++)
		micro_region_resolve(g, &location, &r);
	buf_deinit(&location);
	views_reset(&g->views);
}

static void resolve_anew(void *arg, size_t n)
{
	struct micro_region *g = arg;
	struct resolution r;
	struct buf location;

	buf_init(&location, REGION_LOCATION_MAX);
	for (size_t i = 0; i < n; i++) {
		views_reset(&g->views);
		micro_region_resolve(g, &location, &r);
	}
	buf_deinit(&location);
	views_reset(&g->views);
}

void micro_resolves(struct micro *m, struct micro_region *g)
{
	micro_run(m, "resolve: a random token", resolve, g);
	micro_run(m, "resolve: the same, in a snapshot of its own",
		resolve_anew, g);
}
