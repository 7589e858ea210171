/* SPDX-License-Identifier: MIT */
/*
 * _speedups.c - engine 2: writes and reads packets from C, on CPython.
 *
 * See _speedups.h for what drives it, what it does not know, and who does the
 * rest. What is here must hold whatever the Python code does that it calls.
 */
#include "_speedups.h"

void engine_raise(PyObject *exception)
{
    if (exception != NULL) {
        PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
        Py_DECREF(exception);
    }
}

/* Raises what the library says of a packet or part. */
void engine_refuse(PyObject *object, const mqtt5_error *error)
{
    engine_raise(PyObject_CallFunction(engine_shared.refuse_value, "Oiin", object, (int)error->status,
                                       (int)error->field, (Py_ssize_t)error->index));
}

/* The binding of the object's class, or of the one that it is derived from; NULL with TypeError if there is none. */
const binding *engine_binding_of(PyObject *object)
{
    const binding *b = *bucket_of(Py_TYPE(object));
    PyObject *classes = Py_TYPE(object)->tp_mro;
    Py_ssize_t i;

    for (i = 1; b == NULL && i < PyTuple_GET_SIZE(classes); i++) {
        b = *bucket_of((PyTypeObject *)PyTuple_GET_ITEM(classes, i));
    }
    if (b == NULL) {
        PyErr_Format(PyExc_TypeError, "%R is no packet", object);
    }
    return b;
}

/* --------------------------------------------------------------- writing */

/* What most packets fit in. */
enum { COMMON_SIZE = 1024 };

static PyObject *encode(const mqtt5_packet *packet, PyObject *object, bool checked)
{
    uint8_t room[COMMON_SIZE];
    mqtt5_status status;
    mqtt5_error error;
    PyObject *data;
    size_t size;

    status = checked ? mqtt5_encode_checked(packet, 0, room, sizeof(room), &size, &error)
                     : mqtt5_encode(packet, 0, room, sizeof(room), &size, &error);
    if (status == MQTT5_OK) {
        return PyBytes_FromStringAndSize((const char *)room, (Py_ssize_t)size);
    }
    if (status != MQTT5_NO_SPACE) {
        engine_refuse(object, &error);
        return NULL;
    }
    data = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
    if (data != NULL) {
        mqtt5_encode_checked(packet, 0, (uint8_t *)PyBytes_AS_STRING(data), size, &size, NULL);
    }
    return data;
}

static PyObject *write_packet(PyObject *packet, PyObject *unused)
{
    const binding *b = *bucket_of(Py_TYPE(packet));
    PyObject *data = NULL;
    const scratch *filled;
    outcome result;
    scratch s;

    (void)unused;
    if (b == NULL) {
        b = engine_binding_of(packet);
        if (b == NULL) {
            return NULL;
        }
    } else if (b->constant != NULL && has_slots(b, packet, b->defaults)) {
        return Py_NewRef(b->constant);
    }
    filled = engine_filled(packet);
    if (filled != NULL) {
        return encode(&filled->packet, packet, true);
    }
    begin_scratch(&s, false);
    result = engine_fill(b, packet, &s);
    if (result == UNFIT) { /* of a derived class, or changed by force */
        end_scratch(&s);
        begin_scratch(&s, true);
        result = engine_fill(b, packet, &s);
    }
    if (result == FIT) {
        data = encode(&s.packet, packet, false);
    }
    end_scratch(&s);
    return data;
}

static PyObject *write_any(PyObject *module, PyObject *packet)
{
    (void)module;
    return write_packet(packet, NULL);
}

/* --------------------------------------------------------------- reading */

/* Bytes that cannot change. */
typedef struct source {
    PyObject *owner; /* of the data; NULL if that is in room */
    const uint8_t *data;
    size_t size;
    size_t arrived; /* if there were more */
    uint8_t room[COMMON_SIZE];
} source;

static void own_bytes(source *from, PyObject *bytes, const void *data, size_t size)
{
    from->owner = Py_NewRef(bytes);
    from->data = (const uint8_t *)data;
    from->size = from->arrived = size;
}

