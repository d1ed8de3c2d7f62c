#include "core/regex_scan.h"

void regex_scan_init(struct regex_scan *s, struct str text)
{
	*s = (struct regex_scan){.text = text};
}

static bool at_end(const struct regex_scan *s)
{
	return s->at >= s->text.n;
}

/* The byte i behind the next one, or '\0'. */
static char peek(const struct regex_scan *s, size_t i)
{
	return s->text.n - s->at > i ? s->text.p[s->at + i] : '\0';
}

static bool take(struct regex_scan *s, char c)
{
	if (at_end(s) || s->text.p[s->at] != c)
		return false;
	s->at++;
	return true;
}

static void set_add_range(struct regex_set *set, unsigned from, unsigned to)
{
	for (unsigned c = from; c <= to; c++)
		regex_set_add(set, (uint8_t)c);
}

static void set_invert(struct regex_set *set)
{
	for (size_t i = 0; i < 4; i++)
		set->bits[i] = ~set->bits[i];
}

static void set_join(struct regex_set *set, const struct regex_set *other)
{
	for (size_t i = 0; i < 4; i++)
		set->bits[i] |= other->bits[i];
}

/* The classes that a letter behind a backslash stands for; false for other
 * letters. */
static bool escaped_class(char c, struct regex_set *set)
{
	*set = (struct regex_set){{0}};
	switch (ascii_lower(c)) {
	case 'w':
		set_add_range(set, 'a', 'z');
		set_add_range(set, 'A', 'Z');
		regex_set_add(set, '_');
		set_add_range(set, '0', '9');
		break;
	case 'd':
		set_add_range(set, '0', '9');
		break;
	case 's':
		set_add_range(set, '\t', '\r');
		regex_set_add(set, ' ');
		break;
	default:
		return false;
	}
	if (c != ascii_lower(c))
		set_invert(set);
	return true;
}

/* What a backslash and c stand for, as one byte; false for another escape. */
static bool escaped_byte(char c, uint8_t *byte)
{
	switch (c) {
	case 't':
		*byte = '\t';
		return true;
	case 'n':
		*byte = '\n';
		return true;
	case 'r':
		*byte = '\r';
		return true;
	case 'f':
		*byte = '\f';
		return true;
	default:
		*byte = (uint8_t)c;
		return !ascii_is_alnum(c);
	}
}

/* A member of a class: one byte, or (is_class) many. False for what is not
 * known. */
static bool class_member(struct regex_scan *s, struct regex_set *many,
	uint8_t *byte, bool *is_class)
{
	char c = s->text.p[s->at++];

	*is_class = false;
	*byte = (uint8_t)c;
	if (c == '[' &&
		(peek(s, 0) == ':' || peek(s, 0) == '.' || peek(s, 0) == '='))
		return false;
	if (c != '\\')
		return true;
	if (at_end(s))
		return false;
	c = s->text.p[s->at++];
	*is_class = escaped_class(c, many);
	return *is_class || escaped_byte(c, byte);
}

/* Adds a member, and the range that it may begin. */
static bool class_range(struct regex_scan *s, struct regex_set *set)
{
	struct regex_set many;
	uint8_t from, to;
	bool is_class;

	if (!class_member(s, &many, &from, &is_class))
		return false;
	if (is_class) {
		set_join(set, &many);
		/* A range from a class is read in more than one way. */
		return peek(s, 0) != '-' || peek(s, 1) == ']';
	}
	if (peek(s, 0) != '-' || peek(s, 1) == ']') {
		regex_set_add(set, from);
		return true;
	}
	s->at++;
	if (at_end(s) || !class_member(s, &many, &to, &is_class) || is_class ||
		to < from)
		return false;
	set_add_range(set, from, to);
	return true;
}

/* Behind the '['. */
static bool class_whole(struct regex_scan *s, struct regex_set *set)
{
	bool inverted = take(s, '^');
	bool first = true;

	*set = (struct regex_set){{0}};
	while (!at_end(s)) {
		/* As the first member, ']' means itself. */
		if (!first && take(s, ']')) {
			if (inverted)
				set_invert(set);
			return true;
		}
		first = false;
		if (!class_range(s, set))
			return false;
	}
	return false;
}

