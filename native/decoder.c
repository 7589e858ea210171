/* SPDX-License-Identifier: MIT */
/*
 * decoder.c - the Decoder: packet after packet from bytes that arrive in pieces.
 *
 * It behaves as mqtt5/stream.py documents. It knows where packets and payloads
 * begin and end in the bytes that have arrived. It does not know the rest of a
 * packet.
 */
#include "native.h"

enum {
    SHARED_FROM = 1024, /* bytes objects of at least this size are not copied if no other bytes wait */
    KEPT_ROOM = 1024,   /* that may stay allocated beyond the need */
    PAYLOAD_FROM = 32768,
    TELLING = 5, /* with this many bytes, mqtt5_frame() knows more than with the size alone if the sender is known */
    PAYLOAD_GROWTH = 64 /* at most this multiple of the arrived bytes is allocated */
};

/* clang-format off */
typedef struct decoder {
    PyObject_HEAD
    const state *state;
    mqtt5_options options;
    const mqtt5_options *effective; /* those; NULL if they are the defaults, which is faster */
    size_t moves;      /* counts how often the next packet became another one */
    size_t first;      /* that count before the first packet */
    bool hides;        /* the bytes may be the rest of a secret: no text shows them */
    bool is_lost;      /* after an error: it is not known where the next packet begins */
    PyObject *error;   /* the DecodeError, until skip() */
    size_t skipped;    /* bytes of the refused packet that have still to arrive */
    PyObject *buffer;  /* bytes; those from start to end wait to be read */
    bool owned;        /* the decoder owns the buffer and writes to it while it has the only reference */
    Py_ssize_t start, end;
    size_t needed;     /* the size of the next packet, as far as that is known */
    size_t next_try;   /* to find its payload: when this many bytes have arrived */
    PyObject *payload; /* the payload of the next packet, while it arrives; the buffer has what is before and after */
    Py_ssize_t filled, payload_size;
} decoder;
/* clang-format on */

static const uint8_t *waiting(const decoder *self)
{
    return self->buffer != NULL ? (const uint8_t *)PyBytes_AS_STRING(self->buffer) + self->start : NULL;
}

static void forget_all(decoder *self)
{
    Py_CLEAR(self->buffer);
    Py_CLEAR(self->payload);
    self->start = self->end = 0;
    self->needed = self->next_try = self->skipped = 0;
    self->moves++;
}

/* Moves the waiting bytes to a buffer that the decoder owns, with room for more bytes after them. */
static int renew_buffer(decoder *self, Py_ssize_t room)
{
    Py_ssize_t size = self->end - self->start;
    PyObject *buffer = NULL;

    if (size + room > 0) {
        buffer = PyBytes_FromStringAndSize(NULL, size + room);
        if (buffer == NULL) {
            return -1;
        }
        if (size > 0) {
            memcpy(PyBytes_AS_STRING(buffer), waiting(self), (size_t)size);
        }
    }
    Py_XSETREF(self->buffer, buffer);
    self->owned = true;
    self->start = 0;
    self->end = size;
    return 0;
}

/* Makes room for more bytes after the end. */
static int reserve(decoder *self, Py_ssize_t more)
{
    Py_ssize_t size = self->end - self->start, room, wanted;

    if (self->owned && self->buffer != NULL && Py_REFCNT(self->buffer) == 1) {
        room = PyBytes_GET_SIZE(self->buffer);
        if (more <= room - self->end) {
            return 0;
        }
        if (size <= self->start && more <= room - size) { /* moves at most as many bytes as were read */
            char *bytes = PyBytes_AS_STRING(self->buffer);

            memcpy(bytes, bytes + self->start, (size_t)size);
            self->start = 0;
            self->end = size;
            return 0;
        }
    }
    if (more > PTRDIFF_MAX / 4 - size) {
        PyErr_NoMemory();
        return -1;
    }
    wanted = more + 2 * size;
    if (self->needed >= (size_t)(size + more) && self->needed < (size_t)(size + wanted)) {
        wanted = (Py_ssize_t)self->needed - size;
    }
    return renew_buffer(self, wanted);
}

/* After the last complete packet: keeps only the memory that the waiting bytes need. */
static void tidy(decoder *self)
{
    Py_ssize_t size = self->end - self->start;

    if (self->buffer != NULL && PyBytes_GET_SIZE(self->buffer) / 4 > size + KEPT_ROOM / 4 &&
        renew_buffer(self, 0) < 0) {
        PyErr_Clear(); /* then it stays */
    }
    if (size == 0) {
        self->start = self->end = 0;
        if (!self->owned) {
            Py_CLEAR(self->buffer);
        }
    }
}

