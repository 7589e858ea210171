/* SPDX-License-Identifier: MIT */
/*
 * module.c - the module mqtt5._native: its state, arguments, reading from buffers, and the functions and classes that
 * Python documents.
 *
 * It knows how the parts of the engine reach Python. It does not know what a
 * packet is.
 */
#include "native.h"

static state *state_of(PyObject *module)
{
    return (state *)PyModule_GetState(module);
}

/* ---------------------------------------------------------------- errors */

void native_raise(PyObject *exception)
{
    if (exception != NULL) {
        PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
        Py_DECREF(exception);
    }
}

/* The end of the bytes that an error text may show: that of a complete packet, else that of the fixed header if it is
 * bad. */
static size_t end_of_packet(const uint8_t *data, size_t size, size_t packet_size, const mqtt5_error *error)
{
    size_t end = 1;

    if (packet_size > 0 && packet_size <= size) {
        return packet_size;
    }
    while (error->offset > 0 && end < size && end < 5) {
        if (data[end++] < 0x80) {
            break;
        }
    }
    return end > error->offset ? end : size;
}

PyObject *native_refuse(const state *s, const mqtt5_packet *packet, const mqtt5_error *error, const uint8_t *data,
                        size_t size, size_t packet_size, bool at_start, bool hides)
{
    const layout *l = packet->type < TYPES ? s->packets[packet->type] : NULL;
    const size_t left = end_of_packet(data, size, packet_size, error) - error->offset;
    PyObject *none = PyTuple_New(0), *exception = NULL;
    uint8_t level = 0;
    const char *protocol = at_start ? mqtt5_foreign_protocol(data, size, &level) : NULL;

    if (none != NULL) {
        exception = PyObject_CallFunction(
            s->refuse_packet, "Ossiisnny#inizi", l != NULL ? l->declared : none, mqtt5_type_name(packet->type),
            mqtt5_strerror(error->status), (int)mqtt5_reason_code(error->status), (int)error->field,
            mqtt5_field_name(error->field), (Py_ssize_t)error->offset, (Py_ssize_t)error->index,
            hides ? NULL : data + error->offset, (Py_ssize_t)Py_MIN(left, 9), (int)packet->type,
            (Py_ssize_t)packet_size, (int)error->packet_id, protocol, (int)level);
        Py_DECREF(none);
    }
    return exception;
}

/* --------------------------------------------------------------- buffers */

/* A contiguous view; of a copy, if the object's memory is not contiguous. */
int native_get_buffer(const state *s, PyObject *object, Py_buffer *view, const char *name)
{
    PyObject *memory, *bytes;
    int result;

    if (PyObject_GetBuffer(object, view, PyBUF_SIMPLE) == 0) {
        return 0;
    }
    if (PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Clear();
        native_raise(PyObject_CallFunction(s->refuse_type, "Oss", object, name, "a bytes-like object"));
        return -1;
    }
    if (!PyErr_ExceptionMatches(PyExc_BufferError)) {
        return -1;
    }
    PyErr_Clear();
    memory = PyMemoryView_FromObject(object);
    bytes = memory != NULL ? PyObject_CallMethod(memory, "tobytes", NULL) : NULL;
    Py_XDECREF(memory);
    result = bytes != NULL ? PyObject_GetBuffer(bytes, view, PyBUF_SIMPLE) : -1;
    Py_XDECREF(bytes); /* the view holds it */
    return result;
}

/* Bytes that do not change while they are read. */
typedef struct source {
    PyObject *owner; /* of the data, or NULL: it is in room */
    const uint8_t *data;
    size_t size;
    size_t arrived; /* the buffer has more bytes than these */
    uint8_t room[1024];
} source;

/* Copies the first packet, or what tells why there is none, from memory that may change meanwhile. */
static int copy_packet(source *from, const Py_buffer *view, const mqtt5_options *options)
{
    enum { LONGEST_START = 64 }; /* of a foreign protocol */
    size_t size, arrived = (size_t)view->len;

    if (mqtt5_frame((const uint8_t *)view->buf, arrived, options, &size, NULL) != MQTT5_OK) {
        size = Py_MIN(arrived, LONGEST_START);
    }
    from->owner = NULL;
    from->data = from->room;
    from->size = size;
    from->arrived = arrived;
    if (size > sizeof(from->room)) {
        from->owner = PyBytes_FromStringAndSize((const char *)view->buf, (Py_ssize_t)size);
        if (from->owner == NULL) {
            return -1;
        }
        from->data = (const uint8_t *)PyBytes_AS_STRING(from->owner);
    } else if (size > 0) {
        memcpy(from->room, view->buf, size);
    }
    return 0;
}

