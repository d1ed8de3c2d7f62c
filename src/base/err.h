/* The error codes that all layers share: 0 is success, the rest are negative.
 * Libraries return them; the top layer logs or answers, once. */
#pragma once

/* Put before every function that returns enum err. */
#define CHECKED __attribute__((warn_unused_result))

enum err {
	OK = 0,
	ERR_NOMEM = -1,     /* memory, or a bound that stands for it */
	ERR_IO = -2,        /* the disk failed; do not retry the write */
	ERR_DISK_FULL = -3, /* no space left; may work again later */
	ERR_NOT_FOUND = -4,
	ERR_EXISTS = -5,
	ERR_INVALID = -6,  /* input that breaks a rule */
	ERR_TOO_LONG = -7, /* input over a named limit */
	ERR_CORRUPT = -8,  /* a record whose checksum or shape is wrong */
	ERR_VERSION = -9,  /* written by another version */
	ERR_BUSY = -10,    /* somebody else holds it */
	ERR_FULL = -11,    /* a queue or table at its maximum */
	ERR_AGAIN = -12,   /* nothing now; ask again */
	ERR_CLOSED = -13,  /* the other side, or the object, is gone */
	ERR_DENIED = -14,
	ERR_CONFLICT = -15, /* differs from what was said before */
	ERR_TIMEOUT = -16,
	ERR_SYSTEM = -17, /* a system call failed; errno says why */
};

/* A short lower-case text, for logs. */
const char *err_text(enum err e);

/* The code for an errno value: ENOSPC and EDQUOT are ERR_DISK_FULL, EIO is
 * ERR_IO, ENOMEM is ERR_NOMEM, ENOENT is ERR_NOT_FOUND, EEXIST is ERR_EXISTS,
 * the rest ERR_SYSTEM. */
CHECKED enum err err_from_errno(int number);
