/* SPDX-License-Identifier: MIT */
/*
 * table.c - the rows of the property table of mqtt5_table.h, and how to find one.
 *
 * It knows which properties exist and which packets may have them. It does
 * not know how they are read, written or checked.
 */
#include "mqtt5_table.h"

#define ROW(id, member, kind, rule, packets) \
    {id, MQTT5_KIND_##kind, RULE_##rule, offsetof(mqtt5_properties, member), packets},

/* Row 0 is for identifiers that do not exist, the last row marks the end: neither is allowed anywhere. */
const property mqtt5_rows[ROWS] = {
    {0, 0, 0, 0, 0},
    MQTT5_PROPERTY_TABLE(ROW) /* */
    {0, 0, 0, 0, 0},
};

/* The first row of each identifier. */
const uint8_t mqtt5_first_row[HIGHEST_PROPERTY + 1] = {
    0,  1,  2,  3,  0,  0, 0,  0, 4, 5,  0, 6,  0,  0,  0,  0,  0,  8,  9,  10, 0,  11,
    12, 13, 14, 15, 16, 0, 17, 0, 0, 18, 0, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28,
};

const property *mqtt5_find_property(uint32_t id, unsigned where)
{
    return find_property_here(id, where);
}

mqtt5_status mqtt5_refuse_property(uint32_t id)
{
    return find_property(id, ANYWHERE) != NULL ? MQTT5_ERR_MISPLACED_PROPERTY : MQTT5_ERR_UNKNOWN_PROPERTY;
}
