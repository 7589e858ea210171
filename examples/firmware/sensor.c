/* SPDX-License-Identifier: MIT */
/*
 * sensor.c - the sensor: the packets that it sends, and its reactions to those that arrive.
 *
 * It does not know the transport: sensor.h names the three functions it needs. It allocates nothing. Each
 * function uses only those above it; sensor_run(), the last one, is the whole conversation.
 * scripts/firmware-demo builds and runs it.
 */
#include "sensor.h"

#include <string.h>

/* Reason codes (2.4). */
enum { SUCCESS = 0x00, FIRST_ERROR = 0x80, PROTOCOL_ERROR = 0x82, QUOTA_EXCEEDED = 0x97 };

enum { COMMAND_QOS = 1 };

/* What it measures. */
static const char *const temperatures[] = {"21.5", "21.7"};
enum { TEMPERATURES = sizeof(temperatures) / sizeof(temperatures[0]) };

static void say(const char *words, const char *text)
{
    print(words, text, strlen(text));
}

/* -------------------------------------------------------------- sending */

/* A packet to fill in. Zeros mean: no properties, no lists, empty strings. So only the other fields need be set. */
static mqtt5_packet *begin(sensor *s, mqtt5_type type)
{
    memset(&s->packet, 0, sizeof(s->packet));
    s->packet.type = (uint8_t)type;
    return &s->packet;
}

static bool send_packet(sensor *s)
{
    size_t size;
    mqtt5_status status = mqtt5_encode(&s->packet, NULL, s->out, sizeof(s->out), &size, NULL);

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

    s->awaited = MQTT5_CONNACK;
    connect->client_id = MQTT5_VIEW("sensor-7");
    connect->clean_start = true; /* keep_alive stays 0: the broker expects no PINGREQ */
    /*
     * Maximum Packet Size is omitted on purpose: a broker that is told it drops larger messages, and no one would
     * know. Receive Maximum is not: there is no room for a second message while one is dealt with.
     */
    connect->properties.receive_max = 1;
    mqtt5_set(&connect->properties, MQTT5_PROP_RECEIVE_MAX);
    return send_packet(s);
}

static bool send_subscribe(sensor *s)
{
    mqtt5_subscribe *subscribe = &begin(s, MQTT5_SUBSCRIBE)->as.subscribe;
    mqtt5_topic_filter filter;

    s->awaited = MQTT5_SUBACK;
    memset(&filter, 0, sizeof(filter));
    filter.pattern = MQTT5_VIEW("plant/7/command");
    filter.max_qos = COMMAND_QOS;
    subscribe->packet_id = next_id(s);
    subscribe->topic_filters = mqtt5_list_of(&filter, 1); /* filter must live until the packet is encoded */
    return send_packet(s);
}

