/* The values of an object's members or an array's elements as they stand in
 * the text, in order. The text was found to be valid by json_parse() before. */
#pragma once

#include <stdbool.h>

#include "base/str.h"

struct json_text {
	struct str rest;
	bool object;
};

/* text is the object or array, blanks around it allowed. */
void json_text_init(struct json_text *t, struct str text);
/* False at the end. A view of the text. */
bool json_text_next(struct json_text *t, struct str *value);
