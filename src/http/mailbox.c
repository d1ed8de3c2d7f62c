#include "http/mailbox.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum err mailbox_init(struct mailbox *box)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	if (fd < 0)
		return ERR_SYSTEM;
	atomic_init(&box->top, NULL);
	atomic_init(&box->asleep, false);
	box->fd = fd;
	return OK;
}

void mailbox_deinit(struct mailbox *box)
{
	(void)close(box->fd);
	box->fd = -1;
}

void mailbox_wake(struct mailbox *box)
{
	uint64_t one = 1;
	ssize_t n;

	/* It can only fail because the counter is full, and then the fd is
	 * readable already. */
	n = write(box->fd, &one, sizeof(one));
	(void)n;
}

void mailbox_post(struct mailbox *box, struct mail *mail)
{
	mailbox_post_chain(box, (struct mail_chain){mail, mail});
}

void mailbox_post_chain(struct mailbox *box, struct mail_chain chain)
{
	struct mail *top = atomic_load(&box->top);

	if (!chain.newest)
		return;
	do
		chain.oldest->next = top;
	while (!atomic_compare_exchange_weak(&box->top, &top, chain.newest));
	/* Either the sleeper sees the mail, or we see that it sleeps; of many
	 * posters one wakes it. */
	if (atomic_load(&box->asleep) && atomic_exchange(&box->asleep, false))
		mailbox_wake(box);
}

void mailbox_deliver(struct mailbox *box)
{
	struct mail *mail = NULL, *oldest = NULL;

	if (atomic_load_explicit(&box->top, memory_order_relaxed))
		mail = atomic_exchange(&box->top, NULL);
	while (mail) {
		struct mail *next = mail->next;

		mail->next = oldest;
		oldest = mail;
		mail = next;
	}
	while (oldest) {
		struct mail *next = oldest->next;

		oldest->deliver(oldest);
		oldest = next;
	}
}

bool mailbox_sleep(struct mailbox *box)
{
	atomic_store(&box->asleep, true);
	if (!atomic_load(&box->top))
		return true;
	atomic_store(&box->asleep, false);
	return false;
}

void mailbox_woke(struct mailbox *box)
{
	atomic_store_explicit(&box->asleep, false, memory_order_relaxed);
}

void mailbox_clear(struct mailbox *box)
{
	uint64_t count;
	ssize_t n;

	/* Nothing to read is as good: somebody else's wake was taken. */
	n = read(box->fd, &count, sizeof(count));
	(void)n;
}
