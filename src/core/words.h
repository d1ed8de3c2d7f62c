/* Finds many words in a text in one pass, whatever the case of ASCII letters:
 * the automaton of Aho and Corasick, "Efficient String Matching: An Aid to
 * Bibliographic Search", 1975. Immutable once made, so that any thread may
 * search; a search takes no memory, and its time grows with the text alone
 * and with what is found. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum {
	WORDS_MAX = 4096,          /* words of a set */
	WORDS_BYTES_MAX = 1 << 18, /* of all words of a set */
	WORDS_WORD_MAX = 256       /* bytes of a word */
};

struct words;

/* Called for each occurrence, in the order of their last bytes; word is the
 * index into the list that the set was made of, at where its first byte
 * stands. */
typedef void (*words_found)(void *arg, size_t word, size_t at);

/* The texts are copied; none is empty. ERR_TOO_LONG over a maximum above,
 * ERR_NOMEM. Free with words_free(). */
CHECKED enum err words_new(
	const struct str *list, size_t n, struct words **words);
void words_free(struct words *words);
void words_find(const struct words *words, struct str text, words_found found,
	void *arg);
