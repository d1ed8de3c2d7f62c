#include "core/token_keys.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/num.h"
#include "core/timestamp.h"

enum {
	HEX_LEN = 2 * CIPHER_KEY
};

static void set(struct token_keys *keys, unsigned version,
	const uint8_t bytes[CIPHER_KEY], uint64_t now_ms)
{
	struct token_key *key = &keys->keys[version];

	key->present = true;
	memcpy(key->bytes, bytes, CIPHER_KEY);
	key->created_ms = now_ms;
	keys->current = (uint8_t)version;
}

void token_keys_generate(struct token_keys *keys, char tag,
	const uint8_t random[CIPHER_KEY], uint64_t now_ms)
{
	ASSERT(ascii_is_alnum(tag));
	*keys = (struct token_keys){.tag = tag};
	set(keys, 0, random, now_ms);
}

enum err token_keys_rotate(struct token_keys *keys,
	const uint8_t random[CIPHER_KEY], uint64_t now_ms)
{
	unsigned next = keys->current + 1u;

	if (next >= TOKEN_KEY_VERSIONS)
		return ERR_FULL;
	set(keys, next, random, now_ms);
	return OK;
}

__attribute__((format(printf, 3, 4))) static enum err refuse(
	struct token_keys_problem *problem, size_t line, const char *format,
	...)
{
	va_list args;

	problem->line = line;
	va_start(args, format);
	(void)vsnprintf(problem->text, sizeof(problem->text), format, args);
	va_end(args);
	return ERR_INVALID;
}

/* next is the lowest version that the line may have. */
static enum err parse_line(struct str text, size_t line, unsigned next,
	struct token_keys *keys, struct token_keys_problem *problem)
{
	struct str version = str_split(&text, ' ');
	struct str hex = str_split(&text, ' ');
	uint8_t bytes[CIPHER_KEY];
	uint64_t number, created;

	if (version.n != 1 ||
		num_parse_u64(version, TOKEN_KEY_VERSIONS - 1, &number))
		return refuse(problem, line,
			"the version must be a number from 0 to %d",
			TOKEN_KEY_VERSIONS - 1);
	if (number < next)
		return refuse(
			problem, line, "versions must ascend, each only once");
	if (num_parse_hex(hex, bytes, sizeof(bytes)))
		return refuse(problem, line,
			"the key must be %d hexadecimal digits", HEX_LEN);
	if (timestamp_parse(text, &created))
		return refuse(problem, line,
			"the time of creation must be like "
			"2026-11-23T05:30:00.000Z");
	set(keys, (unsigned)number, bytes, created);
	return OK;
}

enum err token_keys_parse(struct str text, char tag, struct token_keys *keys,
	struct token_keys_problem *problem)
{
	struct token_keys found = {.tag = tag};
	unsigned next = 0;
	size_t line = 0;
	enum err e;

	ASSERT(ascii_is_alnum(tag));
	if (text.n > TOKEN_KEYS_TEXT_MAX)
		return refuse(problem, 0, "longer than %d bytes",
			TOKEN_KEYS_TEXT_MAX);
	while (text.n) {
		struct str row = str_split(&text, '\n');

		line++;
		if (row.n == 0 || row.p[0] == '#')
			continue;
		e = parse_line(row, line, next, &found, problem);
		if (e)
			return e;
		next = found.current + 1u;
	}
	if (!next)
		return refuse(problem, 0, "no key");
	*keys = found;
	return OK;
}

static void print_key(
	struct buf *out, unsigned version, const struct token_key *key)
{
	char hex[HEX_LEN];
	char created[TIMESTAMP_LEN];

	num_put_hex(hex, key->bytes, CIPHER_KEY);
	timestamp_write(created, key->created_ms);
	buf_u64(out, version);
	buf_byte(out, ' ');
	buf_add(out, hex, sizeof(hex));
	buf_byte(out, ' ');
	buf_add(out, created, sizeof(created));
	buf_byte(out, '\n');
}

void token_keys_print(struct buf *out, const struct token_keys *keys)
{
	buf_text(out,
		"# The keys of this region's tokens: version, key, created.\n"
		"# Whoever loses them loses every link; whoever reads them can\n"
		"# tell all tokens. The last one makes new tokens, the others\n"
		"# stay for the tokens already sent.\n");
	for (unsigned v = 0; v < TOKEN_KEY_VERSIONS; v++)
		if (keys->keys[v].present)
			print_key(out, v, &keys->keys[v]);
}