/* The object whose memory a memoryview shows; the object itself if it is not a memoryview or is released. */
static PyObject *owner_of(PyObject *object, const Py_buffer *view)
{
    PyObject *base = view->obj == object && PyMemoryView_Check(object) ? PyMemoryView_GET_BASE(object) : NULL;

    return base != NULL ? base : object;
}

static void own_bytes(source *from, PyObject *bytes, const void *data, Py_ssize_t size)
{
    from->owner = Py_NewRef(bytes);
    from->data = (const uint8_t *)data;
    from->size = from->arrived = (size_t)size;
}

static int open_source(const state *s, PyObject *buffer, const mqtt5_options *options, source *from)
{
    PyObject *owner;
    Py_buffer view;
    int result = 0;

    if (PyBytes_CheckExact(buffer)) {
        own_bytes(from, buffer, PyBytes_AS_STRING(buffer), PyBytes_GET_SIZE(buffer));
        return 0;
    }
    if (native_get_buffer(s, buffer, &view, "buffer") < 0) {
        return -1;
    }
    owner = owner_of(buffer, &view);
    if (PyBytes_CheckExact(owner)) {
        own_bytes(from, owner, view.buf, view.len);
    } else {
        Py_BEGIN_CRITICAL_SECTION(owner); /* a bytearray that other threads change */
        result = copy_packet(from, &view, options);
        Py_END_CRITICAL_SECTION();
    }
    PyBuffer_Release(&view);
    return result;
}

/* ------------------------------------------------------------- arguments */

int native_take(const parameters *p, PyObject *const *args, Py_ssize_t count, PyObject *names, PyObject **taken)
{
    const Py_ssize_t name_count = names != NULL ? PyTuple_GET_SIZE(names) : 0;
    Py_ssize_t i, k;

    if (count > p->keyword) {
        PyErr_Format(PyExc_TypeError, "%s() takes %zd positional argument%s but %zd were given", p->function,
                     p->keyword, p->keyword == 1 ? "" : "s", count);
        return -1;
    }
    for (i = 0; i < p->count; i++) {
        taken[i] = i < count ? args[i] : NULL;
    }
    for (k = 0; k < name_count; k++) {
        PyObject *given = PyTuple_GET_ITEM(names, k);

        for (i = 0; i < p->count && PyUnicode_CompareWithASCIIString(given, p->names[i]) != 0; i++) {
        }
        if (i == p->count || taken[i] != NULL) {
            PyErr_Format(PyExc_TypeError,
                         i == p->count ? "%s() got an unexpected keyword argument '%U'"
                                       : "%s() got multiple values for argument '%U'",
                         p->function, given);
            return -1;
        }
        taken[i] = args[count + k];
    }
    for (i = 0; i < p->required; i++) {
        if (taken[i] == NULL) {
            PyErr_Format(PyExc_TypeError, "%s() missing required argument '%s'", p->function, p->names[i]);
            return -1;
        }
    }
    return 0;
}

/* The result of a converter as a number. */
static int convert(PyObject *converter, PyObject *value, const char *name, size_t *result)
{
    PyObject *number = PyObject_CallFunction(converter, "Os", value, name);

    *result = number != NULL ? PyLong_AsSize_t(number) : 0;
    Py_XDECREF(number);
    return PyErr_Occurred() ? -1 : 0;
}

int native_take_bool(const state *s, PyObject *value, const char *name, bool *result)
{
    size_t number = value == Py_True;

    if (value == NULL || (!PyBool_Check(value) && convert(s->to_bool, value, name, &number) < 0)) {
        return value == NULL ? 0 : -1;
    }
    *result = number != 0;
    return 0;
}

int native_take_limit(const state *s, PyObject *value, const char *name, size_t *result)
{
    return value == NULL ? 0 : convert(s->size_limit, value, name, result);
}

