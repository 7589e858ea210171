/* SPDX-License-Identifier: MIT */
/*
 * cases.h - the packets that the benchmarks measure: how each is built, and how every field of it is read.
 *
 * It does not know what is measured, or how: bench.c does with a clock, tests/firmware/count.c in instructions.
 */
#ifndef CASES_H
#define CASES_H

#include "mqtt5.h"

static uint8_t payload[256]; /* which bytes they are makes no difference */

/* ------------------------------------------------------ reading the fields */

static uint64_t use_view(mqtt5_view view)
{
    return view.size + (view.size > 0 ? view.data[0] : 0u);
}

static uint64_t use_users(const mqtt5_properties *p)
{
    mqtt5_list list = p->user_properties;
    mqtt5_string_pair pair;
    uint64_t sum = 0;

    if (mqtt5_has(p, MQTT5_PROP_USER_PROPERTIES)) {
        while (mqtt5_next_user_property(&list, &pair)) {
            sum += use_view(pair.name) + use_view(pair.value);
        }
    }
    return sum;
}

#define USE(id, value) (mqtt5_has(p, MQTT5_PROP_##id) ? (value) : 0u)
#define NUMBER(member, id) USE(id, p->member)
#define TEXT(member, id) USE(id, use_view(p->member))

static uint64_t use_message(const mqtt5_properties *p)
{
    return NUMBER(payload_format_indicator, PAYLOAD_FORMAT_INDICATOR) +
           NUMBER(message_expiry_interval, MESSAGE_EXPIRY_INTERVAL) + TEXT(content_type, CONTENT_TYPE) +
           TEXT(response_topic, RESPONSE_TOPIC) + TEXT(correlation_data, CORRELATION_DATA) + use_users(p);
}

static uint64_t use_publish(const mqtt5_packet *packet)
{
    const mqtt5_publish *publish = &packet->as.publish;
    const mqtt5_properties *p = &publish->properties;
    uint64_t sum = use_view(publish->topic) + use_view(publish->payload) + publish->packet_id + publish->qos +
                   publish->retain + publish->duplicate;

    return p->present == 0 ? sum : sum + NUMBER(topic_alias, TOPIC_ALIAS) + use_message(p);
}

static uint64_t use_puback(const mqtt5_packet *packet)
{
    const mqtt5_puback *puback = &packet->as.puback;
    const mqtt5_properties *p = &puback->properties;

    return puback->packet_id + puback->reason_code + TEXT(reason_str, REASON_STR) + use_users(p);
}

static uint64_t use_connect(const mqtt5_packet *packet)
{
    const mqtt5_connect *connect = &packet->as.connect;
    const mqtt5_will *will = &connect->will;
    const mqtt5_properties *p = &connect->properties;
    uint64_t sum = use_view(connect->client_id) + connect->keep_alive + connect->clean_start +
                   NUMBER(session_expiry_interval, SESSION_EXPIRY_INTERVAL) + NUMBER(receive_max, RECEIVE_MAX) +
                   NUMBER(max_packet_size, MAX_PACKET_SIZE) + NUMBER(topic_alias_max, TOPIC_ALIAS_MAX) +
                   NUMBER(request_response_info, REQUEST_RESPONSE_INFO) +
                   NUMBER(request_problem_info, REQUEST_PROBLEM_INFO) +
                   TEXT(authentication_method, AUTHENTICATION_METHOD) + TEXT(authentication_data, AUTHENTICATION_DATA) +
                   use_users(p);

    sum += connect->has_username ? use_view(connect->username) : 0;
    sum += connect->has_password ? use_view(connect->password) : 0;
    if (connect->has_will) {
        p = &will->properties;
        sum += use_view(will->topic) + use_view(will->payload) + will->qos + will->retain + use_message(p) +
               NUMBER(will_delay_interval, WILL_DELAY_INTERVAL);
    }
    return sum;
}

static uint64_t use_connack(const mqtt5_packet *packet)
{
    const mqtt5_connack *connack = &packet->as.connack;
    const mqtt5_properties *p = &connack->properties;

    return connack->session_present + connack->reason_code + NUMBER(session_expiry_interval, SESSION_EXPIRY_INTERVAL) +
           TEXT(assigned_client_id, ASSIGNED_CLIENT_ID) + NUMBER(server_keep_alive, SERVER_KEEP_ALIVE) +
           TEXT(authentication_method, AUTHENTICATION_METHOD) + TEXT(authentication_data, AUTHENTICATION_DATA) +
           TEXT(response_info, RESPONSE_INFO) + TEXT(server_reference, SERVER_REFERENCE) +
           TEXT(reason_str, REASON_STR) + NUMBER(receive_max, RECEIVE_MAX) + NUMBER(topic_alias_max, TOPIC_ALIAS_MAX) +
           NUMBER(max_qos, MAX_QOS) + NUMBER(retain_available, RETAIN_AVAILABLE) + use_users(p) +
           NUMBER(max_packet_size, MAX_PACKET_SIZE) +
           NUMBER(wildcard_subscription_available, WILDCARD_SUBSCRIPTION_AVAILABLE) +
           NUMBER(subscription_id_available, SUBSCRIPTION_ID_AVAILABLE) +
           NUMBER(shared_subscription_available, SHARED_SUBSCRIPTION_AVAILABLE);
}

