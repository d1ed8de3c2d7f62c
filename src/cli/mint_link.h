/* What `ctio mint` asks the server about the link: its variables. */
#pragma once

#include "cli/mint_rows.h"
#include "cli/mint_side.h"
#include "cli/session.h"

struct mint_link {
	size_t vars_n;
	char vars[URI_TEMPLATE_VARS_MAX][URI_TEMPLATE_NAME_MAX + 1];
	size_t needed_n;
	char needed[URI_TEMPLATE_VARS_MAX][URI_TEMPLATE_NAME_MAX + 1];
};

/* EXIT_DONE, or EXIT_FAILED, having said why. */
CHECKED int mint_link_get(
	struct session *s, const char *name, struct mint_link *link);
/* The same of a link's JSON. ERR_INVALID if it is none, ERR_DENIED if the link
 * is disabled. */
CHECKED enum err mint_link_read(struct str json, struct mint_link *link);
/* Views of the link. */
void mint_link_vars(const struct mint_link *link, struct mint_vars *vars);
