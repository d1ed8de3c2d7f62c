#include "core/geo.h"

#include <errno.h>
#include <fcntl.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mmdb_check.h"

enum {
	FD_PATH_MAX = 64
};

struct geo {
	MMDB_s db;
	struct geo_identity opened;
	atomic_uint shares;
};

__attribute__((format(printf, 3, 4))) static enum err refuse(
	struct geo_problem *problem, const char *path, const char *format, ...)
{
	size_t max = sizeof(problem->text);
	int n = snprintf(problem->text, max, "%s: ", path);
	va_list args;

	va_start(args, format);
	if (n > 0 && (size_t)n < max)
		(void)vsnprintf(
			problem->text + n, max - (size_t)n, format, args);
	va_end(args);
	return ERR_INVALID;
}

static enum err refuse_errno(
	struct geo_problem *problem, const char *path, int number)
{
	(void)refuse(problem, path, "%s", strerror(number));
	return err_from_errno(number);
}

static enum err refuse_unsteady(struct geo_problem *problem, const char *path)
{
	(void)refuse(problem, path, "it is being written");
	return ERR_AGAIN;
}

static struct geo_identity identity_of(const struct stat *st)
{
	return (struct geo_identity){
		st->st_dev, st->st_ino, st->st_size, st->st_mtim, true};
}

static bool is_same(const struct geo_identity *a, const struct geo_identity *b)
{
	return a->exists == b->exists && a->dev == b->dev && a->ino == b->ino &&
	       a->size == b->size && a->mtime.tv_sec == b->mtime.tv_sec &&
	       a->mtime.tv_nsec == b->mtime.tv_nsec;
}

/* Exactly n bytes; false with errno, 0 if there were fewer. */
static bool read_all(int fd, char *to, size_t n)
{
	while (n) {
		ssize_t got = read(fd, to, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0)
			errno = 0;
		if (got <= 0)
			return false;
		to += got;
		n -= (size_t)got;
	}
	return true;
}

/* Copies the file, n bytes, into memory that has a descriptor, and checks it
 * there. */
static enum err copy_file(int from, int to, size_t n, const char *path,
	struct geo_problem *problem)
{
	const char *why;
	char *p;
	enum err e = OK;

	if (ftruncate(to, (off_t)n) != 0)
		return refuse_errno(problem, path, errno);
	p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, to, 0);
	if (p == MAP_FAILED)
		return refuse_errno(problem, path, errno);
	if (!read_all(from, p, n))
		e = errno ? refuse_errno(problem, path, errno)
			  : refuse_unsteady(problem, path);
	why = e ? NULL : mmdb_check_file(str_make(p, n));
	if (why)
		e = refuse(problem, path, "%s", why);
	(void)munmap(p, n);
	return e;
}

static enum err open_copy(
	int fd, const char *path, MMDB_s *db, struct geo_problem *problem)
{
	char name[FD_PATH_MAX];
	int rc;

	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	rc = MMDB_open(name, MMDB_MODE_MMAP, db);
	if (rc == MMDB_OUT_OF_MEMORY_ERROR)
		return ERR_NOMEM;
	return rc == MMDB_SUCCESS
		       ? OK
		       : refuse(problem, path, "%s", MMDB_strerror(rc));
}

/* From an open file. */
static enum err load_open(int from, const char *path, MMDB_s *db,
	struct geo_identity *id, struct geo_problem *problem)
{
	struct geo_identity after;
	struct stat st;
	enum err e;
	int to;

	if (fstat(from, &st) != 0)
		return refuse_errno(problem, path, errno);
	*id = identity_of(&st);
	if (!S_ISREG(st.st_mode) || st.st_size <= 0 ||
		st.st_size > GEO_FILE_MAX)
		return refuse(problem, path, "not a file of 1 to %d bytes",
			GEO_FILE_MAX);
	to = memfd_create("geo", MFD_CLOEXEC);
	if (to < 0)
		return refuse_errno(problem, path, errno);
	e = copy_file(from, to, (size_t)st.st_size, path, problem);
	if (!e && fstat(from, &st) != 0)
		e = refuse_errno(problem, path, errno);
	after = identity_of(&st);
	if (!e && !is_same(id, &after))
		e = refuse_unsteady(problem, path);
	if (!e)
		e = open_copy(to, path, db, problem);
	(void)close(to); /* what is mapped stays */
	return e;
}

