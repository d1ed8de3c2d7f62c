#include "service/mint_forget.h"

#include <stdlib.h>
#include <string.h>

#include "store/stream_store.h"

struct forget {
	struct links_job job;
	uint8_t key[STREAM_KEY_BYTES];
	uint64_t stream;
};

static enum err run(struct links_job *job, struct links_batch *batch)
{
	struct forget *f = (struct forget *)job;

	stream_delete(batch->txn,
		str_make((const char *)f->key, sizeof(f->key)), f->stream);
	return OK;
}

static void done(struct links_job *job)
{
	free(job);
}

void mint_forget(struct links_writer *w, const uint8_t key[STREAM_KEY_BYTES],
	uint64_t stream)
{
	struct forget *f = calloc(1, sizeof(*f));

	if (!f)
		return;
	f->job.run = run;
	f->job.done = done;
	f->stream = stream;
	memcpy(f->key, key, sizeof(f->key));
	if (links_writer_push(w, &f->job))
		free(f);
}