/* Makes room for more of the payload. */
static int grow_payload(decoder *self, Py_ssize_t more)
{
    Py_ssize_t room = self->payload != NULL ? PyBytes_GET_SIZE(self->payload) : 0;
    PyObject *payload;

    if (self->payload != NULL && more <= room - self->filled) {
        return 0;
    }
    room = self->payload_size;
    if ((self->filled + more) < room / PAYLOAD_GROWTH) {
        room = (self->filled + more) * PAYLOAD_GROWTH;
    }
    payload = PyBytes_FromStringAndSize(NULL, room);
    if (payload == NULL) {
        return -1;
    }
    if (self->filled > 0) {
        memcpy(PyBytes_AS_STRING(payload), PyBytes_AS_STRING(self->payload), (size_t)self->filled);
    }
    Py_XSETREF(self->payload, payload);
    return 0;
}

/*
 * If the next packet is large, not complete, and all before its payload has
 * arrived: from then on its payload is written to an object of its own, so
 * that each of its bytes is copied once.
 */
static int begin_payload(decoder *self)
{
    size_t size = (size_t)(self->end - self->start), arrived;
    const uint8_t *data = waiting(self);
    const mqtt5_view *view;
    mqtt5_packet packet;
    size_t needed;

    if (self->payload != NULL || size < PAYLOAD_FROM || size < self->next_try) {
        return 0;
    }
    self->next_try = 2 * size; /* so that this takes linear time */
    if (mqtt5_decode_head(data, size, self->effective, &packet, &needed, NULL) != MQTT5_OK || needed <= size ||
        self->state->packets[packet.type]->payload == NULL) {
        return 0; /* a packet that is refused waits for the next step */
    }
    self->needed = needed;
    view = (const mqtt5_view *)((const char *)&packet + self->state->packets[packet.type]->payload->offset);
    arrived = size - (size_t)(view->data - data);
    self->payload_size = (Py_ssize_t)view->size;
    self->filled = 0;
    if (grow_payload(self, (Py_ssize_t)arrived) < 0) {
        return -1;
    }
    memcpy(PyBytes_AS_STRING(self->payload), view->data, arrived);
    self->filled = (Py_ssize_t)arrived;
    self->end -= (Py_ssize_t)arrived;
    return 0;
}

static int feed_bytes(decoder *self, const char *data, Py_ssize_t size)
{
    Py_ssize_t part = 0;

    if (self->payload != NULL) {
        part = Py_MIN(size, self->payload_size - self->filled);
        if (grow_payload(self, part) < 0) {
            return -1;
        }
    }
    if (size > part) {
        if (reserve(self, size - part) < 0) {
            return -1;
        }
        memcpy(PyBytes_AS_STRING(self->buffer) + self->end, data + part, (size_t)(size - part));
        self->end += size - part;
    }
    if (part > 0) { /* after all that can fail */
        memcpy(PyBytes_AS_STRING(self->payload) + self->filled, data, (size_t)part);
        self->filled += part;
    }
    return 0;
}

/* Drops what is left of a refused packet. */
static int feed_rest(decoder *self, const char *data, size_t size)
{
    const size_t skipped = Py_MIN(self->skipped, size);

    if (self->is_lost) {
        return 0;
    }
    if (begin_payload(self) < 0 || feed_bytes(self, data + skipped, (Py_ssize_t)(size - skipped)) < 0) {
        return -1;
    }
    self->skipped -= skipped;
    return 0;
}

static PyObject *feed(decoder *self, PyObject *data)
{
    Py_buffer view;
    int result;

    if (PyBytes_CheckExact(data) && PyBytes_GET_SIZE(data) >= SHARED_FROM && self->start == self->end &&
        self->payload == NULL && self->skipped == 0 && !self->is_lost) {
        Py_XSETREF(self->buffer, Py_NewRef(data));
        self->owned = false;
        self->start = 0;
        self->end = PyBytes_GET_SIZE(data);
        Py_RETURN_NONE;
    }
    if (native_get_buffer(self->state, data, &view, "data") < 0) {
        return NULL;
    }
    result = feed_rest(self, (const char *)view.buf, (size_t)view.len);
    PyBuffer_Release(&view);
    return result == 0 ? Py_NewRef(Py_None) : NULL;
}

/* Making an object or an exception may run other code, which may use the decoder. */

