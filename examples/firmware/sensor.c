/* SPDX-License-Identifier: MIT */
/*
 * sensor.c - the sensor: what it sends, and what it does with what arrives.
 *
 * It does not know what carries its bytes: sensor.h names the three functions it needs. It allocates nothing.
 */
#include "sensor.h"

#include <string.h>

enum { SUCCESS = 0x00, FIRST_ERROR = 0x80, QUOTA_EXCEEDED = 0x97 };

static void say(const char *words, const char *text)
{
    print(words, text, strlen(text));
}

/* -------------------------------------------------------------- sending */

/* A packet to fill in. Zeros are no properties, no lists and empty strings, so only what is wanted need be set. */
static mqtt5_packet *begin(sensor *s, mqtt5_type type)
{
    memset(&s->packet, 0, sizeof(s->packet));
    s->packet.type = (uint8_t)type;
    return &s->packet;
}

static bool send_packet(sensor *s)
{
    size_t size;
    mqtt5_status status = mqtt5_encode(&s->packet, 0, s->out, sizeof(s->out), &size, NULL);

    if (status != MQTT5_OK) { /* a value that is not allowed, or no room: both are a mistake in this program */
        say("cannot be sent", "");
        return false;
    }
    return transport_send(s->out, size);
}

static uint16_t next_id(sensor *s)
{
    s->last_id = (uint16_t)(s->last_id + 1);
    if (s->last_id == 0) { /* never 0 (2.2.1) */
        s->last_id = 1;
    }
    return s->last_id;
}

static bool send_connect(sensor *s)
{
    mqtt5_connect *connect = &begin(s, MQTT5_CONNECT)->as.connect;

    connect->client_id = MQTT5_VIEW("sensor-7");
    connect->clean_start = true;
    /*
     * Maximum Packet Size is left out on purpose: a broker that is told it drops larger messages, and nobody would
     * know. Receive Maximum is not: there is no room for a second message while one is dealt with.
     */
    connect->properties.receive_max = 1;
    mqtt5_set(&connect->properties, MQTT5_PROPERTY_RECEIVE_MAX);
    return send_packet(s);
}

static bool send_subscribe(sensor *s)
{
    mqtt5_subscribe *subscribe = &begin(s, MQTT5_SUBSCRIBE)->as.subscribe;
    mqtt5_topic_filter filter;

    memset(&filter, 0, sizeof(filter));
    filter.pattern = MQTT5_VIEW("plant/7/command");
    filter.max_qos = 1;
    subscribe->packet_id = next_id(s);
    subscribe->topic_filters = mqtt5_list_of(&filter, 1); /* filter must live until the packet is encoded */
    return send_packet(s);
}

static bool send_temperature(sensor *s, const char *celsius)
{
    mqtt5_publish *publish = &begin(s, MQTT5_PUBLISH)->as.publish;
    mqtt5_properties *properties = &publish->properties;
    mqtt5_user_property unit;

    unit.name = MQTT5_VIEW("unit");
    unit.value = MQTT5_VIEW("Celsius");
    publish->topic = MQTT5_VIEW("plant/7/temperature");
    publish->payload = mqtt5_view_of(celsius, strlen(celsius));
    publish->qos = 1;
    publish->packet_id = next_id(s);
    properties->payload_format_indicator = 1; /* text */
    mqtt5_set(properties, MQTT5_PROPERTY_PAYLOAD_FORMAT_INDICATOR);
    properties->message_expiry_interval = 300;
    mqtt5_set(properties, MQTT5_PROPERTY_MESSAGE_EXPIRY_INTERVAL);
    properties->user_properties = mqtt5_list_of(&unit, 1);
    mqtt5_set(properties, MQTT5_PROPERTY_USER_PROPERTIES);
    return send_packet(s);
}

static bool send_puback(sensor *s, uint16_t packet_id, uint8_t reason_code)
{
    mqtt5_puback *puback = &begin(s, MQTT5_PUBACK)->as.puback;

    puback->packet_id = packet_id;
    puback->reason_code = reason_code;
    return send_packet(s);
}

static bool send_disconnect(sensor *s, uint8_t reason_code)
{
    begin(s, MQTT5_DISCONNECT)->as.disconnect.reason_code = reason_code;
    return send_packet(s);
}

/* ------------------------------------------------------------ receiving */

/* The bytes are no packet, or not one that this sensor can take: says why to the broker, and ends. */
static bool refuse(sensor *s, mqtt5_status status)
{
    say("refused what the broker sent", "");
    (void)send_disconnect(s, mqtt5_reason_code(status));
    return false;
}

