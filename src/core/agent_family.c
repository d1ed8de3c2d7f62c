#include "core/agent_family.h"

/* What was written so far. */
struct writer {
	char *to;
	size_t n;
	bool is_full;
};

/* What is trimmed; each stands for a blank elsewhere. */
static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_control(char c)
{
	return (c >= 0 && c < ' ') || c == 0x7f;
}

/* One character, if it has room; bytes that are none become a '?'. Returns the
 * bytes of s that it took. */
static size_t put_character(struct writer *w, struct str s)
{
	size_t step = str_utf8_sequence(s);
	bool is_good = step > 1 || (step == 1 && !is_control(s.p[0]));
	struct str c = is_good ? str_make(s.p, step) : STR("?");

	if (step == 1 && is_space(s.p[0])) {
		if (w->n == 0)
			return 1;
		c = STR(" ");
	}
	if (w->is_full || c.n > AGENT_FAMILY_MAX - w->n) {
		w->is_full = true; /* no character behind it, either */
	} else {
		memcpy(w->to + w->n, c.p, c.n);
		w->n += c.n;
	}
	return step ? step : 1;
}

static void put_text(struct writer *w, struct str s)
{
	while (s.n && !w->is_full)
		s = str_skip(s, put_character(w, s));
}

void agent_family_put(char to[AGENT_FAMILY_SIZE], struct str replacement,
	const struct str groups[10])
{
	struct writer w = {.to = to};

	while (replacement.n && !w.is_full) {
		struct str text =
			str_make(replacement.p, str_find(replacement, '$'));

		put_text(&w, text);
		replacement = str_skip(replacement, text.n);
		if (replacement.n >= 2 && replacement.p[1] >= '1' &&
			replacement.p[1] <= '9') {
			put_text(&w, groups[replacement.p[1] - '0']);
			replacement = str_skip(replacement, 2);
		} else if (replacement.n) {
			put_text(&w, str_make(replacement.p, 1));
			replacement = str_skip(replacement, 1);
		}
	}
	while (w.n && to[w.n - 1] == ' ')
		w.n--;
	to[w.n] = '\0';
	if (w.n == 0)
		memcpy(to, "Other", sizeof("Other"));
}