/* The next one, if there is one left. */
static bool send_temperature(sensor *s)
{
    mqtt5_publish *publish;
    mqtt5_properties *properties;
    mqtt5_string_pair unit;

    if (s->sent == TEMPERATURES) {
        s->awaited = MQTT5_PUBLISH;
        say("waiting for commands", "");
        return true;
    }
    s->awaited = MQTT5_PUBACK;
    publish = &begin(s, MQTT5_PUBLISH)->as.publish;
    properties = &publish->properties;
    unit.name = MQTT5_VIEW("unit");
    unit.value = MQTT5_VIEW("Celsius");
    publish->topic = MQTT5_VIEW("plant/7/temperature");
    publish->payload = mqtt5_view_of(temperatures[s->sent], strlen(temperatures[s->sent]));
    publish->qos = 1;
    publish->packet_id = next_id(s);
    properties->payload_format_indicator = 1; /* text */
    mqtt5_set(properties, MQTT5_PROP_PAYLOAD_FORMAT_INDICATOR);
    properties->message_expiry_interval = 300;
    mqtt5_set(properties, MQTT5_PROP_MESSAGE_EXPIRY_INTERVAL);
    properties->user_properties = mqtt5_list_of(&unit, 1);
    mqtt5_set(properties, MQTT5_PROP_USER_PROPERTIES);
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

/* The bytes are not a packet, or not one that this sensor can take: tells the broker why, and ends. */
static bool refuse(sensor *s, uint8_t reason_code)
{
    say("refused what the broker sent", "");
    (void)send_disconnect(s, reason_code);
    return false;
}

/*
 * True if the packet may arrive in this state; the codec checks each packet by itself. An answer must belong to the
 * last packet sent. A command needs a connection, and has at most the requested QoS.
 */
static bool is_expected(const sensor *s)
{
    const mqtt5_packet *packet = &s->packet;

    switch (packet->type) {
    case MQTT5_CONNACK:
        return s->awaited == MQTT5_CONNACK;
    case MQTT5_SUBACK:
        return s->awaited == MQTT5_SUBACK && packet->as.suback.packet_id == s->last_id;
    case MQTT5_PUBACK:
        return s->awaited == MQTT5_PUBACK && packet->as.puback.packet_id == s->last_id;
    case MQTT5_PUBLISH:
        return s->awaited != MQTT5_CONNACK && packet->as.publish.qos <= COMMAND_QOS;
    default:
        return packet->type == MQTT5_DISCONNECT;
    }
}

/*
 * A PUBLISH that is larger than in, of which in holds the beginning. The rest must be taken off the line, or it would
 * be read as the next packet. With QoS 1 it must be answered, or the broker sends it again. All that is needed for the
 * answer comes before the payload.
 */
static bool skip_packet(sensor *s)
{
    mqtt5_publish *publish = &s->packet.as.publish;
    size_t whole, left;
    mqtt5_status status = mqtt5_decode_head(s->in, sizeof(s->in), NULL, &s->packet, &whole, NULL);

    if (status != MQTT5_OK) { /* no PUBLISH, or one with a long head, or a bad one */
        return refuse(s, mqtt5_reason_code(status == MQTT5_INCOMPLETE ? MQTT5_ERR_PACKET_TOO_LARGE : status));
    }
    if (!is_expected(s)) {
        return refuse(s, PROTOCOL_ERROR);
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
 * Receives the next packet that fits. The fixed header says how many bytes it needs, and only those are read:
 * so in never holds the beginning of another packet, and nothing has to be moved.
 */
static bool receive_packet(sensor *s)
{
    size_t size = 0, whole;

    for (;;) {
        mqtt5_status status = mqtt5_frame(s->in, size, NULL, &whole, NULL);
        size_t got;

        if (status == MQTT5_OK) {
            status = mqtt5_decode(s->in, size, NULL, &s->packet, &whole, NULL);
            return status == MQTT5_OK || refuse(s, mqtt5_reason_code(status));
        }
        if (status != MQTT5_INCOMPLETE) {
            return refuse(s, mqtt5_reason_code(status));
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

/* ------------------------------------------------------ the conversation */

/* Handles the broker's answer, which ends the conversation if it is an error. */
static bool is_good(const char *what, uint8_t reason_code)
{
    say(what, reason_code < FIRST_ERROR ? "yes" : "no");
    return reason_code < FIRST_ERROR;
}

/* A command arrived. False if it is to stop. */
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

/* Deals with the packet that arrived. False if that was the last one. */
static bool answer_packet(sensor *s)
{
    uint8_t granted = FIRST_ERROR;

    if (!is_expected(s)) {
        return refuse(s, PROTOCOL_ERROR);
    }
    switch (s->packet.type) {
    case MQTT5_CONNACK: /* its properties state the broker's limits, such as QoS 0 only: ignored here */
        return is_good("connected:", s->packet.as.connack.reason_code) && send_subscribe(s);
    case MQTT5_SUBACK: /* a code for each filter: there was one */
        (void)mqtt5_next_reason_code(&s->packet.as.suback.reason_codes, &granted);
        return is_good("subscribed:", granted) && send_temperature(s);
    case MQTT5_PUBACK: /* one message after the other: the next when this one has arrived */
        s->sent++;
        return is_good("published:", s->packet.as.puback.reason_code) && send_temperature(s);
    case MQTT5_PUBLISH:
        return obey(s);
    default: /* DISCONNECT, which is not answered */
        return false;
    }
}

int sensor_run(sensor *s)
{
    s->last_id = 0;
    s->sent = 0;
    s->stopped = false;
    if (send_connect(s)) {
        while (receive_packet(s) && answer_packet(s)) { /* each answer has the next packet sent */
        }
    }
    return s->stopped ? 0 : 1;
}
