/* Who calls: the administrator on the socket, or the holder of a key. */
#pragma once

#include <stdbool.h>

#include "api/call.h"

/* Fills the call's account, view and scopes as its route wants; false with a
 * problem. */
bool auth_check(struct call *c, const struct http_request *request);
