/* SPDX-License-Identifier: MIT */
/*
 * table.c - the rows of the property table of codec.h, and how to find one.
 *
 * It knows which properties exist and where they may stand. It does not know
 * how they are read, written or checked.
 */
#include "codec.h"

#define ROW(id, member, kind, rule, packets) \
    {id, MQTT5_KIND_##kind, RULE_##rule, offsetof(mqtt5_properties, member), packets},

static const property table[] = {MQTT5_PROPERTY_TABLE(ROW)};

enum { ROWS = sizeof(table) / sizeof(table[0]), HIGHEST_ID = MQTT5_PROPERTY_SHARED_SUBSCRIPTION_AVAILABLE };

/* The first row of each identifier, plus one; 0 where there is none. */
static const uint8_t first_row[HIGHEST_ID + 1] = {
    0,  1,  2,  3,  0,  0, 0,  0, 4, 5,  0, 6,  0,  0,  0,  0,  0,  8,  9,  10, 0,  11,
    12, 13, 14, 15, 16, 0, 17, 0, 0, 18, 0, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28,
};

/* NULL if there is no such property in any of those packets. */
const property *mqtt5_find_property(uint32_t id, unsigned where)
{
    size_t row;

    if (id > HIGHEST_ID || first_row[id] == 0) {
        return NULL;
    }
    for (row = first_row[id] - 1u; row < ROWS && table[row].id == id; row++) {
        if (table[row].packets & where) {
            return &table[row];
        }
    }
    return NULL;
}

mqtt5_status mqtt5_refuse_property(uint32_t id)
{
    return mqtt5_find_property(id, ANYWHERE) != NULL ? MQTT5_MISPLACED_PROPERTY : MQTT5_UNKNOWN_PROPERTY;
}
