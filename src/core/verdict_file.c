#include "core/verdict_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "core/url.h"
#include "core/verdict_rules.h"

enum {
	SHOWN_MAX = 80,   /* bytes of a wrong word that a finding repeats */
	V4_BITS_MAX = 24, /* what ip_truncate() leaves */
	V6_BITS_MAX = 48
};

static const char *const field_names[] = {"agent", "referer", "ip"};

/* What may follow a field. */
static const struct {
	const char *field;
	const char *name;
	enum verdict_file_how how;
} hows[] = {
	{"agent", "contains", VERDICT_AGENT_CONTAINS},
	{"agent", "starts", VERDICT_AGENT_STARTS},
	{"agent", "ends", VERDICT_AGENT_ENDS},
	{"agent", "is", VERDICT_AGENT_IS},
	{"referer", "host", VERDICT_REFERER_HOST},
	{"ip", "in", VERDICT_IP_IN},
};

static const enum verdict verdicts[] = {
	VERDICT_HUMAN, VERDICT_PREVIEW, VERDICT_PREFETCH, VERDICT_BOT};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct parser {
	const char *name;
	struct buf *findings;
	struct verdict_file *file;
	size_t found; /* findings */
	unsigned line;
	unsigned version_line; /* 0: none yet */
	bool version_missed;   /* has been said */
};

/* A finding for which there is no room is only counted: the earlier ones say
 * enough. */
static void find(struct parser *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void find(struct parser *p, const char *format, ...)
{
	size_t start = p->findings->n;
	va_list args;

	p->found++;
	buf_text(p->findings, p->name);
	if (p->line)
		buf_printf(p->findings, ":%u", p->line);
	buf_text(p->findings, ": ");
	va_start(args, format);
	buf_vprintf(p->findings, format, args);
	va_end(args);
	buf_byte(p->findings, '\n');
	if (buf_err(p->findings) == ERR_TOO_LONG) {
		p->findings->n = start;
		p->findings->err = OK;
	}
}

static void find_wrong(struct parser *p, const char *expected, struct str got)
{
	find(p, "expected %s, got \"%.*s%s\"", expected,
		(int)(got.n < SHOWN_MAX ? got.n : SHOWN_MAX), got.p,
		got.n > SHOWN_MAX ? "..." : "");
}

static bool is_text(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] < 0x20 && s.p[i] != '\t') ||
			s.p[i] == 0x7f)
			return false;
	return str_is_utf8(s);
}

/* Takes a word, or a text in quotes, off the rest; p NULL: there is none. A
 * quote that does not end takes the whole rest with its quote. */
static struct str take(struct str *rest)
{
	size_t n = 0;
	struct str word;

	*rest = str_trim(*rest);
	if (!rest->n || rest->p[0] == '#')
		return (struct str){0};
	if (rest->p[0] == '"') {
		word = str_skip(*rest, 1);
		n = str_find(word, '"');
		if (n == word.n) {
			word = *rest;
			*rest = (struct str){0};
			return word;
		}
		word.n = n;
		*rest = str_skip(*rest, n + 2);
		return word;
	}
	while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\t')
		n++;
	word = str_make(rest->p, n);
	*rest = str_skip(*rest, n);
	return word;
}

static bool at_end(struct parser *p, struct str rest)
{
	rest = str_trim(rest);
	if (!rest.n || rest.p[0] == '#')
		return true;
	find_wrong(p, "nothing more (a text with blanks needs quotes)", rest);
	return false;
}

static void take_version(struct parser *p, struct str rest)
{
	struct str word = take(&rest);
	uint64_t version;

	if (p->version_line) {
		find(p, "the version stands in line %u already",
			p->version_line);
		return;
	}
	p->version_line = p->line;
	if (p->file->n)
		find(p, "the version is to stand before the rules");
	if (num_parse_u64(word, VERDICT_FILE_VERSION_MAX, &version) ||
		version == 0)
		find_wrong(p, "a version from 1 to 999", word);
	else if (at_end(p, rest))
		p->file->version = (unsigned)version;
}

static bool take_verdict(struct parser *p, struct str word, uint8_t *verdict)
{
	for (size_t i = 0; i < COUNT(verdicts); i++) {
		if (!str_is(word, verdict_name(verdicts[i])))
			continue;
		*verdict = (uint8_t)verdicts[i];
		return true;
	}
	find_wrong(p, "human, preview, prefetch or bot", word);
	return false;
}

static bool take_how(
	struct parser *p, struct str field, struct str name, uint8_t *how)
{
	static const char *const expected[] = {
		"contains, starts, ends or is after agent",
		"host after referer", "in after ip"};

