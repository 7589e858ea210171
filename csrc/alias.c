/* SPDX-License-Identifier: MIT */
/*
 * alias.c - the topic aliases of one direction of a connection (3.3.2.3.4), in memory that the caller provides.
 *
 * It knows which alias stands for which topic. It does not know connections, bytes on the wire, or whether a packet was
 * really sent: the caller says so.
 */
#include "mqtt5_table.h"

/* A slot: the size of the topic, 0 if the alias is not in use; when it was used last; the topic. */
enum { SIZE_AT = 0, USED_AT = 2, TOPIC_AT = MQTT5_ALIAS_OVERHEAD };

enum { PROPERTY_SIZE = 3 }; /* of a topic alias in a packet */

static uint8_t *slot_of(const mqtt5_aliases *aliases, size_t alias)
{
    return aliases->data + (alias - 1) * (aliases->longest + TOPIC_AT);
}

static uint16_t topic_size(const uint8_t *slot)
{
    uint16_t size;

    memcpy(&size, slot + SIZE_AT, sizeof(size));
    return size;
}

static uint32_t age_of(const mqtt5_aliases *aliases, const uint8_t *slot)
{
    uint32_t used;

    memcpy(&used, slot + USED_AT, sizeof(used));
    return aliases->uses - used;
}

static void keep_topic(const mqtt5_aliases *aliases, uint8_t *slot, mqtt5_view topic)
{
    const uint16_t size = (uint16_t)topic.size;

    memcpy(slot + SIZE_AT, &size, sizeof(size));
    if (topic.size <= aliases->longest) {
        memcpy(slot + TOPIC_AT, topic.data, topic.size);
    }
}

uint16_t mqtt5_alias_init(mqtt5_aliases *aliases, uint16_t maximum, uint16_t longest, uint8_t *data, size_t size)
{
    const size_t slot = (size_t)longest + TOPIC_AT, room = size / slot;

    aliases->data = data;
    aliases->uses = 0;
    aliases->longest = longest;
    aliases->count = room < maximum ? (uint16_t)room : maximum;
    if (aliases->count > 0) {
        memset(data, 0, slot * aliases->count);
    }
    return aliases->count;
}

/* --------------------------------------------------------------- sending */

void mqtt5_alias_apply(const mqtt5_aliases *aliases, mqtt5_publish *publish)
{
    const mqtt5_view topic = publish->topic;
    uint32_t oldest = 0;
    uint16_t chosen = 0;
    size_t alias;

    publish->properties.present &= ~bit(MQTT5_PROP_TOPIC_ALIAS);
    if (topic.size <= PROPERTY_SIZE || topic.size > aliases->longest) {
        return;
    }
    for (alias = 1; alias <= aliases->count; alias++) {
        const uint8_t *slot = slot_of(aliases, alias);
        const size_t size = topic_size(slot);

        if (size == topic.size && memcmp(slot + TOPIC_AT, topic.data, size) == 0) {
            publish->topic.size = 0;
            chosen = (uint16_t)alias;
            break;
        }
        if (size == 0) { /* free, and so are those after it */
            chosen = (uint16_t)alias;
            break;
        }
        if (chosen == 0 || age_of(aliases, slot) > oldest) {
            oldest = age_of(aliases, slot);
            chosen = (uint16_t)alias;
        }
    }
    if (chosen != 0) {
        publish->properties.topic_alias = chosen;
        mqtt5_set(&publish->properties, MQTT5_PROP_TOPIC_ALIAS);
    }
}

void mqtt5_alias_commit(mqtt5_aliases *aliases, const mqtt5_publish *publish)
{
    const uint16_t alias = publish->properties.topic_alias;
    uint8_t *slot;

    if (!mqtt5_has(&publish->properties, MQTT5_PROP_TOPIC_ALIAS) || alias == 0 || alias > aliases->count) {
        return;
    }
    slot = slot_of(aliases, alias);
    aliases->uses++;
    memcpy(slot + USED_AT, &aliases->uses, sizeof(aliases->uses));
    if (publish->topic.size > 0) {
        keep_topic(aliases, slot, publish->topic);
    }
}

/* ------------------------------------------------------------- receiving */

mqtt5_status mqtt5_alias_resolve(mqtt5_aliases *aliases, mqtt5_publish *publish, mqtt5_error *error)
{
    const uint16_t alias = publish->properties.topic_alias;
    mqtt5_status status = MQTT5_OK;
    uint8_t *slot;

    if (!mqtt5_has(&publish->properties, MQTT5_PROP_TOPIC_ALIAS)) {
        return MQTT5_OK;
    }
    if (alias == 0) {
        status = MQTT5_ERR_ZERO_TOPIC_ALIAS;
    } else if (alias > aliases->count) {
        status = MQTT5_ERR_TOPIC_ALIAS_TOO_LARGE;
    } else {
        slot = slot_of(aliases, alias);
        if (publish->topic.size > 0) {
            keep_topic(aliases, slot, publish->topic);
        } else if (topic_size(slot) == 0) {
            status = MQTT5_ERR_UNKNOWN_TOPIC_ALIAS;
        } else if (topic_size(slot) > aliases->longest) {
            status = MQTT5_ERR_NO_SPACE;
        } else {
            publish->topic = mqtt5_view_of(slot + TOPIC_AT, topic_size(slot));
        }
    }
    if (status == MQTT5_OK) {
        publish->properties.present &= ~bit(MQTT5_PROP_TOPIC_ALIAS);
        return MQTT5_OK;
    }
    (void)mqtt5_report(error, status, MQTT5_PROP_TOPIC_ALIAS, 0);
    if (error != NULL) {
        error->packet_id = publish->packet_id;
    }
    return status;
}
