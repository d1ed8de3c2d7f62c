#include "cli/conf_file.h"

#include <errno.h>
#include <ini.h>
#include <string.h>

#include "base/file.h"

/* inih is given one line at a time, and only those it reads well: it would cut
 * a section's name at 49 bytes, keep what follows its bracket to itself, and
 * report no more than its first bad line. */
struct feed {
	struct conf *c;
	struct str rest;
	struct conf_place at;
	struct str section; /* of the current lines; p NULL: none yet */
	bool section_known;
	bool waiting; /* a line was handed out and has not come back */
};

/* A section's line, `[region us1]`, trimmed. */
static void take_section(struct feed *f, struct str line)
{
	struct str name;

	f->section_known = false;
	f->section = line;
	if (line.p[line.n - 1] != ']') {
		conf_error(f->c, f->at, "expected [section] and nothing more");
		return;
	}
	name = str_trim(str_make(line.p + 1, line.n - 2));
	f->section = name;
	f->section_known = conf_section(f->c, f->at, name);
}

static struct str next_line(struct feed *f)
{
	struct str line = str_split(&f->rest, '\n');

	f->at.line++;
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return str_trim(line);
}

/* True if the line is a key's, which inih is to take apart. */
static bool is_for_inih(struct feed *f, struct str line, size_t room)
{
	if (line.n == 0 || line.p[0] == ';' || line.p[0] == '#')
		return false;
	if (line.n + 2 > room) {
		conf_error(f->c, f->at, "the line is longer than %zu bytes",
			room - 2);
		return false;
	}
	if (memchr(line.p, '\0', line.n)) {
		conf_error(f->c, f->at, "the line holds a NUL byte");
		return false;
	}
	if (line.p[0] != '[')
		return true;
	take_section(f, line);
	return false;
}

static void missed_line(struct feed *f)
{
	if (f->waiting)
		conf_error(f->c, f->at, "expected key = value");
	f->waiting = false;
}

static char *read_line(char *to, int size, void *arg)
{
	struct feed *f = arg;

	missed_line(f);
	while (f->rest.n && size > 2) {
		struct str line = next_line(f);

		if (!is_for_inih(f, line, (size_t)size))
			continue;
		memcpy(to, line.p, line.n);
		to[line.n] = '\n';
		to[line.n + 1] = '\0';
		f->waiting = true;
		return to;
	}
	return NULL;
}

static int take_key(
	void *arg, const char *section, const char *key, const char *value)
{
	struct feed *f = arg;

	(void)section; /* cut at 49 bytes */
	f->waiting = false;
	if (!f->section.p)
		conf_error(f->c, f->at, "%s: a key before any [section]", key);
	else if (f->section_known)
		conf_set(f->c, f->at, f->section, str_from(key),
			str_from(value));
	return 1;
}

void conf_read_text(struct conf *c, const char *label, struct str text)
{
	struct feed f = {.c = c, .rest = text, .at = {.source = label}};

	if (str_starts(text, STR("\xef\xbb\xbf")))
		f.rest = str_skip(text, 3);
	ini_allow_multiline = false;
	ini_allow_inline_comments = false;
	ini_use_stack = true;
	ini_max_line = CONF_LINE_MAX;
	/* Its own error is one that missed_line() has added. */
	(void)ini_parse_stream(read_line, &f, take_key, &f);
	missed_line(&f);
}

void conf_read_file(struct conf *c, const char *path)
{
	struct conf_place at = {.source = path};
	struct buf text;
	enum err e;

	buf_init(&text, CONF_FILE_MAX);
	e = file_read(path, &text);
	if (e == ERR_TOO_LONG)
		conf_error(c, at, "the file is longer than %d bytes",
			CONF_FILE_MAX);
	else if (e == ERR_NOMEM)
		conf_error(c, at, "out of memory");
	else if (e)
		conf_error(c, at, "%s", strerror(errno));
	else
		conf_read_text(c, path, buf_view(&text));
	buf_deinit(&text);
}