/* Returns the object of a decoded packet, which takes size bytes of the buffer. The decoder moves on first. */
static PyObject *take_packet(decoder *self, const mqtt5_packet *packet, Py_ssize_t size)
{
    PyObject *buffer = Py_NewRef(self->buffer), *payload = self->payload, *made;
    const uint8_t stage = self->options.stage;
    const size_t moves = ++self->moves;

    self->start += size;
    self->payload = NULL;
    self->needed = self->next_try = 0;
    if (stage == MQTT5_STAGE_ANY ||
        (stage == MQTT5_STAGE_OPENING && (packet->type == MQTT5_CONNECT || packet->type == MQTT5_CONNACK))) {
        self->options.stage = MQTT5_STAGE_OPEN;
    }
    made = native_read_packet(self->state, packet, payload);
    if (packet->lenient) { /* it points to the buffer */
        made = native_mark_lenient(self->state, packet, made);
    }
    if (made == NULL && self->buffer == buffer && self->payload == NULL && self->moves == moves) {
        /* no memory, or interrupted: the packet is still there */
        self->start -= size;
        self->payload = Py_XNewRef(payload);
        self->options.stage = stage;
        self->moves--;
    }
    Py_XDECREF(payload);
    Py_DECREF(buffer);
    return made;
}

/* Drops the next packet, which was refused. Its size is 0 if it is not known; then the rest is of no use either. */
static void drop_packet(decoder *self, size_t size)
{
    size_t arrived = (size_t)(self->end - self->start), filled = 0;

    if (size == 0) {
        self->is_lost = true;
        forget_all(self);
        return;
    }
    if (self->payload != NULL) { /* it is not in the buffer */
        arrived = size - (size_t)self->payload_size;
        filled = (size_t)self->filled;
    }
    arrived = Py_MIN(arrived, size);
    self->start += (Py_ssize_t)arrived;
    self->skipped = size - arrived - filled;
    self->needed = self->next_try = 0;
    self->moves++;
    Py_CLEAR(self->payload);
    tidy(self);
}

/* The bytes of a complete packet whose payload is in an object of its own. */
static PyObject *join_payload(const decoder *self, size_t size)
{
    PyObject *joined = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);

    if (joined != NULL) {
        const size_t before = size - (size_t)self->payload_size;

        memcpy(PyBytes_AS_STRING(joined), waiting(self), before);
        memcpy(PyBytes_AS_STRING(joined) + before, PyBytes_AS_STRING(self->payload), (size_t)self->payload_size);
    }
    return joined;
}

/* If its length is wrong, what follows may be the rest of a secret. */
static bool may_hold_secret(const state *s, unsigned type)
{
    const layout *l = type < TYPES ? s->packets[type] : NULL;
    Py_ssize_t i = 0;

    while (l != NULL && i < l->count && !l->fields[i].secret) {
        i++;
    }
    return l != NULL && i < l->count;
}

/* Raises the error of the next packet, and drops the packet. */
static void refuse_packet(decoder *self, const mqtt5_packet *packet, const mqtt5_error *error, size_t size)
{
    const bool is_joined = self->payload != NULL && self->filled == self->payload_size;
    PyObject *buffer = is_joined ? join_payload(self, size) : Py_NewRef(self->buffer), *exception;
    const uint8_t *data = waiting(self);
    size_t shown = (size_t)(self->end - self->start);
    const size_t moves = self->moves;

    if (buffer == NULL) {
        return;
    }
    if (is_joined) {
        data = (const uint8_t *)PyBytes_AS_STRING(buffer);
        shown = size;
    } else if (self->payload != NULL) {
        shown = size - (size_t)self->payload_size;
    }
    exception = native_refuse(self->state, packet, error, data, shown, size, moves == self->first, self->hides);
    self->hides = self->hides || may_hold_secret(self->state, packet->type);
    Py_DECREF(buffer);
    if (exception != NULL && self->moves == moves) {
        Py_XSETREF(self->error, Py_NewRef(exception));
        drop_packet(self, size);
    }
    if (exception != NULL) {
        native_raise(PyObject_CallOneArg(self->state->again, exception));
        Py_DECREF(exception);
    }
}

