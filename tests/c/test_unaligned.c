/* SPDX-License-Identifier: MIT */
/*
 * Tests the computer, not the codec: that access to a number that is not aligned faults, so that the other tests would
 * notice one. It knows nothing of mqtt5.
 */
#include <signal.h>
#include <stdlib.h>

static void fault(int number)
{
    (void)number;
    _Exit(0);
}

int main(void)
{
    static volatile char bytes[8];
    volatile unsigned long at = (unsigned long)bytes + 1;

    signal(SIGBUS, fault);
    signal(SIGSEGV, fault);
    return *(volatile int *)at == 0 ? 1 : 2; /* it did not fault */
}
