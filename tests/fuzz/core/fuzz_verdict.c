/* A tap of any bytes, judged: the parts are apart by newlines (agent, referer,
 * address, the four headers). The verdict is one that may be given, with a
 * reason that has a name; what lies behind the bytes that are kept is not
 * looked at; a click judged again is judged alike. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "core/verdict.h"
#include "core/verdict_rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	TEXT_MAX = 4096
};

static const char own[] = "version 5\n"
			  "human agent contains kiosk\n"
			  "bot referer host scanner.example\n"
			  "preview agent starts pre\n"
			  "bot ip in 10.0.0.0/8\n"
			  "prefetch agent ends fetch\n"
			  "bot agent is exact\n"
			  "human ip in 2001:db8::/32\n";

static bool is_spider(void *arg, struct str agent)
{
	(void)arg;
	ASSERT(agent.n <= VERDICT_AGENT_MAX);
	return agent.n % 3 == 0;
}

static struct verdict_rules *make(bool with_file)
{
	const struct verdict_rules_source source = {
		.name = with_file ? "own" : NULL,
		.text = str_from(with_file ? own : ""),
		.is_spider = is_spider};
	struct verdict_rules *rules;
	struct buf findings;

	buf_init(&findings, TEXT_MAX);
	if (verdict_rules_new(&source, &findings, &rules))
		abort();
	return rules;
}

static void check(struct judgement j, bool with_file)
{
	ASSERT(j.verdict < VERDICTS && j.verdict != VERDICT_REPEAT);
	ASSERT(j.reason < REASONS && j.reason != REASON_REPEAT);
	ASSERT(strcmp(reason_name(j.reason), "unknown") != 0);
	ASSERT(j.reason != REASON_NONE || j.verdict == VERDICT_HUMAN);
	ASSERT(with_file || (j.row == 0 && j.reason != REASON_OPERATOR_RULE));
}

/* The agent within other bytes, to see that only its own count. */
static struct judgement judge_within(
	const struct verdict_rules *rules, struct str agent)
{
	static char room[TEXT_MAX + 16];

	memset(room, 'b', sizeof(room));
	if (agent.n)
		memcpy(room + 8, agent.p, agent.n);
	return verdict_agent(rules, str_make(room + 8, agent.n));
}

static void judge(const struct verdict_rules *rules, bool with_file,
	struct str agent, struct str referer, const struct ip *ip,
	uint8_t signals)
{
	struct judgement a = verdict_agent(rules, agent);
	struct judgement b = judge_within(rules, agent), c, d;
	struct verdict_input input = {
		.signals = signals, .agent = a, .referer = referer, .ip = *ip};

	check(a, with_file);
	ASSERT(a.verdict == b.verdict && a.reason == b.reason &&
		a.row == b.row);
	if (agent.n > VERDICT_AGENT_MAX)
		b = verdict_agent(rules, str_make(agent.p, VERDICT_AGENT_MAX));
	ASSERT(a.reason == b.reason);
	c = verdict_click(rules, &input);
	check(c, with_file);
	ip_truncate(&input.ip);
	d = verdict_click(rules, &input);
	ASSERT(c.verdict == d.verdict && c.reason == d.reason);
	input.is_head = true;
	ASSERT(verdict_click(rules, &input).verdict == VERDICT_PROBE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct verdict_rules *plain, *with_file;
	struct str text = str_make((const char *)data, size);
	struct str agent, referer, headers[4];
	struct ip ip = {0};
	uint8_t signals;

	if (!plain) {
		plain = make(false);
		with_file = make(true);
	}
	if (size > TEXT_MAX)
		return 0;
	agent = str_split(&text, '\n');
	referer = str_split(&text, '\n');
	if (ip_parse(str_split(&text, '\n'), &ip))
		ip.n = 0;
	for (size_t i = 0; i < 4; i++)
		headers[i] = str_split(&text, '\n');
	signals =
		verdict_signals(headers[0], headers[1], headers[2], headers[3]);
	ASSERT((signals & ~(unsigned)VERDICT_SIGNALS) == 0);
	judge(plain, false, agent, referer, &ip, signals);
	judge(with_file, true, agent, referer, &ip, signals);
	return 0;
}
