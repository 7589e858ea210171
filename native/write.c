/* SPDX-License-Identifier: MIT */
/*
 * write.c - packets to bytes: write() and its relatives, and PublishTemplate.
 *
 * It behaves as mqtt5/_engine.py and mqtt5/template.py document. It knows what
 * may differ between the receivers of one PUBLISH. It does not know the encoding.
 */
#include "native.h"

/* ------------------------------------------------------------ encoding */

/* What to encode: a packet, or a template with a delivery. */
typedef struct job {
    const mqtt5_packet *packet;
    const mqtt5_template *template;
    const mqtt5_delivery *delivery;
    const mqtt5_options *options;
    bool is_head; /* without the payload */
} job;

static mqtt5_status run(const job *j, uint8_t *data, size_t size, size_t *used, mqtt5_error *error)
{
    if (j->template == NULL) {
        return (j->is_head ? mqtt5_encode_head : mqtt5_encode_checked)(j->packet, j->options, data, size, used, error);
    }
    return (j->is_head ? mqtt5_template_encode_head : mqtt5_template_encode)(j->template, j->delivery, j->options, data,
                                                                             size, used, error);
}

/* Returns the bytes, most of which fit in room; NULL with an exception, or with an error in *error. */
static HOT PyObject *encode(const job *j, mqtt5_error *error)
{
    uint8_t room[1024];
    PyObject *data;
    size_t size;

    error->status = run(j, room, sizeof(room), &size, error);
    if (error->status == MQTT5_OK) {
        return PyBytes_FromStringAndSize((const char *)room, (Py_ssize_t)size);
    }
    if (error->status != MQTT5_ERR_NO_SPACE) {
        return NULL;
    }
    error->status = MQTT5_OK;
    data = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
    if (data != NULL) {
        (void)run(j, (uint8_t *)PyBytes_AS_STRING(data), size, &size, NULL);
    }
    return data;
}

/* (head, payload), where the payload is that of the object. Steals the reference to the head, which may be NULL. */
static PyObject *with_payload(const layout *l, PyObject *self, PyObject *head)
{
    PyObject *payload = NULL, *parts;

    if (head != NULL) {
        payload =
            l->payload != NULL ? Py_NewRef(values_of(self)[l->payload->index]) : PyBytes_FromStringAndSize(NULL, 0);
    }
    parts = payload != NULL ? PyTuple_Pack(2, head, payload) : NULL;
    Py_XDECREF(payload);
    Py_XDECREF(head);
    return parts;
}

/* ------------------------------------------------------------- packets */

static int take_write_options(const state *s, PyObject *const *args, Py_ssize_t count, PyObject *names, bool parts,
                              mqtt5_options *options)
{
    static const parameters takes[] = {
        {"write", 0, 0, 2, {"max_packet_size", "forbid_control_characters"}},
        {"write_parts", 0, 0, 2, {"max_packet_size", "forbid_control_characters"}},
    };
    const parameters *p = &takes[parts];
    PyObject *taken[2];

    if (native_take(p, args, count, names, taken) < 0 ||
        native_take_limit(s, taken[0], p->names[0], &options->max_packet_size) < 0) {
        return -1;
    }
    return native_take_bool(s, taken[1], p->names[1], &options->forbid_control_characters);
}

/* An object of a class that is derived from BasePacket and a component has no encoding. */
static int refuse_component(const layout *l, PyObject *self)
{
    if (is_packet(l)) {
        return 0;
    }
    PyErr_Format(PyExc_TypeError, "expected an MQTT packet, not %R", (PyObject *)Py_TYPE(self));
    return -1;
}

/* Does what the options ask for before encoding. Leaves an error in *error. */
static void prepare_packet(mqtt5_packet *packet, const mqtt5_options *options, mqtt5_error *error)
{
    size_t size;

    if (options->forbid_control_characters) {
        error->status = mqtt5_check(packet, options, error);
    }
    if (options->max_packet_size > 0 && error->status == MQTT5_OK) {
        error->status = mqtt5_fit(packet, options, &size, error);
    }
}