/* Digits, at most REGEX_REPEAT_MAX. */
static bool repeat_number(struct regex_scan *s, unsigned *number)
{
	unsigned v = 0;

	if (!ascii_is_digit(peek(s, 0)))
		return false;
	while (ascii_is_digit(peek(s, 0))) {
		v = 10 * v + (unsigned)(s->text.p[s->at++] - '0');
		if (v > REGEX_REPEAT_MAX)
			return false;
	}
	*number = v;
	return true;
}

/* {3} {3,} {3,5}, at its '{'. */
static bool repeat_braces(struct regex_scan *s, struct regex_item *item)
{
	s->at++;
	if (!repeat_number(s, &item->min))
		return false;
	item->max = item->min;
	if (take(s, ',')) {
		item->max = REGEX_MANY;
		if (peek(s, 0) != '}' && !repeat_number(s, &item->max))
			return false;
	}
	return take(s, '}') && item->min <= item->max;
}

/* What may follow an item; none is once. */
static bool quantifier(struct regex_scan *s, struct regex_item *item)
{
	char c = peek(s, 0);

	item->min = 1;
	item->max = 1;
	if (c == '{') {
		if (!repeat_braces(s, item))
			return false;
	} else if (c == '?' || c == '*' || c == '+') {
		s->at++;
		item->min = c == '+';
		item->max = c == '?' ? 1 : REGEX_MANY;
	} else {
		return true;
	}
	/* Lazy, or possessive. */
	if (!take(s, '?'))
		(void)take(s, '+');
	return true;
}

/* Behind the '('. */
static bool group(struct regex_scan *s, struct regex_item *item)
{
	item->kind = REGEX_OPEN;
	if (s->depth == REGEX_DEPTH_MAX || peek(s, 0) == '*')
		return false;
	s->depth++;
	if (!take(s, '?'))
		return true;
	if (take(s, ':'))
		return true;
	(void)take(s, '<');
	item->is_look = take(s, '=') || take(s, '!');
	return item->is_look;
}

static bool escape(struct regex_scan *s, struct regex_item *item)
{
	uint8_t byte;
	char c;

	if (at_end(s))
		return false;
	c = s->text.p[s->at++];
	if (c == 'b' || c == 'B' || c == 'A' || c == 'z' || c == 'Z') {
		item->kind = REGEX_ZERO;
		return true;
	}
	item->kind = REGEX_SET;
	if (escaped_class(c, &item->set))
		return true;
	if (!escaped_byte(c, &byte))
		return false;
	regex_set_add(&item->set, byte);
	return true;
}

/* The item without its quantifier. */
static bool item_alone(struct regex_scan *s, struct regex_item *item)
{
	char c = s->text.p[s->at++];

	switch (c) {
	case '(':
		return group(s, item);
	case ')':
		item->kind = REGEX_CLOSE;
		return s->depth-- > 0;
	case '|':
		item->kind = REGEX_OR;
		return true;
	case '^':
	case '$':
		item->kind = REGEX_ZERO;
		return true;
	case '\\':
		return escape(s, item);
	case '[':
		item->kind = REGEX_SET;
		return class_whole(s, &item->set);
	case '*':
	case '+':
	case '?':
	case '{':
		return false; /* a quantifier of nothing */
	case '.':
		item->kind = REGEX_SET;
		regex_set_add(&item->set, '\n');
		set_invert(&item->set);
		return true;
	default:
		item->kind = REGEX_SET;
		regex_set_add(&item->set, (uint8_t)c);
		return true;
	}
}

static bool is_quantifier_start(char c)
{
	return c == '?' || c == '*' || c == '+' || c == '{';
}

void regex_scan_next(struct regex_scan *s, struct regex_item *item)
{
	bool known;

	*item = (struct regex_item){.kind = REGEX_END, .end = s->at};
	if (at_end(s)) {
		if (s->depth)
			item->kind = REGEX_UNKNOWN;
		return;
	}
	known = item_alone(s, item);
	if (known && (item->kind == REGEX_SET || item->kind == REGEX_CLOSE))
		known = quantifier(s, item);
	/* A quantifier of a quantifier, or of what cannot have one. */
	if (!known || is_quantifier_start(peek(s, 0)))
		item->kind = REGEX_UNKNOWN;
	item->end = s->at;
}
