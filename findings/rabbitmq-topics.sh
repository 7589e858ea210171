#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# RabbitMQ keeps a topic as a routing key of AMQP: . becomes /, and * becomes +, which no topic may have (3.3.2-2). In a
# filter * is a wildcard. Also + and # match topics that begin with $. Needs RabbitMQ 4, which Debian 12 does not have:
#
#     scripts/rabbitmq findings/rabbitmq-topics.sh
source "$(dirname "$0")/lib.sh"
[ -n "${MQTT5_RABBITMQ-}" ] || { echo "needs RabbitMQ 4: scripts/rabbitmq findings/rabbitmq-topics.sh" >&2; exit 2; }
run <<'PYTHON'
from lib import *

PORT = int(os.environ["MQTT5_RABBITMQ"])


def delivered(pattern, topic):
    """The topic with which the message arrives; None if it does not."""
    subscriber, sender = Peer(PORT, "subscriber"), Peer(PORT, "sender")
    subscriber.send(subscribe(pattern))
    subscriber.get()
    sender.send(publish(topic))
    found = subscriber.get(0.5)
    subscriber.close()
    sender.close()
    return found and found[4 : 4 + found[3]].decode()


for pattern, topic, expected in (
    ("a/b", "a.b", "a/b"),
    ("a.b", "a/b", "a/b"),
    ("a/+", "a/*", "a/+"),
    ("a/*", "a/b", "a/b"),
    ("+", "$x", "$x"),
    ("#", "$x/y", "$x/y"),
):
    same(f"subscribed {pattern}, published {topic}, received", delivered(pattern, topic), expected)
PYTHON