/* Of a buffer that others may change meanwhile: a copy of its first packet. */
static int copy_packet(source *from, const Py_buffer *view)
{
    enum { LONGEST_HEADER = 16 };
    size_t size, arrived = (size_t)view->len;

    if (mqtt5_frame((const uint8_t *)view->buf, arrived, 0, &size, NULL) != MQTT5_OK) {
        size = arrived < LONGEST_HEADER ? arrived : LONGEST_HEADER; /* so much tells why */
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

/* A buffer of one piece; if the object's is not, of a copy. */
int engine_get_buffer(PyObject *object, Py_buffer *view, const char *name)
{
    PyObject *memory, *bytes;

    if (PyObject_GetBuffer(object, view, PyBUF_SIMPLE) == 0) {
        return 0;
    }
    if (PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Clear();
        engine_raise(PyObject_CallFunction(engine_shared.refuse_type, "Oss", object, name, "a bytes-like object"));
        return -1;
    }
    if (!PyErr_ExceptionMatches(PyExc_BufferError)) {
        return -1;
    }
    PyErr_Clear();
    memory = PyMemoryView_FromObject(object);
    bytes = memory != NULL ? PyObject_CallMethod(memory, "tobytes", NULL) : NULL;
    Py_XDECREF(memory);
    if (bytes == NULL) {
        return -1;
    }
    if (PyObject_GetBuffer(bytes, view, PyBUF_SIMPLE) < 0) {
        Py_DECREF(bytes);
        return -1;
    }
    Py_DECREF(bytes); /* which the view holds */
    return 0;
}

/* A memoryview of a bytes object, without asking it for another view. */
static bool is_view_of_bytes(PyObject *object)
{
    const PyMemoryViewObject *view = (const PyMemoryViewObject *)object;

    return PyMemoryView_Check(object) && !(view->flags & _Py_MEMORYVIEW_RELEASED) &&
           !(view->mbuf->flags & _Py_MANAGED_BUFFER_RELEASED) && (view->flags & _Py_MEMORYVIEW_C) &&
           view->view.obj != NULL && PyBytes_CheckExact(view->view.obj);
}

static int open_source(PyObject *buffer, source *from)
{
    Py_buffer view;
    int result;

    if (PyBytes_CheckExact(buffer)) {
        own_bytes(from, buffer, PyBytes_AS_STRING(buffer), (size_t)PyBytes_GET_SIZE(buffer));
        return 0;
    }
    if (is_view_of_bytes(buffer)) {
        const Py_buffer *bytes = PyMemoryView_GET_BUFFER(buffer);

        own_bytes(from, bytes->obj, bytes->buf, (size_t)bytes->len);
        return 0;
    }
    if (engine_get_buffer(buffer, &view, "buffer") < 0) {
        return -1;
    }
    result = copy_packet(from, &view);
    PyBuffer_Release(&view);
    return result;
}

/* The exception for an error in a packet; the packet's type is known, if it has one. */
PyObject *engine_unreadable(const mqtt5_packet *packet, const mqtt5_error *error, const uint8_t *data, size_t size)
{
    size_t left = size - error->offset;

    return PyObject_CallFunction(engine_shared.refuse_packet, "iiiny#", (int)error->status, (int)packet->type,
                                 (int)error->field, (Py_ssize_t)error->offset, data + error->offset,
                                 (Py_ssize_t)(left < 9 ? left : 9));
}

static PyObject *read_buffer(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    PyObject *made, *size_object, *result = NULL;
    mqtt5_packet packet;
    mqtt5_error error;
    mqtt5_status status;
    source from;
    size_t size;

    (void)module;
    if (count + (names != NULL ? PyTuple_GET_SIZE(names) : 0) != 1 ||
        (count == 0 && PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, 0), "buffer") != 0)) {
        PyErr_SetString(PyExc_TypeError, "read() takes one argument, buffer");
        return NULL;
    }
    if (open_source(args[0], &from) < 0) {
        return NULL;
    }
    status = mqtt5_decode(from.data, from.size, 0, &packet, &size, &error);
    if (status == MQTT5_OK) {
        made = engine_make_packet(&packet, NULL);
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
        engine_raise(PyObject_CallFunction(engine_shared.incomplete, "nn", (Py_ssize_t)from.arrived, (Py_ssize_t)size));
    } else {
        engine_raise(engine_unreadable(&packet, &error, from.data, from.size));
    }
    Py_XDECREF(from.owner);
    return result;
}