/*
 * A PUBLISH that is larger than in, of which as much is there as in holds. Its rest must be taken off the line, or else
 * it would be read as the next packet; and with QoS 1 it must be answered, or else the broker sends it again. What is
 * needed for that stands in front of the payload.
 */
static bool skip_packet(sensor *s)
{
    mqtt5_publish *publish = &s->packet.as.publish;
    size_t whole, left;
    mqtt5_status status = mqtt5_decode_head(s->in, sizeof(s->in), 0, &s->packet, &whole, NULL);

    if (status != MQTT5_OK) { /* no PUBLISH, or one with a long head, or a bad one */
        return refuse(s, status == MQTT5_INCOMPLETE ? MQTT5_PACKET_TOO_LARGE : status);
    }
    print("too large, skipped: a message for", publish->topic.data, publish->topic.size);
    for (left = whole - sizeof(s->in); left > 0;) { /* from here on, what the packet's views point to is gone */
        size_t got = transport_receive(s->in, left < sizeof(s->in) ? left : sizeof(s->in));

        if (got == 0) {
            return false;
        }
        left -= got;
    }
    return publish->qos == 0 || send_puback(s, publish->packet_id, QUOTA_EXCEEDED);
}

/*
 * Receives the next packet that fits. The fixed header says how many bytes it needs, and no more than those are read:
 * so in never holds the beginning of another packet, and nothing has to be moved.
 */
static bool receive_packet(sensor *s)
{
    size_t size = 0, whole;

    for (;;) {
        mqtt5_status status = mqtt5_frame(s->in, size, 0, &whole, NULL);
        size_t got;

        if (status == MQTT5_OK) {
            status = mqtt5_decode(s->in, size, 0, &s->packet, &whole, NULL);
            return status == MQTT5_OK || refuse(s, status);
        }
        if (status != MQTT5_INCOMPLETE) {
            return refuse(s, status);
        }
        if (size == sizeof(s->in)) {
            if (!skip_packet(s)) {
                return false;
            }
            size = 0;
            continue;
        }
        got = transport_receive(s->in + size, (whole < sizeof(s->in) ? whole : sizeof(s->in)) - size);
        if (got == 0) {
            return false;
        }
        size += got;
    }
}

/* What is the broker's answer? It ends the conversation if it is an error. */
static bool is_good(const char *what, uint8_t reason_code)
{
    say(what, reason_code < FIRST_ERROR ? "yes" : "no");
    return reason_code < FIRST_ERROR;
}

/* ------------------------------------------------------ the conversation */

/* A command arrived, with QoS 0 or 1, since no more was asked for. False if it is to stop. */
static bool obey(sensor *s)
{
    const mqtt5_publish *publish = &s->packet.as.publish;
    const bool stop = publish->payload.size == 4 && memcmp(publish->payload.data, "stop", 4) == 0;

    print("command:", publish->payload.data, publish->payload.size);
    if (publish->qos > 0 && !send_puback(s, publish->packet_id, SUCCESS)) { /* this overwrites *publish */
        return false;
    }
    s->stopped = stop && send_disconnect(s, SUCCESS);
    return !stop;
}

int sensor_run(sensor *s)
{
    static const char *const temperatures[] = {"21.5", "21.7"};
    size_t sent = 0;

    s->last_id = 0;
    s->stopped = false;
    if (!send_connect(s)) {
        return 1;
    }
    while (receive_packet(s)) {
        bool good = true;

        switch (s->packet.type) {
        case MQTT5_CONNACK:
            good = is_good("connected:", s->packet.as.connack.reason_code) && send_subscribe(s);
            break;
        case MQTT5_SUBACK: {
            uint8_t granted = FIRST_ERROR;

            (void)mqtt5_next_reason_code(&s->packet.as.suback.reason_codes, &granted);
            good = is_good("subscribed:", granted) && send_temperature(s, temperatures[sent]);
            break;
        }
        case MQTT5_PUBACK: /* one message after the other: the next when this one has arrived */
            good = is_good("published:", s->packet.as.puback.reason_code);
            sent++;
            if (good && sent < sizeof(temperatures) / sizeof(temperatures[0])) {
                good = send_temperature(s, temperatures[sent]);
            } else if (good) {
                say("waiting for commands", "");
            }
            break;
        case MQTT5_PUBLISH:
            good = obey(s);
            break;
        default: /* a DISCONNECT, or what a broker must not send */
            good = false;
            break;
        }
        if (!good) {
            break;
        }
    }
    return s->stopped ? 0 : 1;
}
