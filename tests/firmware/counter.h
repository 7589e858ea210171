/* SPDX-License-Identifier: MIT */
/*
 * counter.h - counts the instructions that were executed, under QEMU's -icount shift=0.
 *
 * RISC-V has a counter for them. Arm's Cortex-M has only SysTick, a clock, but then QEMU lets each instruction take one
 * nanosecond of its time: a tick of the 25 MHz of the mps2-an385 is 40 instructions.
 */
#ifndef COUNTER_H
#define COUNTER_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__riscv)

static inline uint64_t instructions(void)
{
    unsigned long low;

    __asm__ volatile(".option push\n .option arch, +zicsr\n csrr %0, minstret\n .option pop" : "=r"(low));
    return low;
}

#else

enum { INSTRUCTIONS_PER_TICK = 40, SYSTICK_MASK = 0xFFFFFF };

/* A measurement must be shorter than SysTick's 24 bits: 671 million instructions. */
static inline uint64_t instructions(void)
{
    volatile uint32_t *const systick = (volatile uint32_t *)0xE000E010; /* control, reload, current */
    static uint32_t last;
    static uint64_t ticks;
    uint32_t now;

    if (systick[0] == 0) {
        systick[1] = SYSTICK_MASK;
        systick[2] = 0;
        systick[0] = 5; /* run, from the processor's clock */
        last = 0;
    }
    now = systick[2];
    ticks += (last - now) & SYSTICK_MASK; /* it counts down */
    last = now;
    return ticks * INSTRUCTIONS_PER_TICK;
}

#endif

/* Is a loop of 2 instructions, run a hundred thousand times, counted as such? */
static inline bool counter_works(void)
{
    unsigned long turns = 100000;
    uint64_t start = instructions(), counted;

#if defined(__riscv)
    __asm__ volatile("1: addi %0, %0, -1\n bnez %0, 1b" : "+r"(turns));
#else
    __asm__ volatile(".syntax unified\n 1: subs %0, #1\n bne 1b" : "+l"(turns) : : "cc");
#endif
    counted = instructions() - start;
    return counted >= 199900 && counted <= 200200;
}

#endif
