/* What describes a backup: backup.json, and SHA256SUMS as sha256sum(1) writes
 * and checks it. The other files of one lie as they do in a data folder,
 * REGION/token.keys and REGION/.../data.mdb. Pure: the files are read and
 * written by service/backup.h and restore.h. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "core/json.h"
#include "core/sha256.h"

#define BACKUP_ABOUT "backup.json"
#define BACKUP_SUMS  "SHA256SUMS"

enum {
	BACKUP_FORMAT = 1,
	BACKUP_REGIONS_MAX = 32,
	BACKUP_ABOUT_MAX = 65536,   /* bytes of backup.json */
	BACKUP_SUMS_MAX = 32 << 20, /* bytes of SHA256SUMS */
	BACKUP_PATH_MAX = 128,      /* of a file in it */
};

struct backup_region {
	struct str name;
	char tag;
	bool has_keys;
	uint64_t left_out; /* segments of the log that could not be read */
};

struct backup_about {
	uint64_t begun_ms, ended_ms;
	size_t regions_n;
	struct backup_region regions[BACKUP_REGIONS_MAX];
	struct json_t *root; /* when read: what the names are views of */
};

void backup_about_put(
	struct buf *out, const struct backup_about *a, struct str version);
/* ERR_VERSION: made by a newer ctio; ERR_INVALID with findings; ERR_NOMEM. To
 * be given to backup_about_deinit() after OK. */
CHECKED enum err backup_about_read(struct str text, struct backup_about *a,
	struct json_findings *findings);
void backup_about_deinit(struct backup_about *a);

struct backup_sum {
	struct str sum;  /* SHA256_TEXT_LEN hex digits */
	struct str path; /* BACKUP_ABOUT, or one of a region's files */
};

void backup_sum_put(
	struct buf *out, const char sum[SHA256_TEXT_LEN], struct str path);
/* Takes the next line off the text; views of it. ERR_NOT_FOUND: no more;
 * ERR_INVALID: it is no such line. */
CHECKED enum err backup_sum_next(struct str *text, struct backup_sum *s);
/* The region whose file it is; empty for BACKUP_ABOUT. */
struct str backup_path_region(struct str path);
