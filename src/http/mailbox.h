/* The way back to a loop: any thread posts mail, the loop's thread delivers
 * it, in the order of each posting thread. Mail is embedded in its owner's
 * object, so a post takes no lock and no memory; the loop is woken by an
 * eventfd, written only when it sleeps or is about to. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "base/err.h"

/* Belongs to the mailbox from mailbox_post() until deliver is called, which
 * may post it again or free its owner. */
struct mail {
	struct mail *next;
	void (*deliver)(struct mail *mail);
};

/* Mail that is posted together, in the order it was added. All NULL: none. */
struct mail_chain {
	struct mail *newest;
	struct mail *oldest;
};

static inline void mail_chain_add(struct mail_chain *chain, struct mail *mail)
{
	mail->next = chain->newest;
	chain->newest = mail;
	if (!chain->oldest)
		chain->oldest = mail;
}

struct mailbox {
	_Atomic(struct mail *) top; /* last posted first */
	atomic_bool asleep;
	int fd; /* readable when the sleeper is to wake */
};

/* ERR_SYSTEM: no eventfd, errno says why. */
CHECKED enum err mailbox_init(struct mailbox *box);
/* Mail that was not delivered stays with its owner. */
void mailbox_deinit(struct mailbox *box);

/* Any thread. */
void mailbox_post(struct mailbox *box, struct mail *mail);
void mailbox_post_chain(struct mailbox *box, struct mail_chain chain);
/* Any thread, and signal handlers: the sleeper wakes, mail or not. */
void mailbox_wake(struct mailbox *box);

/* The loop's thread. Delivers what was posted before the call; what deliver
 * functions post waits for the next one. */
void mailbox_deliver(struct mailbox *box);
/* The loop's thread: says that it is about to wait for fd. False: mail came
 * already, so it must not wait. */
bool mailbox_sleep(struct mailbox *box);
/* The loop's thread, behind a mailbox_sleep() that returned true. */
void mailbox_woke(struct mailbox *box);
/* The loop's thread, when fd was readable. */
void mailbox_clear(struct mailbox *box);