static PyObject *next(decoder *self)
{
    Py_ssize_t waits = self->end - self->start;
    mqtt5_packet packet;
    mqtt5_error error;
    mqtt5_status status;
    size_t size;

    if (self->error != NULL) {
        native_raise(PyObject_CallOneArg(self->state->again, self->error));
        return NULL;
    }
    if (self->payload != NULL) {
        const bool is_complete = self->filled == self->payload_size;

        if (!is_complete && self->needed > 0) {
            return NULL;
        }
        status = mqtt5_decode_head(waiting(self), (size_t)waits, self->effective, &packet, &size, &error);
        self->needed = size;
        if (status != MQTT5_OK) { /* a limit has changed; one of lists applies to complete packets */
            if (is_complete ||
                mqtt5_frame(waiting(self), (size_t)waits, self->effective, &size, NULL) > MQTT5_INCOMPLETE) {
                refuse_packet(self, &packet, &error, size);
            }
            return NULL;
        }
        return is_complete ? take_packet(self, &packet, (Py_ssize_t)(size - (size_t)self->payload_size)) : NULL;
    }
    if (waits == 0 || (size_t)waits < self->needed) {
        tidy(self);
        return NULL;
    }
    status = mqtt5_decode(waiting(self), (size_t)waits, self->effective, &packet, &size, &error);
    if (status == MQTT5_OK) {
        return take_packet(self, &packet, (Py_ssize_t)size);
    }
    if (status == MQTT5_INCOMPLETE) {
        self->needed = self->options.sender != MQTT5_SENDER_ANY && waits < TELLING ? Py_MIN(size, TELLING) : size;
        if (begin_payload(self) == 0) {
            tidy(self);
        }
        return NULL;
    }
    refuse_packet(self, &packet, &error, size);
    return NULL;
}

static PyObject *skip(decoder *self)
{
    if (self->error == NULL) {
        native_raise(PyObject_CallNoArgs(self->state->nothing_to_skip));
        return NULL;
    }
    if (self->is_lost) {
        native_raise(PyObject_CallOneArg(self->state->again, self->error));
        return NULL;
    }
    Py_CLEAR(self->error);
    Py_RETURN_NONE;
}

/*
 * Without the GIL, a decoder is used by one thread at a time. Code that runs
 * meanwhile may use it too, in the same thread or, where that waits, in another.
 */
static PyObject *decoder_feed(PyObject *self, PyObject *data)
{
    PyObject *result;

    Py_BEGIN_CRITICAL_SECTION2(self, data); /* the data may be a bytearray that other threads change */
    result = feed((decoder *)self, data);
    Py_END_CRITICAL_SECTION2();
    return result;
}

static PyObject *decoder_next(PyObject *self)
{
    PyObject *result;

    Py_BEGIN_CRITICAL_SECTION(self);
    result = next((decoder *)self);
    Py_END_CRITICAL_SECTION();
    return result;
}

static PyObject *decoder_skip(PyObject *self, PyObject *unused)
{
    PyObject *result;

    (void)unused;
    Py_BEGIN_CRITICAL_SECTION(self);
    result = skip((decoder *)self);
    Py_END_CRITICAL_SECTION();
    return result;
}

static PyObject *decoder_buffered(PyObject *self, void *unused)
{
    const decoder *d = (const decoder *)self;
    Py_ssize_t size;

    (void)unused;
    Py_BEGIN_CRITICAL_SECTION(self);
    size = d->end - d->start + (d->payload != NULL ? d->filled : 0);
    Py_END_CRITICAL_SECTION();
    return PyLong_FromSsize_t(size);
}

/* After a change of the options. */
static void choose_options(decoder *self)
{
    const mqtt5_options *o = &self->options;

    self->effective = o->max_packet_size > 0 || o->max_list_items > 0 || o->sender != MQTT5_SENDER_ANY || o->lenient ||
                              o->forbid_control_characters
                          ? o
                          : NULL;
}

static size_t *limit_of(PyObject *self, bool of_items)
{
    mqtt5_options *options = &((decoder *)self)->options;

    return of_items ? &options->max_list_items : &options->max_packet_size;
}

/* The closure of the attribute of the largest packet is NULL. */
static PyObject *decoder_limit(PyObject *self, void *of_items)
{
    size_t limit;

    Py_BEGIN_CRITICAL_SECTION(self);
    limit = *limit_of(self, of_items != NULL);
    Py_END_CRITICAL_SECTION();
    return limit > 0 ? PyLong_FromSize_t(limit) : Py_NewRef(Py_None);
}

static int decoder_set_limit(PyObject *self, PyObject *value, void *of_items)
{
    const char *name = of_items != NULL ? "max_list_items" : "max_packet_size";
    size_t limit;

    if (value == NULL) {
        PyErr_Format(PyExc_AttributeError, "cannot delete '%s'", name);
        return -1;
    }
    if (native_take_limit(((decoder *)self)->state, value, name, &limit) < 0) {
        return -1;
    }
    Py_BEGIN_CRITICAL_SECTION(self);
    *limit_of(self, of_items != NULL) = limit;
    choose_options((decoder *)self);
    ((decoder *)self)->needed = 0; /* so that the next step looks at the packet again */
    Py_END_CRITICAL_SECTION();
    return 0;
}

