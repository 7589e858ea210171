#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# RabbitMQ announces that it has no shared subscriptions, and grants them all the same: no message arrives. A server
# without them answers with DISCONNECT 0x9E (3.2.2.3.13). Needs RabbitMQ 4, which Debian 12 does not have:
#
#     scripts/rabbitmq findings/rabbitmq-shared.sh
source "$(dirname "$0")/lib.sh"
[ -n "${MQTT5_RABBITMQ-}" ] || { echo "needs RabbitMQ 4: scripts/rabbitmq findings/rabbitmq-shared.sh" >&2; exit 2; }
run <<'PYTHON'
from lib import *

subscriber, sender = (Peer(int(os.environ["MQTT5_RABBITMQ"]), name) for name in ("subscriber", "sender"))
same("CONNACK has Shared Subscription Available 0", b"\x2a\0" in subscriber.answer, True)
subscriber.send(subscribe("$share/group/t", 1))
same("SUBACK", subscriber.get(), "900400010001")
sender.send(publish("t", b"x", 1, 1))
same("PUBACK (0x10: no matching subscribers)", sender.get(), "400400011000")
same("what the subscriber receives", subscriber.all(), [])
PYTHON