int native_take_options(const state *s, PyObject *const *values, mqtt5_options *options)
{
    size_t sender = MQTT5_SENDER_ANY;
    bool strict = true;

    if (native_take_limit(s, values[MAX_PACKET_SIZE], "max_packet_size", &options->max_packet_size) < 0 ||
        (values[SENDER] != NULL && convert(s->to_sender, values[SENDER], "sender", &sender) < 0) ||
        native_take_bool(s, values[STRICT], "strict", &strict) < 0 ||
        native_take_limit(s, values[MAX_LIST_ITEMS], "max_list_items", &options->max_list_items) < 0 ||
        native_take_bool(s, values[FORBID_CONTROL_CHARACTERS], "forbid_control_characters",
                         &options->forbid_control_characters) < 0) {
        return -1;
    }
    options->sender = (uint8_t)sender;
    options->lenient = !strict;
    return 0;
}

/* ------------------------------------------------------------- functions */

static PyObject *read_buffer(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    static const parameters takes = {
        "read",
        1,
        1,
        6,
        {"buffer", "strict", "sender", "max_packet_size", "max_list_items", "forbid_control_characters"}};
    const state *s = state_of(module);
    PyObject *taken[1 + READ_OPTIONS], *made, *size_object, *result = NULL;
    mqtt5_options given, *options = NULL;
    mqtt5_packet packet;
    mqtt5_error error;
    mqtt5_status status;
    source from;
    size_t size;

    if (names == NULL && count == 1) {
        taken[0] = args[0];
    } else {
        memset(&given, 0, sizeof(given));
        options = &given;
        if (native_take(&takes, args, count, names, taken) < 0 || native_take_options(s, taken + 1, &given) < 0) {
            return NULL;
        }
    }
    if (open_source(s, taken[0], options, &from) < 0) {
        return NULL;
    }
    status = mqtt5_decode(from.data, from.size, options, &packet, &size, &error);
    if (status == MQTT5_OK) {
        made = native_read_packet(s, &packet, NULL);
        made = packet.lenient ? native_mark_lenient(s, &packet, made) : made;
        size_object = made != NULL ? PyLong_FromSize_t(size) : NULL;
        result = size_object != NULL ? PyTuple_New(2) : NULL;
        if (result != NULL) {
            PyTuple_SET_ITEM(result, 0, made);
            PyTuple_SET_ITEM(result, 1, size_object);
        } else {
            Py_XDECREF(made);
            Py_XDECREF(size_object);
        }
    } else if (status == MQTT5_INCOMPLETE) {
        native_raise(PyObject_CallFunction(s->incomplete, "snn", mqtt5_strerror(status), (Py_ssize_t)from.arrived,
                                           (Py_ssize_t)size));
    } else {
        native_raise(native_refuse(s, &packet, &error, from.data, from.size, size, true, false));
    }
    Py_XDECREF(from.owner);
    return result;
}

static PyObject *topic_matches(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    static const parameters takes = {"topic_matches", 2, 2, 2, {"filter", "topic"}};
    static mqtt5_status (*const rules[])(mqtt5_view) = {mqtt5_check_topic_filter, mqtt5_check_topic_name};
    const state *s = state_of(module);
    PyObject *given[2], *texts[2] = {NULL, NULL};
    mqtt5_view views[2]; /* of the texts */
    bool matches = false;
    int i;

    if (native_take(&takes, args, count, names, given) < 0) {
        return NULL;
    }
    for (i = 0; i < 2; i++) {
        mqtt5_status status;

        texts[i] = PyUnicode_CheckExact(given[i]) && PyUnicode_IS_COMPACT_ASCII(given[i])
                       ? Py_NewRef(given[i])
                       : PyObject_CallFunction(s->to_string, "Os", given[i], takes.names[i]);
        if (texts[i] == NULL || native_view(texts[i], &views[i]) < 0) {
            break;
        }
        status = rules[i](views[i]);
        if (status != MQTT5_OK) {
            native_raise(
                PyObject_CallFunction(s->refuse_argument, "Oss", given[i], takes.names[i], mqtt5_strerror(status)));
            break;
        }
    }
    if (i == 2) {
        matches = mqtt5_topic_matches(views[0], views[1]);
    }
    Py_XDECREF(texts[0]);
    Py_XDECREF(texts[1]);
    return i == 2 ? PyBool_FromLong(matches) : NULL;
}

