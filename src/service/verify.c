#include "service/verify.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "store/links.h"
#include "store/links_check.h"
#include "store/log_check.h"
#include "store/restores.h"
#include "store/tally_check.h"

/* A region's folder, and what is found there. */
struct place {
	const struct regions_settings *settings;
	const struct region_settings *region;
	char dir[PATH_MAX];
	struct region_problem *problem;
};

static enum err fail(const struct place *p, enum err e, const char *what)
{
	(void)snprintf(p->problem->text, sizeof(p->problem->text), "%s/%s: %s",
		p->dir, what, e == ERR_SYSTEM ? strerror(errno) : err_text(e));
	return e;
}

static enum err check_keys(const struct place *p, struct check *check)
{
	struct token_keys_problem where = {0};
	struct token_keys keys;
	char path[PATH_MAX];
	struct buf text;
	enum err e = file_path(path, p->dir, "token.keys");

	if (e)
		return e;
	buf_init(&text, TOKEN_KEYS_TEXT_MAX);
	e = file_read(path, &text);
	if (e)
		check_found(check, "token keys", "%s",
			e == ERR_NOT_FOUND ? "the file is missing"
					   : err_text(e));
	else if (token_keys_parse(
			 buf_view(&text), p->region->tag, &keys, &where))
		check_found(check, "token keys", "line %zu: %s", where.line,
			where.text);
	buf_deinit(&text);
	return OK;
}

static enum err check_links(const struct place *p, struct check *check)
{
	char path[PATH_MAX];
	enum err e = file_path(path, p->dir, "links");

	if (!e)
		e = links_check(path, check);
	if (e == ERR_NOT_FOUND || e == ERR_CORRUPT) {
		check_found(check, "links",
			e == ERR_CORRUPT ? "it cannot be opened"
					 : "it is missing");
		e = OK;
	}
	return e ? fail(p, e, "links") : OK;
}

static enum err count_again(const struct place *p, struct segments *segments,
	struct check *check, struct verify_result *result)
{
	char dir[PATH_MAX], temp[PATH_MAX];
	struct tally_options options = {.dir = dir,
		.segments = segments,
		.clock = p->settings->clock,
		.families = p->settings->families,
		.families_arg = p->settings->families_arg};
	struct tally_check tally = {0};
	enum err e = file_path(dir, p->dir, "tally");

	if (!e)
		e = file_path(temp, p->dir, "tally.verify");
	if (!e)
		e = tally_check(&options, temp, check, &tally);
	result->has_tally = !tally.is_missing;
	result->counted = tally.clicks;
	return e ? fail(p, e, "tally") : OK;
}

/* What the links say that the log goes on from; 0 if they cannot. */
static uint64_t first_click(const struct place *p)
{
	struct restores restores = {0};
	struct db_env *env = NULL;
	char path[PATH_MAX];
	uint64_t first = 0;
	enum err e = file_path(path, p->dir, "links");

	if (!e)
		e = links_open_sealed(path, &env);
	if (!e)
		e = restores_load(env, &restores);
	if (!e)
		first = restores_first_click(&restores);
	restores_deinit(&restores);
	db_close(env);
	return first; /* what is wrong there was found before */
}

static enum err check_clicks(const struct place *p, struct check *check,
	struct verify_result *result)
{
	struct segments_problem where = {0};
	struct segments *segments = NULL;
	char path[PATH_MAX];
	struct stat s;
	enum err e = file_path(path, p->dir, "clicks");

	if (e)
		return fail(p, e, "clicks");
	if (stat(path, &s) != 0) {
		check_found(check, "segments", "the click log is missing");
		return OK;
	}
	e = segments_open(&(struct segments_options){.dir = path,
				  .shard = REGION_SHARD,
				  .sequence_min = first_click(p)},
		&segments, &where);
	if (e == ERR_CORRUPT) {
		check_found(check, "segments", "%s: it cannot be opened",
			where.path);
		return OK;
	}
	if (e)
		return fail(p, e, "clicks");
	e = log_check(segments, check, &result->clicks);
	if (e)
		e = fail(p, e, "clicks");
	else
		e = count_again(p, segments, check, result);
	segments_close(segments);
	return e;
}

enum err verify_region(const struct regions_settings *settings,
	const struct region_settings *region, struct check *check,
	struct verify_result *result, struct region_problem *problem)
{
	struct place p = {
		.settings = settings, .region = region, .problem = problem};
	struct stat s;
	int n = snprintf(p.dir, sizeof(p.dir), "%s/%.*s", settings->data_dir,
		STR_FMT(region->name));
	enum err e;

	*result = (struct verify_result){0};
	if (n < 0 || (size_t)n >= sizeof(p.dir))
		return fail(&p, ERR_TOO_LONG, "");
	if (stat(p.dir, &s) != 0) {
		result->is_absent = errno == ENOENT;
		return result->is_absent ? OK : fail(&p, ERR_SYSTEM, "");
	}
	e = check_keys(&p, check);
	if (!e)
		e = check_links(&p, check);
	return e ? e : check_clicks(&p, check, result);
}
