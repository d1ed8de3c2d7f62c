#include "core/agent_pattern.h"

#include <stdio.h>
#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/assert.h"
#include "base/buf.h"
#include "core/regex_meter.h"

enum {
	METERED_MAX = 65536,   /* bytes of a pattern with its callouts */
	JIT_STACK = 256 << 10, /* bytes */
	/* For each place where a match may begin. */
	MATCH_LIMIT = 100000,
	DEPTH_LIMIT = 1000,   /* without JIT */
	HEAP_LIMIT_KIB = 512, /* without JIT */
	/* What a step is: see steps_to_run() and on_callout(). */
	STEPS_PER_RUN = 8,
	BYTES_PER_STEP = 8,         /* looked at before a match begins */
	BRANCH_BYTES_PER_STEP = 64, /* times alternatives, likewise */
	BRANCHES_PER_STEP = 16,     /* behind a callout */
	MOVED_BYTES_PER_STEP = 16   /* before a callout */
};

/* Instead of code: PCRE2 refused the pattern. */
static char refused;

struct agent_runner {
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_jit_stack *stack;
	uint32_t given;
	uint32_t left; /* steps */
	/* Where the last callout stood in the text, and where the match that
	 * it was in had begun. */
	size_t at;
	size_t start;
	uint32_t branches; /* of the pattern at hand */
	struct str text;
	int groups_n;
};

void agent_pattern_init(
	struct agent_pattern *p, struct str regex, bool caseless)
{
	p->regex = regex;
	p->caseless = caseless;
	p->branches = 1;
	atomic_init(&p->code, NULL);
}

static bool is_code(void *code)
{
	return code && code != &refused;
}

void agent_pattern_deinit(struct agent_pattern *p)
{
	void *code = atomic_load(&p->code);

	if (is_code(code))
		pcre2_code_free(code);
}

/* NULL with PCRE2's error. */
static pcre2_code *compile(
	struct str text, bool caseless, uint32_t options, int *error)
{
	PCRE2_SIZE at;
	pcre2_code *code;

	if (caseless)
		options |= PCRE2_CASELESS;
	options |= PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C;
	code = pcre2_compile((PCRE2_SPTR)(text.n ? text.p : ""), text.n,
		options, error, &at, NULL);
	/* Without JIT, the interpreter does the same more slowly. */
	if (code)
		(void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	return code;
}

/* With our callouts, or with PCRE2's, which are many more. */
static pcre2_code *compile_metered(struct agent_pattern *p, int *error)
{
	pcre2_code *code = NULL;
	struct regex_meter meter;
	struct buf metered;

	buf_init(&metered, METERED_MAX);
	if (regex_meter(p->regex, &meter, &metered)) {
		p->branches = meter.branches;
		if (buf_err(&metered) == OK)
			code = compile(
				buf_view(&metered), p->caseless, 0, error);
	}
	if (buf_err(&metered) == ERR_NOMEM)
		*error = PCRE2_ERROR_HEAP_FAILED;
	buf_deinit(&metered);
	if (!code && *error != PCRE2_ERROR_HEAP_FAILED)
		code = compile(
			p->regex, p->caseless, PCRE2_AUTO_CALLOUT, error);
	return code;
}

static enum err compile_now(
	struct agent_pattern *p, char problem[AGENT_PATTERN_PROBLEM])
{
	int error = 0;
	void *code = compile_metered(p, &error);

