#include "load/transport.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/assert.h"

enum {
	TLS_HOST_MAX = 255
};

struct tls {
	SSL_CTX *context;
	char host[TLS_HOST_MAX + 1];
};

enum err tls_new(const char *host, struct tls **to)
{
	struct tls *tls = calloc(1, sizeof(*tls));
	size_t n = strlen(host);

	ASSERT(n <= TLS_HOST_MAX);
	if (!tls)
		return ERR_NOMEM;
	memcpy(tls->host, host, n + 1);
	tls->context = SSL_CTX_new(TLS_client_method());
	if (!tls->context) {
		tls_free(tls);
		return ERR_NOMEM;
	}
	SSL_CTX_set_verify(tls->context, SSL_VERIFY_NONE, NULL);
	(void)SSL_CTX_set_session_cache_mode(tls->context, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_options(tls->context, SSL_OP_IGNORE_UNEXPECTED_EOF);
	(void)SSL_CTX_set_mode(
		tls->context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				      SSL_MODE_ENABLE_PARTIAL_WRITE);
	/* A record's head and body in one read. */
	SSL_CTX_set_read_ahead(tls->context, 1);
	*to = tls;
	return OK;
}

void tls_free(struct tls *tls)
{
	if (!tls)
		return;
	SSL_CTX_free(tls->context);
	free(tls);
}

enum err transport_open(struct transport *t, int fd, struct tls *tls)
{
	SSL *ssl = NULL;

	if (tls) {
		ssl = SSL_new(tls->context);
		if (!ssl || SSL_set_fd(ssl, fd) != 1 ||
			SSL_set_tlsext_host_name(ssl, tls->host) != 1) {
			SSL_free(ssl);
			return ERR_NOMEM;
		}
		SSL_set_connect_state(ssl);
	}
	t->fd = fd;
	t->ssl = ssl;
	t->wants_write = false;
	return OK;
}

void transport_close(struct transport *t, bool polite)
{
	if (t->fd < 0)
		return;
	if (t->ssl) {
		if (polite && SSL_is_init_finished(t->ssl))
			(void)SSL_shutdown(t->ssl);
		SSL_free(t->ssl);
		t->ssl = NULL;
		/* What is left there would be taken for the next one's. */
		ERR_clear_error();
	}
	(void)close(t->fd);
	t->fd = -1;
}

/* After a call that did not succeed. */
static enum err tls_result(struct transport *t, int returned)
{
	int number = errno;
	enum err err = ERR_CLOSED;

	switch (SSL_get_error(t->ssl, returned)) {
	case SSL_ERROR_WANT_READ:
		t->wants_write = false;
		err = ERR_AGAIN;
		break;
	case SSL_ERROR_WANT_WRITE:
		t->wants_write = true;
		err = ERR_AGAIN;
		break;
	case SSL_ERROR_ZERO_RETURN:
		number = 0;
		break;
	case SSL_ERROR_SYSCALL:
		break;
	default:
		number = EPROTO;
		break;
	}
	ERR_clear_error();
	errno = number;
	return err;
}

enum err transport_greet(struct transport *t)
{
	int returned;

	if (!t->ssl || SSL_is_init_finished(t->ssl))
		return OK;
	errno = 0;
	returned = SSL_do_handshake(t->ssl);
	return returned == 1 ? OK : tls_result(t, returned);
}

static enum err plain_result(struct transport *t, bool wants_write)
{
	if (errno != EAGAIN && errno != EINTR)
		return ERR_CLOSED;
	t->wants_write = wants_write;
	return ERR_AGAIN;
}

enum err transport_read(struct transport *t, char *to, size_t size, size_t *n)
{
	ssize_t got;
	int returned;

	if (t->ssl) {
		errno = 0;
		returned = SSL_read_ex(t->ssl, to, size, n);
		return returned == 1 ? OK : tls_result(t, returned);
	}
	got = recv(t->fd, to, size, 0);
	if (got > 0) {
		*n = (size_t)got;
		return OK;
	}
	if (got < 0)
		return plain_result(t, false);
	errno = 0;
	return ERR_CLOSED;
}

enum err transport_write(
	struct transport *t, const char *from, size_t size, size_t *n)
{
	ssize_t sent;
	int returned;

	if (t->ssl) {
		errno = 0;
		returned = SSL_write_ex(t->ssl, from, size, n);
		return returned == 1 ? OK : tls_result(t, returned);
	}
	sent = send(t->fd, from, size, MSG_NOSIGNAL);
	if (sent < 0)
		return plain_result(t, true);
	*n = (size_t)sent;
	return OK;
}
