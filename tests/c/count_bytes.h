/* SPDX-License-Identifier: MIT */
/*
 * count_bytes.h - included before each source of the library, to count the bytes of memcpy() and its like as well.
 *
 * The rest of the work is counted by the compiler's trace-pc: see test_linear.c.
 */
#ifndef COUNT_BYTES_H
#define COUNT_BYTES_H

#include <string.h>

extern unsigned long long work;

#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#define memcpy(to, from, size) (work += (size), memcpy((to), (from), (size)))
#define memmove(to, from, size) (work += (size), memmove((to), (from), (size)))
#define memset(to, value, size) (work += (size), memset((to), (value), (size)))
#define memcmp(a, b, size) (work += (size), memcmp((a), (b), (size)))

#endif