	if (!code && error == PCRE2_ERROR_HEAP_FAILED)
		return ERR_NOMEM;
	if (!code && problem)
		(void)pcre2_get_error_message(
			error, (PCRE2_UCHAR *)problem, AGENT_PATTERN_PROBLEM);
	atomic_store_explicit(
		&p->code, code ? code : &refused, memory_order_release);
	return code ? OK : ERR_INVALID;
}

enum err agent_pattern_compile(struct agent_pattern *p, pthread_mutex_t *lock,
	char problem[AGENT_PATTERN_PROBLEM])
{
	void *code = atomic_load_explicit(&p->code, memory_order_acquire);
	enum err e = OK;

	if (is_code(code))
		return OK;
	if (code && !problem)
		return ERR_INVALID;
	ASSERT(pthread_mutex_lock(lock) == 0);
	code = atomic_load_explicit(&p->code, memory_order_acquire);
	/* A problem is made anew for whoever asks for it. */
	if (!is_code(code))
		e = compile_now(p, problem);
	ASSERT(pthread_mutex_unlock(lock) == 0);
	return e;
}

static void spend(struct agent_runner *r, size_t steps)
{
	r->left = steps < r->left ? r->left - (uint32_t)steps : 0;
}

/* What happens before a match begins: a call, a look at each byte, and at each
 * place the beginnings of some alternatives. */
static size_t steps_to_run(const struct agent_pattern *p, struct str text)
{
	return STEPS_PER_RUN + text.n / BYTES_PER_STEP +
	       text.n * p->branches / BRANCH_BYTES_PER_STEP;
}

/* Behind a choice: the matcher has gone over some bytes, from the last one or
 * from where it began anew, and may try some alternatives before the next. */
static int on_callout(pcre2_callout_block *block, void *arg)
{
	struct agent_runner *r = arg;
	size_t at = block->current_position;
	size_t from =
		block->start_match == r->start ? r->at : block->start_match;
	size_t moved = at > from ? at - from : from - at;

	r->at = at;
	r->start = block->start_match;
	spend(r, 1 + r->branches / BRANCHES_PER_STEP +
			 moved / MOVED_BYTES_PER_STEP);
	return r->left ? 0 : PCRE2_ERROR_CALLOUT;
}

struct agent_runner *agent_runner_new(void)
{
	struct agent_runner *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->data = pcre2_match_data_create(AGENT_GROUPS, NULL);
	r->context = pcre2_match_context_create(NULL);
	/* NULL where there is no JIT, which then needs none. */
	r->stack = pcre2_jit_stack_create(JIT_STACK, JIT_STACK, NULL);
	if (!r->data || !r->context) {
		agent_runner_free(r);
		return NULL;
	}
	pcre2_jit_stack_assign(r->context, NULL, r->stack);
	(void)pcre2_set_match_limit(r->context, MATCH_LIMIT);
	(void)pcre2_set_depth_limit(r->context, DEPTH_LIMIT);
	(void)pcre2_set_heap_limit(r->context, HEAP_LIMIT_KIB);
	(void)pcre2_set_callout(r->context, on_callout, r);
	return r;
}

void agent_runner_free(struct agent_runner *r)
{
	if (!r)
		return;
	pcre2_match_data_free(r->data);
	pcre2_match_context_free(r->context);
	pcre2_jit_stack_free(r->stack);
	free(r);
}

void agent_runner_begin(struct agent_runner *r, uint32_t steps)
{
	r->given = steps;
	r->left = steps;
}

uint32_t agent_runner_steps(const struct agent_runner *r)
{
	return r->given - r->left;
}

bool agent_pattern_match(
	const struct agent_pattern *p, struct agent_runner *r, struct str text)
{
	void *code = atomic_load_explicit(&p->code, memory_order_acquire);
	PCRE2_SPTR subject = (PCRE2_SPTR)(text.n ? text.p : "");
	int rc;

	if (!is_code(code))
		return false;
	spend(r, steps_to_run(p, text));
	if (!r->left)
		return false;
	r->at = 0;
	r->start = 0;
	r->branches = p->branches;
	r->text = text;
	rc = pcre2_jit_match(code, subject, text.n, 0, 0, r->data, r->context);
	if (rc == PCRE2_ERROR_JIT_BADOPTION)
		rc = pcre2_match(
			code, subject, text.n, 0, 0, r->data, r->context);
	/* 0: more groups than there is room for. */
	r->groups_n = rc == 0 ? AGENT_GROUPS : rc;
	return rc >= 0;
}

struct str agent_runner_group(const struct agent_runner *r, unsigned n)
{
	const PCRE2_SIZE *ends;

	ASSERT(n < AGENT_GROUPS);
	ends = pcre2_get_ovector_pointer(r->data) + (size_t)2 * n;
	if ((int)n >= r->groups_n || ends[0] == PCRE2_UNSET)
		return STR("");
	/* \K may put a match's start behind its end. */
	if (ends[0] > ends[1])
		return STR("");
	return str_make(r->text.p + ends[0], ends[1] - ends[0]);
}
