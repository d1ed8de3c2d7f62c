#include "api/openapi.h"

/* The build names the file. */
__asm__(".pushsection .rodata\n"
	".global openapi_bytes\n"
	".global openapi_end\n"
	"openapi_bytes: .incbin \"" CTIO_OPENAPI "\"\n"
	"openapi_end: .byte 0\n"
	".popsection\n");

extern const char openapi_bytes[];
extern const char openapi_end[];

void openapi_get(struct call *c)
{
	buf_add(call_answer_begin(c), openapi_bytes,
		(size_t)(openapi_end - openapi_bytes));
	call_answer_type(
		c, 200, "application/yaml; charset=utf-8", str_make(NULL, 0));
}
