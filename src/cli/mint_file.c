#include "cli/mint_file.h"

void mint_file_init(
	struct mint_file *f, struct out *out, enum mint_format format)
{
	f->out = out;
	f->format = format;
	f->row_at = 0;
	f->at = 0;
	f->block_n = 0;
	f->block_i = 0;
}

/* True with a byte in *c; false at the end of the file, or with *e. */
static bool next_byte(struct mint_file *f, char *c, enum err *e)
{
	if (f->block_i == f->block_n) {
		*e = out_read(
			f->out, f->at, f->block, sizeof(f->block), &f->block_n);
		f->block_i = 0;
		if (*e || f->block_n == 0) {
			f->block_n = 0;
			return false;
		}
		f->at += f->block_n;
	}
	*c = f->block[f->block_i++];
	return true;
}

uint64_t mint_file_position(const struct mint_file *f)
{
	return f->at - (f->block_n - f->block_i);
}

/* The rest of a row, up to a line end that is not within quotes. */
static enum mint_match skip_rest(struct mint_file *f, enum err *e)
{
	bool quoted = false;
	char c;

	while (next_byte(f, &c, e)) {
		if (c == '"' && f->format == MINT_CSV)
			quoted = !quoted;
		else if (c == '\n' && !quoted)
			return MINT_MATCH_WHOLE;
	}
	return MINT_MATCH_TORN;
}

enum err mint_file_match(struct mint_file *f, struct str prefix, bool whole,
	enum mint_match *match)
{
	enum err e = OK;
	char c;

	f->row_at = mint_file_position(f);
	for (size_t i = 0; i < prefix.n; i++) {
		if (!next_byte(f, &c, &e)) {
			*match = i ? MINT_MATCH_TORN : MINT_MATCH_NONE;
			return e;
		}
		if (c != prefix.p[i]) {
			*match = MINT_MATCH_OTHER;
			return OK;
		}
	}
	*match = whole ? MINT_MATCH_WHOLE : skip_rest(f, &e);
	return e;
}
