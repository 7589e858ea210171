/* SPDX-License-Identifier: MIT */
/*
 * arm.c - the board of the tests on Arm: the start-up code of examples/firmware, and newlib, whose stdio talks to QEMU.
 *
 * With TRAP_UNALIGNED an unaligned access is a fault, as it is on a Cortex-M0. With PROBE this is a program of its own,
 * which succeeds only if that is so. It proves that the trap works.
 */
#include "../../examples/firmware/start.h"

#include <stdio.h>
#include <stdlib.h>

void initialise_monitor_handles(void); /* newlib's */

void board_start(void)
{
    initialise_monitor_handles();
#ifdef TRAP_UNALIGNED
    *(volatile uint32_t *)0xE000ED14 |= 1u << 3; /* CCR.UNALIGN_TRP */
#endif
}

void board_exit(int status)
{
    exit(status);
}

#ifdef PROBE

void fault(void)
{
    printf("an unaligned access is a fault\n");
    exit(0);
}

int main(void)
{
    static volatile uint8_t bytes[8];
    volatile uintptr_t place = (uintptr_t)bytes + 1;

    (void)*(volatile uint32_t *)place;
    printf("an unaligned access does not fault\n");
    return 1;
}

#else

void fault(void)
{
    printf("a fault: an access that is not aligned, or not to memory\n");
    exit(1);
}

#endif
