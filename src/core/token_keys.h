/* The keys that make and open one region's tokens, and the text of the file
 * that keeps them. Whoever loses them loses every link; whoever leaks them
 * lets others enumerate tokens. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "core/cipher.h"

enum {
	TOKEN_KEY_VERSIONS = 7,      /* versions 0 to 6 */
	TOKEN_KEYS_TEXT_MAX = 8192,  /* bytes of a file */
	TOKEN_KEYS_PROBLEM_MAX = 128 /* bytes of a problem's text */
};

struct token_key {
	bool present;
	uint8_t bytes[CIPHER_KEY];
	uint64_t created_ms;
};

struct token_keys {
	char tag; /* the region's, [A-Za-z0-9] */
	uint8_t current;
	struct token_key keys[TOKEN_KEY_VERSIONS];
};

/* Where a file's text is wrong. */
struct token_keys_problem {
	size_t line; /* from 1; 0 for the file as a whole */
	char text[TOKEN_KEYS_PROBLEM_MAX];
};

/* A first key, version 0, from random bytes that the caller drew. */
void token_keys_generate(struct token_keys *keys, char tag,
	const uint8_t random[CIPHER_KEY], uint64_t now_ms);
/* Adds the next version and makes it current; ERR_FULL when all are used. */
CHECKED enum err token_keys_rotate(struct token_keys *keys,
	const uint8_t random[CIPHER_KEY], uint64_t now_ms);

/* Lines `VERSION HEX32 CREATED`, versions ascending, the last one current;
 * lines that begin with '#' and empty lines are skipped. ERR_INVALID with a
 * problem that names the line and never shows a key; keys are untouched. */
CHECKED enum err token_keys_parse(struct str text, char tag,
	struct token_keys *keys, struct token_keys_problem *problem);
/* The text of the file, with its comment header. */
void token_keys_print(struct buf *out, const struct token_keys *keys);
