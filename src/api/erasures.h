/* /v1/erasures: orders to forget a person, and their receipts. */
#pragma once

#include "api/call.h"

void erasures_post(struct call *c);
void erasures_get(struct call *c);
void erasures_list(struct call *c);
/* The administrator's: what was erased, of all regions and accounts, a line
 * each. */
void erased_export(struct call *c);
