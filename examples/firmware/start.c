/* SPDX-License-Identifier: MIT */
/*
 * start.c - what runs on a Cortex-M before main(): no C library's start-up code is needed.
 *
 * It knows the memory (link.ld), not the program.
 */
#include "start.h"

#include <string.h>

/* From link.ld: where things are, not what is there. */
extern uint8_t data_begin[], data_end[], data_image[], bss_begin[], bss_end[], stack_top[];

int main(void);
void reset(void);

__attribute__((section(".vectors"), used)) static const struct {
    void *stack;
    void (*handlers[15])(void);
} vectors = {stack_top,
             {reset, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault}};

enum { UNTOUCHED = 0xA5, SPARE = 64 };

void reset(void)
{
    uint8_t *frame = (uint8_t *)__builtin_frame_address(0);

    memcpy(data_begin, data_image, (size_t)(data_end - data_begin));
    memset(bss_begin, 0, (size_t)(bss_end - bss_begin));
    memset(bss_end, UNTOUCHED, (size_t)(frame - SPARE - bss_end));
    board_start();
    board_exit(main());
}

/* Unexpected interrupts end here too; a program may define its own fault(). */
__attribute__((weak)) void fault(void)
{
    board_exit(2);
}

size_t static_memory(void)
{
    return (size_t)(bss_end - data_begin);
}

size_t stack_used(void)
{
    const uint8_t *at = bss_end;

    while (at < stack_top && *at == UNTOUCHED) {
        at++;
    }
    return (size_t)(stack_top - at);
}
