/* Backups: the administrator's. */
#pragma once

#include "api/call.h"

void backup_post(struct call *c); /* POST /v1/backup */
void backup_get(struct call *c);  /* GET /v1/backup */
