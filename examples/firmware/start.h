/* SPDX-License-Identifier: MIT */
/*
 * start.h - between the start-up code and the board.
 */
#ifndef START_H
#define START_H

#include <stddef.h>
#include <stdint.h>

/* Before main(): what the board needs, such as its clocks. */
void board_start(void);

/* Called with the status of main(), or with 2 after a fault. Does not return. */
void board_exit(int status);

/* Called after a fault. Unless the program defines it: board_exit(2). */
void fault(void);

/* Bytes of RAM: those of .data and .bss, and as many of the stack as were ever used. */
size_t static_memory(void);
size_t stack_used(void);

#endif
