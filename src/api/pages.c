#include "api/pages.h"

#include "base/assert.h"

struct text {
	const char *title;
	const char *body;
};

/* UNFILLED, METHOD and ERROR speak to senders and engineers: English. */
struct language {
	const char *tag;
	struct text not_found;
	struct text gone;
	struct text sample;
};

static const struct language languages[] = {
	{"en",
		{"Link not found",
			"This link does not exist. Please check the message "
			"it came from."},
		{"Link no longer valid",
			"This link has expired. Please ask the sender for a "
			"new one."},
		{"Links for messages",
			"This address serves the links of messages that "
			"businesses send."}},
	{"hi",
		{"लिंक नहीं मिला",
			"यह लिंक मौजूद नहीं है। कृपया वह संदेश देखें जिसमें यह आया था।"},
		{"लिंक अब मान्य नहीं है",
			"इस लिंक की अवधि समाप्त हो गई है। कृपया भेजने वाले से नया लिंक "
			"माँगें।"},
		{"संदेशों के लिंक", "यह पता उन संदेशों के लिंक देता है जो व्यवसाय भेजते हैं।"}},
	{"es",
		{"Enlace no encontrado",
			"Este enlace no existe. Revise el mensaje del que "
			"procede."},
		{"Enlace caducado",
			"Este enlace ha caducado. Pida uno nuevo al "
			"remitente."},
		{"Enlaces de mensajes",
			"Esta dirección sirve los enlaces de los mensajes que "
			"envían las empresas."}},
	{"pt",
		{"Link não encontrado",
			"Este link não existe. Verifique a mensagem de onde "
			"ele veio."},
		{"Link expirado",
			"Este link expirou. Peça um novo ao remetente."},
		{"Links de mensagens",
			"Este endereço serve os links das mensagens que as "
			"empresas enviam."}},
	{"fr",
		{"Lien introuvable",
			"Ce lien n’existe pas. Vérifiez le message dont il "
			"provient."},
		{"Lien expiré", "Ce lien a expiré. Demandez-en un nouveau à "
				"l’expéditeur."},
		{"Liens de messages",
			"Cette adresse sert les liens des messages envoyés "
			"par des entreprises."}},
	{"de",
		{"Link nicht gefunden",
			"Diesen Link gibt es nicht. Bitte prüfen Sie die "
			"Nachricht, aus der er stammt."},
		{"Link abgelaufen",
			"Dieser Link ist abgelaufen. Bitte fragen Sie den "
			"Absender nach einem neuen."},
		{"Links aus Nachrichten",
			"Diese Adresse liefert die Links aus Nachrichten von "
			"Unternehmen."}},
	{"id",
		{"Tautan tidak ditemukan",
			"Tautan ini tidak ada. Periksa pesan asalnya."},
		{"Tautan kedaluwarsa",
			"Tautan ini sudah kedaluwarsa. Mintalah yang baru "
			"kepada pengirim."},
		{"Tautan pesan",
			"Alamat ini menyajikan tautan dari pesan yang dikirim "
			"oleh bisnis."}},
};

static const struct text unfilled = {"The template was not filled",
	"The message that led here still has its variable, such as {{1}}, in "
	"the link. The sender must put a token in its place."};
static const struct text method = {
	"Method not allowed", "Links answer to GET and HEAD."};
static const struct text error = {"Something went wrong",
	"The link could not be looked up just now. Please try again."};

int page_status(enum page page)
{
	static const int statuses[PAGES_N] = {
		[PAGE_NOT_FOUND] = 404,
		[PAGE_GONE] = 410,
		[PAGE_UNFILLED] = 404,
		[PAGE_SAMPLE] = 200,
		[PAGE_METHOD] = 405,
		[PAGE_ERROR] = 500,
	};

	ASSERT(page < PAGES_N);
	return statuses[page];
}

void page_put_headers(struct buf *out)
{
	buf_text(out, "Content-Type: text/html; charset=utf-8\r\n"
		      "Content-Security-Policy: default-src 'none'; style-src "
		      "'unsafe-inline'\r\n"
		      "Referrer-Policy: no-referrer\r\n"
		      "X-Content-Type-Options: nosniff\r\n");
}

/* The primary subtag decides; the list's order is the reader's. */
static const struct language *pick(struct str accept)
{
	while (accept.n) {
		struct str range = str_trim(str_split(&accept, ','));
		struct str tag = str_split(&range, ';');

		tag.n = str_find(tag, '-');
		for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]);
			i++)
			if (str_eq_nocase(tag, str_from(languages[i].tag)))
				return &languages[i];
	}
	return &languages[0];
}

static const struct text *text_of(
	enum page page, const struct language **language)
{
	switch (page) {
	case PAGE_NOT_FOUND:
		return &(*language)->not_found;
	case PAGE_GONE:
		return &(*language)->gone;
	case PAGE_SAMPLE:
		return &(*language)->sample;
	default:
		*language = &languages[0];
		return page == PAGE_UNFILLED ? &unfilled
		       : page == PAGE_METHOD ? &method
					     : &error;
	}
}

void page_put(struct buf *out, enum page page, struct str accept_language)
{
	const struct language *language = pick(accept_language);
	const struct text *text = text_of(page, &language);

	buf_printf(out,
		"<!doctype html><html lang=\"%s\"><meta charset=\"utf-8\">"
		"<meta name=\"viewport\" content=\"width=device-width, "
		"initial-scale=1\"><meta name=\"robots\" content=\"noindex\">"
		"<title>%s</title><style>body{font:18px/1.5 system-ui,"
		"sans-serif;max-width:32em;margin:15vh auto;padding:0 1em;"
		"color:#222}@media(prefers-color-scheme:dark){body{"
		"background:#111;color:#ddd}}</style><h1>%s</h1><p>%s</p>\n",
		language->tag, text->title, text->title, text->body);
}

void page_refuse(int status, const char *why, struct buf *header_lines,
	struct buf *body, void *arg)
{
	(void)arg;
	buf_text(header_lines, "Cache-Control: no-store\r\n"
			       "Content-Type: text/plain; charset=utf-8\r\n");
	buf_printf(body, "%d %s\n", status, why);
}
