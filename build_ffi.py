# SPDX-License-Identifier: MIT
"""Builds mqtt5._ffi, the CFFI binding of csrc/.

The declarations are the text of csrc/mqtt5.h between its two markers. It knows how to compile; what a
packet is, or how Python shows it, it does not.
"""

import re
from pathlib import Path

from cffi import FFI

HERE = Path(__file__).parent
SOURCES = sorted(path.name for path in (HERE / "csrc").glob("*.c"))

# A packet, and what goes with it. One block, so that Python unpacks it at once.
SLOT = """
typedef struct {
    uint8_t *out; /* for the bytes of the packet */
    size_t room;
    size_t size;
    uintptr_t address;
    mqtt5_error error;
    mqtt5_packet packet;
} mqtt5_slot;

/* For each packet type: where in mqtt5_packet the views are that every packet of the type has; 0: none. */
extern uint16_t mqtt5_direct_views[16][2];
"""

# The results are minus the status, if that is an error; otherwise the type of the packet, or its size in bytes.
#
# After decoding, pointers in the packet are relative to slot->address, where data is; those of the direct views
# have been made offsets.
#
# An image is a packet without properties in one bytes object: an mqtt5_image, the part of the packet's struct
# that it announces, then the data of the direct views, one behind the other. CFFI calls a function of one
# argument much faster than one of several.
FUNCTIONS = """
uint16_t mqtt5_direct_views[16][2];

static mqtt5_view *mqtt5_direct_view(mqtt5_packet *packet, int i)
{
    uint16_t at = mqtt5_direct_views[packet->type][i];

    return at > 0 ? (mqtt5_view *)((char *)packet + at) : NULL;
}

static int mqtt5_frame_slot(const uint8_t *data, size_t start, size_t size, size_t max_packet_size, mqtt5_slot *slot)
{
    slot->packet.type = size > start ? data[start] >> 4 : 0;
    return -(int)mqtt5_frame(data + start, size - start, max_packet_size, &slot->size, &slot->error);
}

static int mqtt5_decode_slot(const uint8_t *data, size_t size, mqtt5_slot *slot)
{
    mqtt5_status status = mqtt5_decode(data, size, 0, &slot->packet, &slot->size, &slot->error);
    int i;

    if (status != MQTT5_OK) {
        return -(int)status;
    }
    slot->address = (uintptr_t)data;
    for (i = 0; i < 2; i++) {
        mqtt5_view *view = mqtt5_direct_view(&slot->packet, i);

        if (view != NULL) {
            view->data = (const uint8_t *)((uintptr_t)view->data - slot->address);
        }
    }
    return slot->packet.type;
}

static int mqtt5_encode_slot(mqtt5_slot *slot)
{
    mqtt5_status status = mqtt5_encode(&slot->packet, 0, slot->out, slot->room, &slot->size, &slot->error);

    return status == MQTT5_OK ? (int)slot->size : -(int)status;
}

static int mqtt5_check_slot(mqtt5_slot *slot)
{
    return -(int)mqtt5_check(&slot->packet, &slot->error);
}

typedef struct {
    uint8_t *out;
    size_t room;
    uint16_t start; /* of what is given of mqtt5_packet */
    uint16_t size;
    uint32_t type;
} mqtt5_image;

static void mqtt5_take_image(const uint8_t *data, mqtt5_slot *slot)
{
    mqtt5_image image;
    size_t used = 0;
    int i;

    memcpy(&image, data, sizeof(image));
    data += sizeof(image);
    slot->out = image.out;
    slot->room = image.room;
    slot->packet.type = (uint8_t)image.type;
    slot->packet.as.properties.present = 0;
    memcpy((char *)&slot->packet + image.start, data, image.size);
    data += image.size;
    for (i = 0; i < 2; i++) {
        mqtt5_view *view = mqtt5_direct_view(&slot->packet, i);

        if (view != NULL) {
            view->data = data + used;
            used += view->size;
        }
    }
}

static int mqtt5_check_image(const uint8_t *image)
{
    mqtt5_slot slot;

    mqtt5_take_image(image, &slot);
    return mqtt5_check_slot(&slot);
}

static int mqtt5_encode_image(const uint8_t *image)
{
    mqtt5_slot slot;

    mqtt5_take_image(image, &slot);
    return mqtt5_encode_slot(&slot);
}
"""


def prototypes(functions: str) -> str:
    """The declarations of the functions that return an int."""
    found = re.findall(r"^static (int .*?\))\s*\{", functions, re.DOTALL | re.MULTILINE)
    return "".join(f"{prototype};\n" for prototype in found)


def declarations() -> str:
    """The part of the header that CFFI parses."""
    header = (HERE / "csrc" / "mqtt5.h").read_text("utf-8")
    return header.split("/* cdef begin */")[1].split("/* cdef end */")[0].replace("MQTT5_API ", "")


ffibuilder = FFI()
ffibuilder.cdef(declarations() + SLOT + prototypes(FUNCTIONS))
ffibuilder.set_source(
    "mqtt5._ffi",
    '#include "mqtt5.h"\n#include <string.h>\n' + SLOT + FUNCTIONS,
    include_dirs=["csrc"],
    sources=[f"csrc/{name}" for name in SOURCES],
    depends=[f"csrc/{path.name}" for path in (HERE / "csrc").glob("*.h")],
)
