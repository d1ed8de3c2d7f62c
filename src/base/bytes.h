/* Integers at unaligned addresses, big-endian as our keys and records want
 * them, by memcpy and never by cast. */
#pragma once

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline void put_be16(void *to, uint16_t v)
{
	v = htobe16(v);
	memcpy(to, &v, sizeof(v));
}

static inline void put_be32(void *to, uint32_t v)
{
	v = htobe32(v);
	memcpy(to, &v, sizeof(v));
}

static inline void put_be64(void *to, uint64_t v)
{
	v = htobe64(v);
	memcpy(to, &v, sizeof(v));
}

static inline uint16_t get_be16(const void *from)
{
	uint16_t v;

	memcpy(&v, from, sizeof(v));
	return be16toh(v);
}

static inline uint32_t get_be32(const void *from)
{
	uint32_t v;

	memcpy(&v, from, sizeof(v));
	return be32toh(v);
}

static inline uint64_t get_be64(const void *from)
{
	uint64_t v;

	memcpy(&v, from, sizeof(v));
	return be64toh(v);
}