static uint64_t use_subscribe(const mqtt5_packet *packet)
{
    const mqtt5_subscribe *subscribe = &packet->as.subscribe;
    const mqtt5_properties *p = &subscribe->properties;
    mqtt5_list list = subscribe->topic_filters;
    mqtt5_topic_filter filter;
    uint64_t sum = subscribe->packet_id + NUMBER(subscription_id, SUBSCRIPTION_ID) + use_users(p);

    while (mqtt5_next_topic_filter(&list, &filter)) {
        sum += use_view(filter.pattern) + filter.max_qos + filter.no_local + filter.retain_as_published +
               filter.retain_handling;
    }
    return sum;
}

/* ---------------------------------------------------- building the packets */

/* A property of the set p. */
#define SET(id, member, what) (mqtt5_set(p, MQTT5_PROP_##id), p->member = (what))

/* The data of the lists in the packet's properties. */
typedef struct store {
    mqtt5_string_pair users[3];
    mqtt5_topic_filter filters[8];
} store;

static void set_users(mqtt5_properties *p, store *s)
{
    s->users[0].name = MQTT5_VIEW("trace-id");
    s->users[0].value = MQTT5_VIEW("4bf92f3577b34da6");
    s->users[1].name = MQTT5_VIEW("origin");
    s->users[1].value = MQTT5_VIEW("gateway-7");
    SET(USER_PROPERTIES, user_properties, mqtt5_list_of(s->users, 2));
}

static void set_message(mqtt5_properties *p, store *s)
{
    SET(PAYLOAD_FORMAT_INDICATOR, payload_format_indicator, 1);
    SET(MESSAGE_EXPIRY_INTERVAL, message_expiry_interval, 3600);
    SET(CONTENT_TYPE, content_type, MQTT5_VIEW("application/json"));
    SET(RESPONSE_TOPIC, response_topic, MQTT5_VIEW("replies/client-42"));
    SET(CORRELATION_DATA, correlation_data, MQTT5_VIEW("0123456789abcdef"));
    set_users(p, s);
}

static void build_publish(mqtt5_packet *packet, store *s)
{
    mqtt5_publish *publish = &packet->as.publish;

    (void)s;
    packet->type = MQTT5_PUBLISH;
    publish->properties.present = 0;
    publish->topic = MQTT5_VIEW("plant/7/temp");
    publish->payload = mqtt5_view_of(payload, sizeof(payload));
    publish->packet_id = 1234;
    publish->qos = 1;
    publish->retain = false;
    publish->duplicate = false;
}

/* Eight properties: those of every message, with two user properties, and a topic alias. */
static void build_publish_with_properties(mqtt5_packet *packet, store *s)
{
    mqtt5_properties *p = &packet->as.publish.properties;

    build_publish(packet, s);
    set_message(p, s);
    SET(TOPIC_ALIAS, topic_alias, 7);
}

/* 62 bytes: a short reading with three user properties. */
static void build_publish_with_users(mqtt5_packet *packet, store *s)
{
    mqtt5_properties *p = &packet->as.publish.properties;

    build_publish(packet, s);
    packet->as.publish.payload = MQTT5_VIEW("{\"t\":21.5}");
    s->users[0].name = MQTT5_VIEW("site");
    s->users[0].value = MQTT5_VIEW("north");
    s->users[1].name = MQTT5_VIEW("unit");
    s->users[1].value = MQTT5_VIEW("C");
    s->users[2].name = MQTT5_VIEW("id");
    s->users[2].value = MQTT5_VIEW("42");
    SET(USER_PROPERTIES, user_properties, mqtt5_list_of(s->users, 3));
}

static void build_puback(mqtt5_packet *packet, store *s)
{
    mqtt5_puback *puback = &packet->as.puback;

    (void)s;
    packet->type = MQTT5_PUBACK;
    puback->properties.present = 0;
    puback->packet_id = 1234;
    puback->reason_code = 0;
}