static PyObject *topic_matches(PyObject *module, PyObject *args)
{
    static const char *const names[] = {"pattern", "topic"};
    PyObject *given[2], *texts[2] = {NULL, NULL}, *result = NULL;
    mqtt5_view views[2];
    int i;

    (void)module;
    if (!PyArg_ParseTuple(args, "OO", &given[0], &given[1])) {
        return NULL;
    }
    for (i = 0; i < 2; i++) {
        mqtt5_status status;

        texts[i] = PyObject_CallFunction(engine_shared.to_string, "Os", given[i], names[i]);
        if (texts[i] == NULL || engine_view_text(texts[i], &views[i]) != FIT) {
            goto done;
        }
        status = i == 0 ? mqtt5_check_topic_filter(views[i]) : mqtt5_check_topic_name(views[i]);
        if (status != MQTT5_OK) {
            engine_raise(PyObject_CallFunction(engine_shared.refuse_argument, "Osi", given[i], names[i], (int)status));
            goto done;
        }
    }
    result = PyBool_FromLong(mqtt5_topic_matches(views[0], views[1]));
done:
    Py_XDECREF(texts[0]);
    Py_XDECREF(texts[1]);
    return result;
}

/* ---------------------------------------------------------------- module */

/* This engine's read() and Decoder, in place of those in Python, which document them. */
static PyObject *replace(PyObject *module, PyObject *args)
{
    static PyMethodDef reader = {"read", (PyCFunction)(void (*)(void))read_buffer, METH_FASTCALL | METH_KEYWORDS, NULL};
    PyObject *read, *decoder, *home;

    (void)module;
    if (!PyArg_ParseTuple(args, "OO", &read, &decoder)) {
        return NULL;
    }
    reader.ml_doc = engine_docstring(read, NULL, "read(buffer)\n--\n\n");
    home = PyObject_GetAttrString(read, "__module__");
    if (reader.ml_doc == NULL || home == NULL) {
        Py_XDECREF(home);
        return NULL;
    }
    read = PyCFunction_NewEx(&reader, NULL, home);
    Py_DECREF(home);
    decoder = engine_decoder_class(decoder);
    return Py_BuildValue("NN", read, decoder);
}

/* What a packet with nothing but defaults is on the wire, if there is one: PINGREQ and PINGRESP always are. */
static int write_constant(binding *b)
{
    PyObject *object;

    if (b->required != 0) {
        return 0;
    }
    object = engine_new(b);
    b->constant = object != NULL ? write_packet(object, NULL) : NULL;
    Py_XDECREF(object);
    if (b->constant == NULL && PyErr_ExceptionMatches(PyExc_ValueError)) {
        PyErr_Clear(); /* not all of them may be absent */
    }
    return PyErr_Occurred() ? -1 : 0;
}

/* Gives the classes their fast ways. */
static int install(void)
{
    static PyMethodDef method = {"write", write_packet, METH_NOARGS, NULL};
    int i, result = 0;

    for (i = 0; i < CLASSES && engine_bindings[i].cls != NULL && result == 0; i++) {
        binding *b = &engine_bindings[i];

        b->cls->tp_vectorcall = engine_construct;
        b->cls->tp_dealloc = engine_free;
        if (b->stands_in == NULL) {
            PyObject *own;

            method.ml_doc = engine_docstring((PyObject *)b->cls, "write", "write($self, /)\n--\n\n");
            own = method.ml_doc != NULL ? PyDescr_NewMethod(b->cls, &method) : NULL;
            result = own != NULL ? PyObject_SetAttrString((PyObject *)b->cls, method.ml_name, own) : -1;
            Py_XDECREF(own);
            if (result == 0) {
                result = write_constant(b);
            }
        }
    }
    return result;
}

/* The tables are those of one set of classes, in one interpreter. */
static int execute(PyObject *module)
{
    static bool used = false;

    (void)module;
    if (used) {
        PyErr_SetString(PyExc_ImportError, "another interpreter, or an earlier import, uses mqtt5._speedups");
        return -1;
    }
    used = true;
    return engine_bind() == 0 ? install() : -1;
}

static PyMethodDef functions[] = {
    {"check", engine_check, METH_O, NULL},
    {"write", write_any, METH_O, NULL},
    {"read", (PyCFunction)(void (*)(void))read_buffer, METH_FASTCALL | METH_KEYWORDS, NULL},
    {"topic_matches", topic_matches, METH_VARARGS, NULL},
    {"replace", replace, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{Py_mod_exec, execute}, {0, NULL}};

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "mqtt5._speedups", NULL, 0, functions, slots, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__speedups(void)
{
    return PyModuleDef_Init(&definition);
}
