/* SPDX-License-Identifier: MIT */
/*
 * check.h - CHECK(), which counts, prints a failure and continues; finish() returns the result of main.
 *
 * It knows nothing of MQTT.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdarg.h>
#include <stdio.h>

static unsigned long checks_made, checks_failed;
static char check_context[512]; /* the vector or case that is being tried */

static inline void check_that(int holds, const char *file, int line, const char *what)
{
    checks_made++;
    if (!holds) {
        checks_failed++;
        if (checks_failed <= 20) {
            fprintf(stderr, "%s:%d: failed: %s\n", file, line, what);
            if (check_context[0] != '\0') {
                fprintf(stderr, "    in %s\n", check_context);
            }
        }
    }
}

#define CHECK(condition) check_that((condition) ? 1 : 0, __FILE__, __LINE__, #condition)

/* Says what is being tried, for the message of a failed check. */
#define CONTEXT(...) ((void)snprintf(check_context, sizeof(check_context), __VA_ARGS__))

static inline int finish(unsigned long count, const char *of_what)
{
    printf("%lu %s, %lu checks", count, of_what, checks_made);
    if (checks_failed > 0) {
        printf(", %lu FAILED", checks_failed);
    }
    printf("\n");
    return checks_failed > 0 ? 1 : 0;
}

#endif