	for (size_t i = 0; i < COUNT(hows); i++) {
		if (!str_is(field, hows[i].field) ||
			!str_is(name, hows[i].name))
			continue;
		*how = (uint8_t)hows[i].how;
		return true;
	}
	for (size_t i = 0; i < COUNT(field_names); i++) {
		if (!str_is(field, field_names[i]))
			continue;
		find_wrong(p, expected[i], name);
		return false;
	}
	find_wrong(p, "agent, referer or ip", field);
	return false;
}

static bool take_prefix(
	struct parser *p, struct str text, struct ip_prefix *prefix)
{
	if (ip_parse_prefix(text, prefix)) {
		find_wrong(p, "a prefix, such as 192.0.2.0/24", text);
		return false;
	}
	if (prefix->bits <= (prefix->ip.n == 4 ? V4_BITS_MAX : V6_BITS_MAX))
		return true;
	find_wrong(p,
		"at most /24 of IPv4 or /48 of IPv6, since no more of an "
		"address may be kept",
		text);
	return false;
}

static bool take_text(
	struct parser *p, struct verdict_file_rule *rule, struct str text)
{
	if (text.n == 0) {
		find(p, "expected a text that is not empty");
		return false;
	}
	if (text.p[0] == '"') {
		find_wrong(p, "a quote that ends", text);
		return false;
	}
	if (text.n > VERDICT_TEXT_MAX) {
		find(p, "the text is longer than %d bytes", VERDICT_TEXT_MAX);
		return false;
	}
	if (rule->how == VERDICT_IP_IN)
		return take_prefix(p, text, &rule->prefix);
	rule->text = text;
	if (rule->how != VERDICT_REFERER_HOST ||
		(url_is_host_pattern(text) && text.p[0] != '*'))
		return true;
	find_wrong(
		p, "a host, such as example.com (for all below it too)", text);
	return false;
}

static bool add(struct parser *p, const struct verdict_file_rule *rule)
{
	if (!p->file->rules)
		p->file->rules =
			calloc(VERDICT_FILE_RULES_MAX, sizeof(*p->file->rules));
	if (!p->file->rules)
		return false;
	p->file->rules[p->file->n++] = *rule;
	return true;
}

/* ERR_FULL ends the parse: one rule too many. */
static enum err take_rule(struct parser *p, struct str verdict, struct str rest)
{
	struct str field = take(&rest), how = take(&rest), text = take(&rest);
	struct verdict_file_rule rule = {0};

	if (!p->version_line && !p->version_missed) {
		find(p, "expected `version N` before the first rule");
		p->version_missed = true;
	}
	if (p->file->n == VERDICT_FILE_RULES_MAX) {
		find(p, "more than %d rules", VERDICT_FILE_RULES_MAX);
		return ERR_FULL;
	}
	if (!take_verdict(p, verdict, &rule.verdict) ||
		!take_how(p, field, how, &rule.how) ||
		!take_text(p, &rule, text) || !at_end(p, rest))
		return OK;
	return add(p, &rule) ? OK : ERR_NOMEM;
}

static enum err take_line(struct parser *p, struct str line)
{
	struct str word;

	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	if (!is_text(line)) {
		find(p, "control characters or no UTF-8");
		return OK;
	}
	word = take(&line);
	if (!word.p)
		return OK;
	if (!str_is(word, "version"))
		return take_rule(p, word, line);
	take_version(p, line);
	return OK;
}

enum err verdict_file_parse(const char *name, struct str text,
	struct verdict_file *file, struct buf *findings)
{
	struct parser p = {.name = name, .findings = findings, .file = file};
	enum err e = OK;

	*file = (struct verdict_file){0};
	if (text.n > VERDICT_FILE_MAX) {
		find(&p, "the file is longer than %d bytes", VERDICT_FILE_MAX);
		return ERR_INVALID;
	}
	if (str_starts(text, STR("\xef\xbb\xbf")))
		text = str_skip(text, 3);
	while (text.n && e == OK) {
		p.line++;
		e = take_line(&p, str_split(&text, '\n'));
	}
	if (e == OK && !p.version_line && !p.version_missed) {
		p.line = 0;
		find(&p, "expected a line `version N`");
	}
	if (e == ERR_FULL || (e == OK && p.found))
		e = ERR_INVALID;
	if (e)
		verdict_file_deinit(file);
	return e;
}

void verdict_file_deinit(struct verdict_file *file)
{
	free(file->rules);
	*file = (struct verdict_file){0};
}