static void build_connect(mqtt5_packet *packet, store *s)
{
    mqtt5_connect *connect = &packet->as.connect;
    mqtt5_properties *p = &connect->properties;

    packet->type = MQTT5_CONNECT;
    p->present = 0;
    SET(SESSION_EXPIRY_INTERVAL, session_expiry_interval, 86400);
    SET(RECEIVE_MAX, receive_max, 20);
    SET(MAX_PACKET_SIZE, max_packet_size, 65536);
    SET(TOPIC_ALIAS_MAX, topic_alias_max, 10);
    SET(REQUEST_RESPONSE_INFO, request_response_info, 1);
    SET(REQUEST_PROBLEM_INFO, request_problem_info, 1);
    SET(AUTHENTICATION_METHOD, authentication_method, MQTT5_VIEW("SCRAM-SHA-256"));
    SET(AUTHENTICATION_DATA, authentication_data, MQTT5_VIEW("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"));
    set_users(p, s);
    connect->client_id = MQTT5_VIEW("sensor-0123456789");
    connect->username = MQTT5_VIEW("sensor");
    connect->password = MQTT5_VIEW("correct horse battery staple");
    connect->keep_alive = 60;
    connect->clean_start = true;
    connect->has_username = true;
    connect->has_password = true;
    connect->has_will = true;
    p = &connect->will.properties;
    p->present = 0;
    set_message(p, s);
    SET(WILL_DELAY_INTERVAL, will_delay_interval, 30);
    connect->will.topic = MQTT5_VIEW("plant/7/status");
    connect->will.payload = MQTT5_VIEW("{\"online\": false}");
    connect->will.qos = 1;
    connect->will.retain = true;
}

/* All of the properties but those of authentication. */
static void build_connack(mqtt5_packet *packet, store *s)
{
    mqtt5_connack *connack = &packet->as.connack;
    mqtt5_properties *p = &connack->properties;

    packet->type = MQTT5_CONNACK;
    connack->session_present = false;
    connack->reason_code = 0;
    p->present = 0;
    SET(SESSION_EXPIRY_INTERVAL, session_expiry_interval, 3600);
    SET(ASSIGNED_CLIENT_ID, assigned_client_id, MQTT5_VIEW("auto-0123456789abcdef"));
    SET(SERVER_KEEP_ALIVE, server_keep_alive, 120);
    SET(RESPONSE_INFO, response_info, MQTT5_VIEW("replies/0123456789"));
    SET(SERVER_REFERENCE, server_reference, MQTT5_VIEW("broker-2.example.org"));
    SET(REASON_STR, reason_str, MQTT5_VIEW("welcome"));
    SET(RECEIVE_MAX, receive_max, 20);
    SET(TOPIC_ALIAS_MAX, topic_alias_max, 10);
    SET(MAX_QOS, max_qos, 1);
    SET(RETAIN_AVAILABLE, retain_available, 1);
    set_users(p, s);
    SET(MAX_PACKET_SIZE, max_packet_size, 65536);
    SET(WILDCARD_SUBSCRIPTION_AVAILABLE, wildcard_subscription_available, 1);
    SET(SUBSCRIPTION_ID_AVAILABLE, subscription_id_available, 1);
    SET(SHARED_SUBSCRIPTION_AVAILABLE, shared_subscription_available, 1);
}

static void build_subscribe(mqtt5_packet *packet, store *s)
{
    mqtt5_subscribe *subscribe = &packet->as.subscribe;
    mqtt5_properties *p = &subscribe->properties;
    size_t i;

    packet->type = MQTT5_SUBSCRIBE;
    p->present = 0;
    SET(SUBSCRIPTION_ID, subscription_id, 300);
    subscribe->packet_id = 1234;
    for (i = 0; i < 8; i++) {
        s->filters[i].pattern = i % 2 == 0 ? MQTT5_VIEW("plant/+/temperature") : MQTT5_VIEW("plant/7/status/#");
        s->filters[i].max_qos = 1;
        s->filters[i].no_local = false;
        s->filters[i].retain_as_published = true;
        s->filters[i].retain_handling = 0;
    }
    subscribe->topic_filters = mqtt5_list_of(s->filters, 8);
}

/* ------------------------------------------------------------- the cases */

static const struct packet_case {
    const char *name;
    void (*build)(mqtt5_packet *packet, store *s);
    uint64_t (*use)(const mqtt5_packet *packet);
} cases[] = {
    {"PUBLISH (a)", build_publish, use_publish},
    {"PUBLISH (b), 8 properties", build_publish_with_properties, use_publish},
    {"PUBLISH (c), 3 user properties", build_publish_with_users, use_publish},
    {"PUBACK", build_puback, use_puback},
    {"CONNECT, will, 17 properties", build_connect, use_connect},
    {"CONNACK, 16 properties", build_connack, use_connack},
    {"SUBSCRIBE, 8 filters", build_subscribe, use_subscribe},
};

#endif