PyObject *native_refuse_pickling(PyObject *self, PyObject *unused)
{
    PyObject *name = PyType_GetName(Py_TYPE(self));

    (void)unused;
    if (name != NULL) {
        PyErr_Format(PyExc_TypeError, "cannot pickle or copy '%U' object", name);
        Py_DECREF(name);
    }
    return NULL;
}

static PyObject *decoder_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    PyObject *module = PyType_GetModuleByDef(type, &native_module);
    decoder *self = module != NULL ? (decoder *)type->tp_alloc(type, 0) : NULL;

    (void)args;
    (void)keywords;
    if (self != NULL) {
        self->state = (const state *)PyModule_GetState(module);
    }
    return (PyObject *)self;
}

static int decoder_init(PyObject *object, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"max_packet_size",           "sender", "from_start", "strict", "max_list_items",
                            "forbid_control_characters", NULL};
    decoder *self = (decoder *)object;
    PyObject *values[READ_OPTIONS] = {NULL}, *start = NULL, *error;
    mqtt5_options options;
    bool from_start = true;

    memset(&options, 0, sizeof(options));
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "|O$OOOOO:Decoder", names, &values[MAX_PACKET_SIZE],
                                     &values[SENDER], &start, &values[STRICT], &values[MAX_LIST_ITEMS],
                                     &values[FORBID_CONTROL_CHARACTERS]) ||
        native_take_options(self->state, values, &options) < 0 ||
        native_take_bool(self->state, start, "from_start", &from_start) < 0) {
        return -1;
    }
    options.stage = options.sender == MQTT5_SENDER_ANY ? MQTT5_STAGE_OPEN
                    : from_start                       ? MQTT5_STAGE_OPENING
                                                       : MQTT5_STAGE_ANY;
    Py_BEGIN_CRITICAL_SECTION(self);
    self->options = options;
    choose_options(self);
    self->is_lost = self->hides = false;
    error = self->error;
    self->error = NULL;
    forget_all(self);
    self->first = self->moves;
    Py_END_CRITICAL_SECTION();
    Py_XDECREF(error);
    return 0;
}

static int decoder_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((decoder *)self)->error);
    return 0;
}

static int decoder_clear(PyObject *self)
{
    Py_CLEAR(((decoder *)self)->error);
    return 0;
}

static void decoder_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);

    PyObject_GC_UnTrack(self);
    forget_all((decoder *)self);
    Py_CLEAR(((decoder *)self)->error);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef decoder_methods[] = {
    {"feed", decoder_feed, METH_O,
     "feed($self, data, /)\n--\n\n"
     "Adds data that has arrived, any bytes-like object. The caller may change or reuse it afterwards."},
    {"skip", decoder_skip, METH_NOARGS,
     "skip($self, /)\n--\n\n"
     "Passes over the packet that raised DecodeError, so that the next step goes on with the packet after it.\n"
     "\n"
     "The rest of that packet may still have to arrive; it is not kept. Raises the DecodeError again if the size of\n"
     "the packet is not known, since the start of the next one is not either. Raises ValueError without an error."},
    {"__reduce__", native_refuse_pickling, METH_NOARGS, "__reduce__($self, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef decoder_attributes[] = {
    {"buffered", decoder_buffered, NULL,
     "Number of bytes that wait for more. If it is not 0 at the end of a stream, the last packet was cut.", NULL},
    {"max_packet_size", decoder_limit, decoder_set_limit,
     "Largest packet in bytes, or None. A change applies to each packet that no step has returned yet.", NULL},
    {"max_list_items", decoder_limit, decoder_set_limit,
     "Largest number of items of a list, or None. A change applies to each packet that no step has returned yet.",
     (void *)"items"},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot decoder_slots[] = {
    {Py_tp_doc,
     (void *)"Decoder(max_packet_size=None, *, sender=None, from_start=True, strict=True, max_list_items=None, "
             "forbid_control_characters=False)\n--\n\n"},
    {Py_tp_new, (void *)decoder_new},
    {Py_tp_init, (void *)decoder_init},
    {Py_tp_dealloc, (void *)decoder_dealloc},
    {Py_tp_traverse, (void *)decoder_traverse},
    {Py_tp_clear, (void *)decoder_clear},
    {Py_tp_iter, (void *)PyObject_SelfIter},
    {Py_tp_iternext, (void *)decoder_next},
    {Py_tp_methods, decoder_methods},
    {Py_tp_getset, decoder_attributes},
    {0, NULL},
};

PyType_Spec native_decoder_spec = {"mqtt5.stream.Decoder", sizeof(decoder), 0,
                                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, decoder_slots};