/* (name, kind, offset, flag, property, lowest, highest) of each member of a struct: mqtt5_reflect(). */
static PyObject *reflect(PyObject *module, PyObject *structure)
{
    const long number = PyLong_AsLong(structure);
    PyObject *members = PyList_New(0);
    mqtt5_member m;
    size_t i;

    (void)module;
    if (number == -1 && PyErr_Occurred()) {
        Py_CLEAR(members);
    }
    for (i = 0; members != NULL && number >= 0 && mqtt5_reflect((unsigned)number, i, &m); i++) {
        PyObject *member =
            Py_BuildValue("siiiiiI", m.name, m.kind, m.offset, m.flag, m.property, m.lowest, (unsigned)m.highest);

        if (member == NULL || PyList_Append(members, member) < 0) {
            Py_CLEAR(members);
        }
        Py_XDECREF(member);
    }
    return members;
}

/* ------------------------------- functions and classes documented in Python */

/* Not the module's memory: a function may be freed after the module, and CPython then looks here. */
static PyMethodDef functions[] = {
    {"read", (PyCFunction)(void (*)(void))read_buffer, METH_FASTCALL | METH_KEYWORDS,
     "read($module, /, buffer, *, strict=True, sender=None, max_packet_size=None, max_list_items=None, "
     "forbid_control_characters=False)\n--\n\n"
     "Reads the packet at the start of the buffer. Returns it and its size in bytes.\n"
     "\n"
     "The buffer is any bytes-like object; bytes after the packet are left alone. Raises IncompleteError if the "
     "packet\n"
     "has not arrived in full, DecodeError if the specification does not allow it. The packet does not refer to the\n"
     "buffer.\n"
     "\n"
     "`strict=False` tolerates what docs/leniencies.md lists, and nothing else; such a packet is `lenient`.\n"
     "\n"
     "`sender` is the side that sent the packet. What this side may not send is refused: types of packets, flags,\n"
     "properties and reason codes.\n"
     "\n"
     "`max_packet_size` limits the size of a whole packet in bytes, as the Maximum Packet Size of CONNECT and\n"
     "CONNACK does (3.1.2.11.4, 3.2.2.3.6): a larger one is refused, with reason code 0x95, as soon as its\n"
     "length has arrived. `max_list_items` limits the number of items of each list in a packet, with reason code "
     "0x97:\n"
     "user properties, topic filters, reason codes, subscription identifiers. None: no limit but the protocol's.\n"
     "\n"
     "`forbid_control_characters` refuses U+0001 to U+001F and U+007F to U+009F in strings (1.5.4)."},
    {"topic_matches", (PyCFunction)(void (*)(void))topic_matches, METH_FASTCALL | METH_KEYWORDS,
     "topic_matches($module, /, filter, topic)\n--\n\n"
     "Returns whether a subscription with this topic filter matches a message with this topic (4.7).\n"
     "\n"
     "In a shared subscription's filter, $share/NAME/FILTER, only FILTER counts (4.8.2). A filter that begins with a\n"
     "wildcard does not match topics that begin with $ (4.7.2). Raises TypeError if an argument is not a str,\n"
     "ValueError if it is not a valid filter or name."},
    {NULL, NULL, 0, NULL},
};

/* Only BasePacket has a base: Immutable, which is made first. */
static PyType_Spec *const specs[] = {&native_immutable_spec, &native_base_packet_spec, &native_decoder_spec,
                                     &native_template_spec};

static PyObject *make_class(PyObject *module, PyObject *documented, PyType_Spec *spec)
{
    state *s = state_of(module);
    PyObject *type = PyType_FromModuleAndSpec(module, spec, spec == &native_base_packet_spec ? s->immutable : NULL);
    PyObject *doc = type != NULL ? PyObject_GetAttrString(documented, "__doc__") : NULL;

    if (doc == NULL || PyObject_SetAttrString(type, "__doc__", doc) < 0) {
        Py_CLEAR(type);
    } else {
        native_freeze((PyTypeObject *)type);
        if (spec == &native_immutable_spec) {
            Py_XSETREF(s->immutable, Py_NewRef(type));
        }
    }
    Py_XDECREF(doc);
    return type;
}

