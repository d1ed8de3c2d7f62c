#include "core/verdict.h"

#include <stddef.h>

/* What of a request a rule looks at. */
enum field {
	FIELD_METHOD,
	FIELD_USER_AGENT,
	FIELD_SEC_PURPOSE,
	FIELD_PURPOSE,
	FIELD_X_PURPOSE,
	FIELD_X_MOZ
};

enum match {
	MATCH_HEAD,     /* the method is HEAD */
	MATCH_START,    /* begins with the only word, case and all */
	MATCH_ANY_WORD, /* holds one of the words, in any case */
};

enum {
	WORDS_MAX = 4
};

struct rule {
	enum field field;
	enum match match;
	enum verdict verdict;
	enum reason reason;
	const char *words[WORDS_MAX]; /* lower case for MATCH_ANY_WORD */
};

/* The values with which browsers and apps mark a speculative load: Sec-Purpose
 * and its forerunners. */
#define SPECULATIVE "prefetch", "prerender", "preview", "prefresh"

/* The first that matches decides; a change of what is decided is a new
 * VERDICT_RULES_VERSION. */
static const struct rule rules[] = {
	{FIELD_METHOD, MATCH_HEAD, VERDICT_PROBE, REASON_HEAD_METHOD},
	{FIELD_SEC_PURPOSE, MATCH_ANY_WORD, VERDICT_PREFETCH,
		REASON_SEC_PURPOSE, {SPECULATIVE}},
	{FIELD_PURPOSE, MATCH_ANY_WORD, VERDICT_PREFETCH, REASON_PURPOSE,
		{SPECULATIVE}},
	{FIELD_X_PURPOSE, MATCH_ANY_WORD, VERDICT_PREFETCH, REASON_X_PURPOSE,
		{SPECULATIVE}},
	{FIELD_X_MOZ, MATCH_ANY_WORD, VERDICT_PREFETCH, REASON_X_MOZ,
		{"prefetch"}},
	/* At the start only: in-app browsers of people name WhatsApp within. */
	{FIELD_USER_AGENT, MATCH_START, VERDICT_PREVIEW, REASON_WHATSAPP_AGENT,
		{"WhatsApp/"}},
};

static struct str value_of(const struct verdict_input *input, enum field field)
{
	struct str s = {0};

	switch (field) {
	case FIELD_METHOD:
		break;
	case FIELD_USER_AGENT:
		s = input->user_agent;
		break;
	case FIELD_SEC_PURPOSE:
		s = input->sec_purpose;
		break;
	case FIELD_PURPOSE:
		s = input->purpose;
		break;
	case FIELD_X_PURPOSE:
		s = input->x_purpose;
		break;
	case FIELD_X_MOZ:
		s = input->x_moz;
		break;
	}
	if (s.n > VERDICT_VALUE_MAX)
		s.n = VERDICT_VALUE_MAX;
	return s;
}

static bool holds(struct str s, const char *word)
{
	for (size_t i = 0; i < s.n; i++) {
		size_t n = 0;

		while (word[n] && i + n < s.n &&
			ascii_lower(s.p[i + n]) == word[n])
			n++;
		if (!word[n])
			return true;
	}
	return false;
}

static bool holds_any(struct str s, const char *const words[WORDS_MAX])
{
	if (!s.n)
		return false;
	for (size_t i = 0; i < WORDS_MAX && words[i]; i++)
		if (holds(s, words[i]))
			return true;
	return false;
}

static bool matches(const struct rule *rule, const struct verdict_input *input)
{
	switch (rule->match) {
	case MATCH_HEAD:
		return input->is_head;
	case MATCH_START:
		return str_starts(
			value_of(input, rule->field), str_from(rule->words[0]));
	case MATCH_ANY_WORD:
		return holds_any(value_of(input, rule->field), rule->words);
	}
	return false;
}

enum verdict verdict_of(const struct verdict_input *input, enum reason *reason)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (!matches(&rules[i], input))
			continue;
		*reason = rules[i].reason;
		return rules[i].verdict;
	}
	*reason = REASON_NONE;
	return VERDICT_HUMAN;
}

static const char *const verdict_names[VERDICTS] = {
	[VERDICT_HUMAN] = "human",
	[VERDICT_PREVIEW] = "preview",
	[VERDICT_PREFETCH] = "prefetch",
	[VERDICT_BOT] = "bot",
	[VERDICT_PROBE] = "probe",
	[VERDICT_REPEAT] = "repeat",
};

static const char *const reason_names[REASONS] = {
	[REASON_NONE] = "none",
	[REASON_HEAD_METHOD] = "head-method",
	[REASON_SEC_PURPOSE] = "sec-purpose",
	[REASON_PURPOSE] = "purpose",
	[REASON_X_PURPOSE] = "x-purpose",
	[REASON_X_MOZ] = "x-moz",
	[REASON_WHATSAPP_AGENT] = "whatsapp-agent",
};

const char *verdict_name(unsigned verdict)
{
	return verdict < VERDICTS ? verdict_names[verdict] : "unknown";
}

const char *reason_name(unsigned reason)
{
	return reason < REASONS ? reason_names[reason] : "unknown";
}

enum err verdict_parse(struct str name, enum verdict *verdict)
{
	for (unsigned v = 0; v < VERDICTS; v++) {
		if (!str_is(name, verdict_names[v]))
			continue;
		*verdict = (enum verdict)v;
		return OK;
	}
	return ERR_INVALID;
}