/* The values were checked when the packet was constructed, and cannot have changed. */
static HOT PyObject *encode_object(const layout *l, PyObject *self, const mqtt5_options *options, bool is_head)
{
    mqtt5_error error;
    PyObject *data = NULL;
    scratch s;
    job j;

    j.packet = &s.as.packet;
    j.template = NULL;
    j.options = options;
    j.is_head = is_head;
    error.status = MQTT5_OK;
    if (native_fill(l, self, &s) == 0) {
        if (options != NULL) {
            prepare_packet(&s.as.packet, options, &error);
        }
        if (error.status == MQTT5_OK) {
            data = encode(&j, &error);
        }
        if (error.status != MQTT5_OK) {
            native_refuse_value(l, self, &error, options != NULL ? options->max_packet_size : 0);
        }
    }
    native_end(&s);
    return data;
}

static PyObject *write_with(const layout *l, PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names,
                            bool parts)
{
    mqtt5_options options;
    PyObject *data;

    memset(&options, 0, sizeof(options));
    options.lenient = is_lenient(self);
    if (refuse_component(l, self) < 0 || take_write_options(l->state, args, count, names, parts, &options) < 0) {
        return NULL;
    }
    data = encode_object(l, self, &options, parts);
    return parts ? with_payload(l, self, data) : data;
}

static PyObject *write_packet(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    const layout *l = layout_of(Py_TYPE(self));

    if (count > 0 || names != NULL || is_lenient(self) || !is_packet(l)) {
        return write_with(l, self, args, count, names, false);
    }
    return encode_object(l, self, NULL, false);
}

static PyObject *write_parts(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    return write_with(layout_of(Py_TYPE(self)), self, args, count, names, true);
}

static PyObject *packet_size(PyObject *self, void *unused)
{
    const layout *l = layout_of(Py_TYPE(self));
    size_t size;

    (void)unused;
    return refuse_component(l, self) < 0 || native_measure(l, self, &size) < 0 ? NULL : PyLong_FromSize_t(size);
}

