#include "base/err.h"

#include <errno.h>
#include <stddef.h>

static const char *const texts[] = {
	[-OK] = "ok",
	[-ERR_NOMEM] = "out of memory",
	[-ERR_IO] = "input/output error",
	[-ERR_DISK_FULL] = "disk full",
	[-ERR_NOT_FOUND] = "not found",
	[-ERR_EXISTS] = "exists already",
	[-ERR_INVALID] = "invalid",
	[-ERR_TOO_LONG] = "too long",
	[-ERR_CORRUPT] = "corrupt",
	[-ERR_VERSION] = "written by another version",
	[-ERR_BUSY] = "busy",
	[-ERR_FULL] = "full",
	[-ERR_AGAIN] = "nothing yet",
	[-ERR_CLOSED] = "closed",
	[-ERR_DENIED] = "denied",
	[-ERR_CONFLICT] = "conflict",
	[-ERR_TIMEOUT] = "timed out",
	[-ERR_SYSTEM] = "system call failed",
};

const char *err_text(enum err e)
{
	size_t i = (size_t) - (int)e;

	if (e > 0 || i >= sizeof(texts) / sizeof(texts[0]))
		return "unknown error";
	return texts[i];
}

enum err err_from_errno(int number)
{
	switch (number) {
	case 0:
		return OK;
	case ENOSPC:
	case EDQUOT:
		return ERR_DISK_FULL;
	case EIO:
		return ERR_IO;
	case ENOMEM:
		return ERR_NOMEM;
	case ENOENT:
		return ERR_NOT_FOUND;
	case EEXIST:
		return ERR_EXISTS;
	default:
		return ERR_SYSTEM;
	}
}
