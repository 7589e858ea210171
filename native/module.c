/* SPDX-License-Identifier: MIT */
/*
 * module.c - the module mqtt5._native: its state, reading from buffers, and the functions and classes that Python
 * documents.
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

/* The end of the bytes that an error text may show: that of the packet, or of a bad fixed header. */
static size_t end_of_packet(const uint8_t *data, size_t size, const mqtt5_error *error)
{
    size_t end;

    if (mqtt5_frame(data, size, NULL, &end, NULL) == MQTT5_OK) {
        return end;
    }
    for (end = 1; error->offset > 0 && end < size && end < 5;) {
        if (data[end++] < 0x80) {
            break;
        }
    }
    return end;
}

PyObject *native_refuse(const state *s, const mqtt5_packet *packet, const mqtt5_error *error, const uint8_t *data,
                        size_t size)
{
    const layout *l = packet->type < TYPES ? s->packets[packet->type] : NULL;
    const size_t left = end_of_packet(data, size, error) - error->offset;
    PyObject *none = PyTuple_New(0), *exception = NULL;

    if (none != NULL) {
        exception = PyObject_CallFunction(s->refuse_packet, "Ossiisnny#", l != NULL ? l->declared : none,
                                          mqtt5_type_name(packet->type), mqtt5_strerror(error->status),
                                          (int)mqtt5_reason_code(error->status), (int)error->field,
                                          mqtt5_field_name(error->field), (Py_ssize_t)error->offset,
                                          (Py_ssize_t)error->index, data + error->offset, (Py_ssize_t)Py_MIN(left, 9));
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

/* Copies the first packet, or its bad fixed header, from memory that may change meanwhile. */
static int copy_packet(source *from, const Py_buffer *view)
{
    enum { LONGEST_HEADER = 5 };
    size_t size, arrived = (size_t)view->len;

    if (mqtt5_frame((const uint8_t *)view->buf, arrived, NULL, &size, NULL) != MQTT5_OK) {
        size = Py_MIN(arrived, LONGEST_HEADER);
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

static int open_source(const state *s, PyObject *buffer, source *from)
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
        result = copy_packet(from, &view);
        Py_END_CRITICAL_SECTION();
    }
    PyBuffer_Release(&view);
    return result;
}

/* ------------------------------------------------------------- functions */

/* Gets the arguments of a function with these required parameters. Returns 0, or -1 with a TypeError. */
static int take_arguments(const char *name, const char *const *parameters, Py_ssize_t wanted, PyObject *const *args,
                          Py_ssize_t count, PyObject *names, PyObject **taken)
{
    const Py_ssize_t name_count = names != NULL ? PyTuple_GET_SIZE(names) : 0;
    Py_ssize_t i, k;

    for (i = 0; i < wanted; i++) {
        taken[i] = i < count ? args[i] : NULL;
    }
    for (k = 0; k < name_count; k++) {
        PyObject *given = PyTuple_GET_ITEM(names, k);

        for (i = 0; i < wanted && PyUnicode_CompareWithASCIIString(given, parameters[i]) != 0; i++) {
        }
        if (i == wanted || taken[i] != NULL) {
            PyErr_Format(PyExc_TypeError,
                         i == wanted ? "%s() got an unexpected keyword argument '%U'"
                                     : "%s() got multiple values for argument '%U'",
                         name, given);
            return -1;
        }
        taken[i] = args[count + k];
    }
    if (count > wanted) {
        PyErr_Format(PyExc_TypeError, "%s() takes %zd positional argument%s but %zd were given", name, wanted,
                     wanted == 1 ? "" : "s", count);
        return -1;
    }
    for (i = 0; i < wanted; i++) {
        if (taken[i] == NULL) {
            PyErr_Format(PyExc_TypeError, "%s() missing required argument '%s'", name, parameters[i]);
            return -1;
        }
    }
    return 0;
}

static PyObject *read_buffer(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    static const char *const parameters[] = {"buffer"};
    const state *s = state_of(module);
    PyObject *buffer, *made, *size_object, *result = NULL;
    mqtt5_packet packet;
    mqtt5_error error;
    mqtt5_status status;
    source from;
    size_t size;

    if (take_arguments("read", parameters, 1, args, count, names, &buffer) < 0 || open_source(s, buffer, &from) < 0) {
        return NULL;
    }
    status = mqtt5_decode(from.data, from.size, NULL, &packet, &size, &error);
    if (status == MQTT5_OK) {
        made = native_read_packet(s, &packet, NULL);
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
        native_raise(native_refuse(s, &packet, &error, from.data, from.size));
    }
    Py_XDECREF(from.owner);
    return result;
}

static PyObject *topic_matches(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    static const char *const parameters[] = {"filter", "topic"};
    static mqtt5_status (*const rules[])(mqtt5_view) = {mqtt5_check_topic_filter, mqtt5_check_topic_name};
    const state *s = state_of(module);
    PyObject *given[2], *texts[2] = {NULL, NULL};
    mqtt5_view views[2]; /* of the texts */
    bool matches = false;
    int i;

    if (take_arguments("topic_matches", parameters, 2, args, count, names, given) < 0) {
        return NULL;
    }
    for (i = 0; i < 2; i++) {
        mqtt5_status status;

        texts[i] = PyUnicode_CheckExact(given[i]) && PyUnicode_IS_COMPACT_ASCII(given[i])
                       ? Py_NewRef(given[i])
                       : PyObject_CallFunction(s->to_string, "Os", given[i], parameters[i]);
        if (texts[i] == NULL || native_view(texts[i], &views[i]) < 0) {
            break;
        }
        status = rules[i](views[i]);
        if (status != MQTT5_OK) {
            native_raise(
                PyObject_CallFunction(s->refuse_argument, "Oss", given[i], parameters[i], mqtt5_strerror(status)));
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

struct kept {
    struct kept *next;
};

/* Returns zeroed memory that is freed with the module; NULL with an exception. */
static void *keep(state *s, size_t size)
{
    struct kept *kept = (struct kept *)PyMem_Calloc(1, sizeof(*kept) + size);

    if (kept == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    kept->next = s->kept;
    s->kept = kept;
    return kept + 1;
}

/* The documentation of an object, or of an attribute that it may have, with a signature before it if there is one. */
static const char *documentation(state *s, PyObject *documented, const char *name, const char *signature)
{
    PyObject *attribute = name == NULL                               ? Py_NewRef(documented)
                          : PyObject_HasAttrString(documented, name) ? PyObject_GetAttrString(documented, name)
                                                                     : Py_NewRef(Py_None);
    PyObject *doc = attribute != NULL && attribute != Py_None ? PyObject_GetAttrString(attribute, "__doc__") : NULL;
    const char *text = doc != NULL && PyUnicode_Check(doc) ? PyUnicode_AsUTF8(doc) : "";
    char *kept = NULL;

    if (text != NULL && !PyErr_Occurred()) {
        kept = (char *)keep(s, strlen(signature) + strlen(text) + 1);
    }
    if (kept != NULL) {
        strcat(strcpy(kept, signature), text);
    }
    Py_XDECREF(doc);
    Py_XDECREF(attribute);
    return kept;
}

/* The name and "(...)" in CPython's form of a signature, which precedes the documentation. */
static const char *with_signature(state *s, PyObject *documented, const char *attribute, const char *name,
                                  const char *signature)
{
    char text[128];

    PyOS_snprintf(text, sizeof(text), "%s%s\n--\n\n", name, signature);
    return documentation(s, documented, attribute, text);
}

static PyGetSetDef *document_attributes(state *s, PyObject *documented, const PyGetSetDef *attributes)
{
    PyGetSetDef *made;
    size_t i, count = 0;

    while (attributes[count].name != NULL) {
        count++;
    }
    made = (PyGetSetDef *)keep(s, (count + 1) * sizeof(*made));
    for (i = 0; made != NULL && i < count; i++) {
        made[i] = attributes[i];
        made[i].doc = documentation(s, documented, made[i].name, "");
        if (made[i].doc == NULL) {
            return NULL;
        }
    }
    return made;
}

static const PyMethodDef functions[] = {
    {"read", (PyCFunction)(void (*)(void))read_buffer, METH_FASTCALL | METH_KEYWORDS, "(buffer)"},
    {"topic_matches", (PyCFunction)(void (*)(void))topic_matches, METH_FASTCALL | METH_KEYWORDS, "(filter, topic)"},
    {NULL, NULL, 0, NULL},
};

PyMethodDef native_packet_methods[] = {
    {"write", native_write, METH_NOARGS,
     "write($self, /)\n--\n\n"
     "The packet as bytes, in its shortest encoding: a field at its default is not sent.\n\n"
     "Raises ValueError if the packet is larger than MQTT allows (2.1.4)."},
    {NULL, NULL, 0, NULL},
};

static const PyGetSetDef no_attributes[] = {{NULL, NULL, NULL, NULL, NULL}};
static const PyType_Slot no_slots[] = {{0, NULL}};

static const struct documented_class {
    const char *name, *signature;
    bool is_derived; /* from the first of these */
    PyMethodDef *methods;
    const PyGetSetDef *attributes;
    const PyType_Slot *slots;
    const int *size;
    unsigned flags;
} faces[] = {
    {"Immutable", NULL, false, native_immutable_methods, no_attributes, native_immutable_slots, &native_immutable_size,
     0},
    {"BasePacket", NULL, true, native_packet_methods, no_attributes, no_slots, NULL, 0},
    {"Decoder", "(max_packet_size=None)", false, native_decoder_methods, native_decoder_attributes,
     native_decoder_slots, &native_decoder_size, Py_TPFLAGS_HAVE_GC},
};

static PyObject *make_function(PyObject *module, PyObject *documented, PyObject *home, const PyMethodDef *function)
{
    PyMethodDef *made = (PyMethodDef *)keep(state_of(module), sizeof(*made));

    if (made == NULL) {
        return NULL;
    }
    *made = *function;
    made->ml_doc = with_signature(state_of(module), documented, NULL, function->ml_name, function->ml_doc);
    return made->ml_doc != NULL ? PyCFunction_NewEx(made, module, home) : NULL;
}

static PyObject *make_class(PyObject *module, PyObject *documented, PyObject *home, const struct documented_class *c)
{
    state *s = state_of(module);
    PyType_Slot slots[16] = {{0, NULL}};
    PyType_Spec spec = {NULL, c->size != NULL ? *c->size : 0, 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | c->flags,
                        slots};
    PyObject *name = PyUnicode_FromFormat("%U.%s", home, c->name), *type = NULL;
    size_t i = 0;

    for (; c->slots[i].slot != 0; i++) {
        slots[i] = c->slots[i];
    }
    slots[i].slot = Py_tp_methods;
    slots[i++].pfunc = c->methods;
    slots[i].slot = Py_tp_getset;
    slots[i++].pfunc = document_attributes(s, documented, c->attributes);
    slots[i].slot = Py_tp_doc;
    slots[i].pfunc = (void *)(c->signature != NULL ? with_signature(s, documented, NULL, c->name, c->signature)
                                                   : documentation(s, documented, NULL, ""));
    spec.name = name != NULL ? PyUnicode_AsUTF8(name) : NULL;
    if (spec.name != NULL && !PyErr_Occurred()) {
        type = PyType_FromModuleAndSpec(module, &spec, c->is_derived ? s->immutable : NULL);
    }
    Py_XDECREF(name);
    if (type != NULL) {
        native_freeze((PyTypeObject *)type);
        if (c == faces) {
            Py_XSETREF(s->immutable, Py_NewRef(type));
        }
    }
    return type;
}

/* A decorator: the function or class of this module that has the name of a documented one, with its documentation. */
static PyObject *face(PyObject *module, PyObject *documented)
{
    PyObject *name = PyObject_GetAttrString(documented, "__name__");
    PyObject *home = name != NULL ? PyObject_GetAttrString(documented, "__module__") : NULL, *made = NULL;
    const PyMethodDef *function;
    size_t i;

    for (function = functions; home != NULL && function->ml_name != NULL; function++) {
        if (PyUnicode_CompareWithASCIIString(name, function->ml_name) == 0) {
            made = make_function(module, documented, home, function);
        }
    }
    for (i = 0; home != NULL && i < sizeof(faces) / sizeof(faces[0]); i++) {
        if (PyUnicode_CompareWithASCIIString(name, faces[i].name) == 0) {
            made = make_class(module, documented, home, &faces[i]);
        }
    }
    if (made == NULL && !PyErr_Occurred()) {
        PyErr_Format(PyExc_TypeError, "the native engine has nothing called %R", name);
    }
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
    while (s->kept != NULL) {
        struct kept *next = s->kept->next;

        PyMem_Free(s->kept);
        s->kept = next;
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