PyMethodDef native_packet_methods[] = {
    {"write", (PyCFunction)(void (*)(void))write_packet, METH_FASTCALL | METH_KEYWORDS,
     "write($self, /, *, max_packet_size=None, forbid_control_characters=False)\n--\n\n"
     "The packet as bytes, in its shortest encoding: a field at its default is not sent.\n"
     "\n"
     "`max_packet_size` is the Maximum Packet Size of the receiver. To fit, the reason string is omitted, and if\n"
     "that is not enough the user properties too, from packets whose section says so (as 3.4.2.2.2). Raises\n"
     "PacketTooLarge, a ValueError, if the packet is larger, or larger than MQTT allows (2.1.4).\n"
     "\n"
     "`forbid_control_characters` refuses U+0001 to U+001F and U+007F to U+009F in strings (1.5.4) with ValueError."},
    {"write_parts", (PyCFunction)(void (*)(void))write_parts, METH_FASTCALL | METH_KEYWORDS,
     "write_parts($self, /, *, max_packet_size=None, forbid_control_characters=False)\n--\n\n"
     "Like write(), in two parts: the payload, and all before it. For writelines() or sendmsg().\n"
     "\n"
     "The payload is the packet's own bytes object, not a copy; b\"\" if the packet has no payload."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef packet_attributes[] = {
    {"packet_size", packet_size, NULL, "The number of bytes that write() returns, without writing (2.1.4).", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot base_packet_slots[] = {
    {Py_tp_methods, native_packet_methods}, {Py_tp_getset, packet_attributes}, {0, NULL}};

PyType_Spec native_base_packet_spec = {"mqtt5._engine.BasePacket", 0, 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
                                       base_packet_slots};

/* ------------------------------------------------ one PUBLISH, many receivers */

/* clang-format off */
typedef struct template {
    PyObject_HEAD
    layout *layout;
    PyObject *packet; /* without what belongs to one delivery, and so perhaps not valid; no other code sees it */
    PyObject *head;   /* bytes: the memory of the template */
    mqtt5_template encoded;
} template;
/* clang-format on */

/* What a delivery has from a packet. The first ones belong to the delivery alone. */
enum { OWN_FIELDS = 2 };
static const struct {
    size_t from, to; /* offsets in mqtt5_packet and mqtt5_delivery */
} moved[] = {
#define MOVED(from, to)                                                       \
    {                                                                         \
        offsetof(mqtt5_packet, as.publish.from), offsetof(mqtt5_delivery, to) \
    }
    MOVED(packet_id, packet_id),
    MOVED(duplicate, duplicate),
    MOVED(qos, qos),
    MOVED(retain, retain),
    MOVED(properties.topic_alias, topic_alias),
    MOVED(properties.subscription_ids, subscription_ids),
    MOVED(properties.message_expiry_interval, message_expiry_interval),
#undef MOVED
};
enum { MOVED_FIELDS = sizeof(moved) / sizeof(moved[0]) };

/* The arguments of a delivery: values of exactly their types, by the names that the caller gave. */
typedef struct changes {
    PyObject *values[MOVED_FIELDS];
    PyObject *names[MOVED_FIELDS]; /* borrowed */
    Py_ssize_t count;
    bool has_zero; /* a value 0 that a delivery cannot express: there it means none */
} changes;

/* Takes one argument. Returns 0, or -1 with an exception. */
static inline int change(const template *self, PyObject *name, PyObject *value, Py_ssize_t *hint, const char *function,
                         changes *c, mqtt5_delivery *delivery, scratch *s)
{
    const field *f = native_find_field(self->layout, name, hint);
    int k;

    for (k = 0; k < MOVED_FIELDS && (f == NULL || f->offset != moved[k].from); k++) {
    }
    if (k == MOVED_FIELDS || c->count == MOVED_FIELDS) {
        PyErr_Format(PyExc_TypeError, "%s() got an unexpected keyword argument '%S'", function, name);
        return -1;
    }
    if (value == Py_Ellipsis && k >= OWN_FIELDS) {
        return 0;
    }
    value = native_adapt(f, value, is_lenient(self->packet));
    if (value == NULL) {
        return -1;
    }
    c->names[c->count] = name;
    c->values[c->count++] = value;
    if (f->kind == MQTT5_KIND_U32) {
        delivery->has_message_expiry_interval = value != Py_None;
        if (value == Py_None) {
            return 0;
        }
    }
    c->has_zero = c->has_zero || (f->kind == MQTT5_KIND_U16 && value != Py_None && number_of(value) == 0);
    return native_fill_member(f, value, (char *)delivery + moved[k].to, s);
}

/* Raises the exception that the packet with these changes raises; if it raises none, that of the error. */
static void refuse_delivery(const template *self, const changes *c, const mqtt5_error *error)
{
    PyObject *made = native_change(self->layout, self->packet, c->values, c->names, c->count);

    if (made != NULL) {
        native_refuse_value(self->layout, made, error, 0);
        Py_DECREF(made);
    }
}

static HOT PyObject *deliver(const template *self, PyObject *const *args, Py_ssize_t count, PyObject *names, bool parts)
{
    const char *function = parts ? "write_parts" : "write";
    const Py_ssize_t name_count = names != NULL ? PyTuple_GET_SIZE(names) : 0;
    mqtt5_delivery delivery = self->encoded.delivery;
    Py_ssize_t i, hint = 0;
    mqtt5_options options;
    mqtt5_error error;
    PyObject *data = NULL;
    scratch s;
    changes c;
    job j;

    if (count > 0) {
        PyErr_Format(PyExc_TypeError, "%s() takes 0 positional arguments but %zd were given", function, count);
        return NULL;
    }
    memset(&options, 0, sizeof(options));
    options.lenient = is_lenient(self->packet);
    j.template = &self->encoded;
    j.delivery = &delivery;
    j.options = &options;
    j.is_head = parts;
    c.count = 0;
    c.has_zero = false;
    native_begin(&s);
    for (i = 0; i < name_count; i++) {
        if (change(self, PyTuple_GET_ITEM(names, i), args[i], &hint, function, &c, &delivery, &s) < 0) {
            break;
        }
    }
    if (i == name_count) {
        memset(&error, 0, sizeof(error));
        error.status = MQTT5_ERR_ZERO_VALUE;
        data = c.has_zero ? NULL : encode(&j, &error);
        if (error.status != MQTT5_OK) {
            refuse_delivery(self, &c, &error);
        }
    }
    while (c.count > 0) {
        Py_DECREF(c.values[--c.count]);
    }
    native_end(&s);
    return parts ? with_payload(self->layout, self->packet, data) : data;
}

static PyObject *template_write(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    return deliver((const template *)self, args, count, names, false);
}

static PyObject *template_write_parts(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    return deliver((const template *)self, args, count, names, true);
}

/* The packet without what belongs to one delivery; not checked. */
static PyObject *strip(layout *l, PyObject *packet)
{
    PyObject *made = native_new(l);
    uint32_t given = given_of(packet);

    for (; made != NULL && given != 0; given &= given - 1) {
        const field *f = &l->fields[lowest_bit(given)];

        if (f->offset != moved[0].from && f->offset != moved[1].from) {
            set_value(made, f, Py_NewRef(values_of(packet)[f->index]));
        }
    }
    if (made != NULL) {
        ((object *)made)->given |= ((object *)packet)->given & LENIENT;
    }
    return made;
}

/* Encodes self->packet. Returns 0, or -1 with an exception. */
static int prepare(template *self)
{
    mqtt5_options options;
    mqtt5_error error;
    size_t size = 0;
    scratch s;

    memset(&options, 0, sizeof(options));
    options.lenient = is_lenient(self->packet);
    error.status = MQTT5_OK;
    if (native_fill(self->layout, self->packet, &s) == 0) {
        error.status = mqtt5_template_init(&self->encoded, &s.as.packet, &options, NULL, 0, &size, &error);
        self->head = error.status == MQTT5_OK ? PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size) : NULL;
        if (self->head != NULL) {
            uint8_t *data = (uint8_t *)PyBytes_AS_STRING(self->head);

            (void)mqtt5_template_init(&self->encoded, &s.as.packet, &options, data, size, &size, NULL);
        } else if (error.status != MQTT5_OK) {
            native_refuse_value(self->layout, self->packet, &error, 0);
        }
    }
    native_end(&s);
    return self->head != NULL ? 0 : -1;
}

static PyObject *template_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"packet", NULL};
    PyObject *module = PyType_GetModuleByDef(type, &native_module), *packet;
    const state *s = module != NULL ? (const state *)PyModule_GetState(module) : NULL;
    layout *l = s != NULL ? s->packets[MQTT5_PUBLISH] : NULL;
    template *self;

    if (l == NULL || !PyArg_ParseTupleAndKeywords(args, keywords, "O:PublishTemplate", names, &packet)) {
        return NULL;
    }
    if (layout_of(Py_TYPE(packet)) != l) {
        native_raise(PyObject_CallFunction(s->refuse_type, "Oss", packet, names[0], "a PublishPacket"));
        return NULL;
    }
    self = (template *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->layout = l;
    self->packet = strip(l, packet);
    if (self->packet == NULL || prepare(self) < 0) {
        Py_CLEAR(self);
    }
    return (PyObject *)self;
}

static void template_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);

    Py_XDECREF(((template *)self)->packet);
    Py_XDECREF(((template *)self)->head);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef template_methods[] = {
    {"write", (PyCFunction)(void (*)(void))template_write, METH_FASTCALL | METH_KEYWORDS,
     "write($self, /, *, packet_id=None, qos=..., retain=..., duplicate=False, topic_alias=..., "
     "subscription_ids=..., message_expiry_interval=...)\n--\n\n"
     "The packet of one delivery as bytes."},
    {"write_parts", (PyCFunction)(void (*)(void))template_write_parts, METH_FASTCALL | METH_KEYWORDS,
     "write_parts($self, /, *, packet_id=None, qos=..., retain=..., duplicate=False, topic_alias=..., "
     "subscription_ids=..., message_expiry_interval=...)\n--\n\n"
     "Like write(), in two parts: the payload, which all deliveries share, and all before it.\n"
     "\n"
     "For writelines() or sendmsg(). The time does not depend on the size of the payload."},
    {"__reduce__", native_refuse_pickling, METH_NOARGS, "__reduce__($self, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot template_slots[] = {
    {Py_tp_doc, (void *)"PublishTemplate(packet)\n--\n\n"},
    {Py_tp_new, (void *)template_new},
    {Py_tp_dealloc, (void *)template_dealloc},
    {Py_tp_methods, template_methods},
    {0, NULL},
};

PyType_Spec native_template_spec = {"mqtt5.template.PublishTemplate", sizeof(template), 0,
                                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, template_slots};