/* A decorator: the function or class of this module that has the name of a documented one. */
static PyObject *face(PyObject *module, PyObject *documented)
{
    PyObject *name = PyObject_GetAttrString(documented, "__name__");
    PyObject *home = name != NULL ? PyObject_GetAttrString(documented, "__module__") : NULL;
    PyObject *full = home != NULL ? PyUnicode_FromFormat("%U.%U", home, name) : NULL, *made = NULL;
    PyMethodDef *function;
    size_t i;

    for (function = functions; full != NULL && function->ml_name != NULL; function++) {
        if (PyUnicode_CompareWithASCIIString(name, function->ml_name) == 0) {
            made = PyCFunction_NewEx(function, module, home);
        }
    }
    for (i = 0; full != NULL && i < sizeof(specs) / sizeof(specs[0]); i++) {
        if (PyUnicode_CompareWithASCIIString(full, specs[i]->name) == 0) {
            made = make_class(module, documented, specs[i]);
        }
    }
    if (made == NULL && !PyErr_Occurred()) {
        PyErr_Format(PyExc_TypeError, "the native engine has nothing called %R", full);
    }
    Py_XDECREF(full);
    Py_XDECREF(home);
    Py_XDECREF(name);
    return made;
}

/* ---------------------------------------------------------------- module */

/* start(): takes the modules mqtt5._fields, _converters, _classes and _errors. */
static PyObject *start(PyObject *module, PyObject *args)
{
    state *s = state_of(module);
    PyObject *fields, *converters, *classes, *errors;

    if (!PyArg_ParseTuple(args, "OOOO:start", &fields, &converters, &classes, &errors)) {
        return NULL;
    }
#define TAKE(from, name)                                      \
    Py_XSETREF(s->name, PyObject_GetAttrString(from, #name)); \
    if (s->name == NULL) {                                    \
        return NULL;                                          \
    }
    SHARED_FUNCTIONS(TAKE)
#undef TAKE
    Py_RETURN_NONE;
}

static int traverse_module(PyObject *module, visitproc visit, void *arg)
{
    const state *s = state_of(module);
    const layout *l;

    if (s == NULL) {
        return 0;
    }
#define VISIT(from, name) Py_VISIT(s->name);
    SHARED_FUNCTIONS(VISIT)
#undef VISIT
    Py_VISIT(s->immutable);
    for (l = s->layouts; l != NULL; l = l->next) {
        int result = native_traverse_layout(l, visit, arg);

        if (result != 0) {
            return result;
        }
    }
    return 0;
}

static int clear_module(PyObject *module)
{
    state *s = state_of(module);
    layout *l;

#define CLEAR(from, name) Py_CLEAR(s->name);
    SHARED_FUNCTIONS(CLEAR)
#undef CLEAR
    Py_CLEAR(s->immutable);
    for (l = s->layouts; l != NULL; l = l->next) {
        native_clear_layout(l);
    }
    return 0;
}

static void free_module(void *module)
{
    state *s = state_of((PyObject *)module);

    if (s == NULL) {
        return;
    }
    clear_module((PyObject *)module);
    while (s->layouts != NULL) {
        layout *next = s->layouts->next;

        PyMem_Free(s->layouts);
        s->layouts = next;
    }
}

static PyMethodDef module_functions[] = {
    {"start", start, METH_VARARGS,
     "start($module, fields, converters, classes, errors, /)\n--\n\nTakes what the engine needs of Python."},
    {"packet", native_packet, METH_O, "packet($module, cls, /)\n--\n\nMakes the class of a declaration."},
    {"face", face, METH_O, "face($module, documented, /)\n--\n\nThe engine's function or class of that name."},
    {"reflect", reflect, METH_O,
     "reflect($module, struct, /)\n--\n\n(name, kind, offset, flag, property, lowest, highest) of each member of a "
     "struct."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot module_slots[] = {
#if defined(Py_mod_multiple_interpreters)
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#if defined(Py_mod_gil)
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

struct PyModuleDef native_module = {
    PyModuleDef_HEAD_INIT, "mqtt5._native",  "The engine for CPython: see native/ in the sources.",
    sizeof(state),         module_functions, module_slots,
    traverse_module,       clear_module,     free_module,
};

PyMODINIT_FUNC PyInit__native(void)
{
    return PyModuleDef_Init(&native_module);
}
