#include "load/targets.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_visible(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	}
	return true;
}

/* NULL for a good line. */
static const char *find_fault(struct str line)
{
	size_t blank = str_find(line, ' ');
	struct str token = str_make(line.p, blank);
	struct str location = str_skip(line, blank + 1);

	if (line.n == 0)
		return "the line is empty";
	if (token.n == 0)
		return "the line begins with a blank";
	if (token.n > TARGETS_TOKEN_MAX)
		return "the token is too long";
	if (location.n == 0)
		return "there is no location behind the token";
	if (location.n > TARGETS_LOCATION_MAX)
		return "the location is too long";
	if (!is_visible(token))
		return "the token has a byte that is not visible ASCII";
	if (!is_visible(location))
		return "the location has a byte that is not visible ASCII";
	return NULL;
}

static size_t count_lines(struct str text)
{
	size_t n = 0;

	while (text.n) {
		text = str_skip(text, str_find(text, '\n') + 1);
		n++;
	}
	return n;
}

static enum err index_lines(struct targets *t, struct targets_error *error)
{
	size_t at = 0;

	for (size_t i = 0; i < t->n; i++) {
		struct str rest = str_skip(t->text, at);
		struct str line = str_make(rest.p, str_find(rest, '\n'));
		const char *fault = find_fault(line);

		if (fault) {
			*error = (struct targets_error){i + 1, fault};
			return ERR_INVALID;
		}
		t->starts[i] = at;
		at += line.n + 1;
	}
	t->starts[t->n] = at;
	return OK;
}

void targets_deinit(struct targets *t)
{
	free(t->starts);
	free(t->answers);
	if (t->map)
		(void)munmap(t->map, t->text.n);
	memset(t, 0, sizeof(*t));
}

enum err targets_parse(
	struct targets *t, struct str text, struct targets_error *error)
{
	struct targets made = {.text = text, .n = count_lines(text)};
	enum err err = OK;

	if (made.n == 0 || made.n > TARGETS_MAX) {
		error->line = 0;
		error->text = made.n ? "there are too many targets"
				     : "there are no targets";
		return ERR_INVALID;
	}
	made.starts = malloc((made.n + 1) * sizeof(*made.starts));
	made.answers = calloc(made.n, sizeof(*made.answers));
	if (!made.starts || !made.answers)
		err = ERR_NOMEM;
	if (!err)
		err = index_lines(&made, error);
	if (err)
		targets_deinit(&made);
	else
		*t = made;
	return err;
}

/* An empty file cannot be mapped: it is the empty text. */
static enum err map_file(int fd, void **map, size_t *n)
{
	struct stat st;
	void *p;

	if (fstat(fd, &st) != 0)
		return err_from_errno(errno);
	*map = NULL;
	*n = 0;
	if (st.st_size == 0)
		return OK;
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return err_from_errno(errno);
	*map = p;
	*n = (size_t)st.st_size;
	return OK;
}

enum err targets_open(
	struct targets *t, const char *path, struct targets_error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *map = NULL;
	size_t n = 0;
	enum err err;

	if (fd < 0)
		return err_from_errno(errno);
	err = map_file(fd, &map, &n);
	(void)close(fd);
	if (err)
		return err;
	err = targets_parse(t, str_make(map, n), error);
	if (!err)
		t->map = map;
	else if (map)
		(void)munmap(map, n);
	if (err == ERR_NOMEM)
		errno = ENOMEM;
	return err;
}

struct target targets_get(const struct targets *t, size_t i)
{
	const char *line = t->text.p + t->starts[i];
	size_t n = (size_t)(t->starts[i + 1] - t->starts[i] - 1);
	const char *blank = memchr(line, ' ', n);
	size_t token_n = (size_t)(blank - line);

	return (struct target){
		.token = str_make(line, token_n),
		.location = str_make(blank + 1, n - token_n - 1),
	};
}

void targets_count(struct targets *t, size_t i)
{
	t->answers[i]++;
}

enum err targets_write_answers(const struct targets *t, const char *path)
{
	FILE *file = fopen(path, "we");
	bool is_written = true;

	if (!file)
		return err_from_errno(errno);
	for (size_t i = 0; i < t->n && is_written; i++) {
		struct str token = targets_get(t, i).token;

		if (t->answers[i])
			is_written = fprintf(file, "%.*s %" PRIu32 "\n",
					     STR_FMT(token), t->answers[i]) > 0;
	}
	if (fclose(file) != 0 || !is_written)
		return err_from_errno(errno);
	return OK;
}