static enum err load(const char *path, MMDB_s *db, struct geo_identity *id,
	struct geo_problem *problem)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	enum err e;

	*id = (struct geo_identity){.exists = false};
	if (fd < 0)
		return refuse_errno(problem, path, errno);
	e = load_open(fd, path, db, id, problem);
	(void)close(fd); /* it was only read */
	return e;
}

enum err geo_open(
	const char *path, struct geo **to, struct geo_problem *problem)
{
	struct geo *g = calloc(1, sizeof(*g));
	enum err e;

	if (!g)
		return ERR_NOMEM;
	atomic_init(&g->shares, 1);
	e = load(path, &g->db, &g->opened, problem);
	if (e) {
		free(g);
		return e;
	}
	*to = g;
	return OK;
}

struct geo *geo_share(struct geo *g)
{
	atomic_fetch_add(&g->shares, 1);
	return g;
}

void geo_close(struct geo *g)
{
	if (!g || atomic_fetch_sub(&g->shares, 1) > 1)
		return;
	MMDB_close(&g->db);
	free(g);
}

static struct geo_identity look(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return (struct geo_identity){.exists = false};
	return identity_of(&st);
}

enum geo_news geo_look(const struct geo *g, const char *path,
	struct geo_refused *refused, struct geo **to,
	struct geo_problem *problem)
{
	struct geo_identity now = look(path);
	enum err e;

	if (is_same(&now, &g->opened) ||
		(refused->is_any && is_same(&now, &refused->file)))
		return GEO_SAME;
	e = geo_open(path, to, problem);
	/* What passes is tried again at the next look. */
	if (e == ERR_NOMEM || e == ERR_AGAIN)
		return GEO_SAME;
	*refused = (struct geo_refused){now, e != OK};
	return e ? GEO_REFUSED : GEO_REPLACED;
}

/* ["country", "iso_code"] of the record, say. */
static bool read_code(MMDB_entry_s *entry, const char *member, char code[2])
{
	const char *const path[] = {member, "iso_code", NULL};
	MMDB_entry_data_s data;

	if (MMDB_aget_value(entry, &data, path) != MMDB_SUCCESS ||
		!data.has_data || data.type != MMDB_DATA_TYPE_UTF8_STRING ||
		data.data_size != 2)
		return false;
	for (size_t i = 0; i < 2; i++)
		if (data.utf8_string[i] < 'A' || data.utf8_string[i] > 'Z')
			return false;
	memcpy(code, data.utf8_string, 2);
	return true;
}

/* Two NULs if the record names no country, or is damaged. */
static void read_country(MMDB_entry_s *entry, char country[2])
{
	const MMDB_s *db = entry->mmdb;
	struct str data =
		str_make((const char *)db->data_section, db->data_section_size);

	memset(country, 0, 2);
	if (mmdb_check_value(data, entry->offset) &&
		!read_code(entry, "country", country))
		(void)read_code(entry, "registered_country", country);
}

static bool find(const MMDB_s *db, const struct ip *ip, MMDB_entry_s *entry)
{
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	struct sockaddr_in in4 = {.sin_family = AF_INET};
	const struct sockaddr *address;
	MMDB_lookup_result_s found;
	int error;

	if (ip->n == 4) {
		memcpy(&in4.sin_addr, ip->bytes, 4);
		address = (const struct sockaddr *)&in4;
	} else if (ip->n == 16) {
		memcpy(&in6.sin6_addr, ip->bytes, 16);
		address = (const struct sockaddr *)&in6;
	} else {
		return false;
	}
	found = MMDB_lookup_sockaddr(db, address, &error);
	*entry = found.entry;
	return error == MMDB_SUCCESS && found.found_entry;
}

bool geo_country(const struct geo *g, struct geo_memo *memo,
	const struct ip *ip, char country[2])
{
	MMDB_entry_s entry;
	struct geo_known *k;

	memset(country, 0, 2);
	if (!find(&g->db, ip, &entry))
		return false;
	/* Records are tens of bytes and more apart. */
	k = &memo->known[(entry.offset * UINT32_C(0x9e3779b1)) >> 22];
	if (!k->is_used || k->record != entry.offset) {
		k->is_used = true;
		k->record = entry.offset;
		read_country(&entry, k->country);
	}
	memcpy(country, k->country, 2);
	return country[0] != '\0';
}
