/* SPDX-License-Identifier: MIT */
/*
 * topic_count.c - an example of an extension module that contains the C library of mqtt5.
 *
 * It counts the messages of each topic in recorded packets, without making an
 * object of any packet. It does not know the package mqtt5.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "mqtt5.h"

static int count_one(PyObject *counts, mqtt5_view topic)
{
    PyObject *name = PyUnicode_DecodeUTF8((const char *)topic.data, (Py_ssize_t)topic.size, NULL);
    PyObject *old = name ? PyDict_GetItemWithError(counts, name) : NULL; /* borrowed */
    PyObject *sum = NULL;
    int result = -1;

    if (name != NULL && !PyErr_Occurred()) {
        sum = PyLong_FromLong(old ? PyLong_AsLong(old) + 1 : 1);
    }
    if (sum != NULL) {
        result = PyDict_SetItem(counts, name, sum);
    }
    Py_XDECREF(sum);
    Py_XDECREF(name);
    return result;
}

static PyObject *count(PyObject *module, PyObject *argument)
{
    PyObject *counts;
    Py_buffer buffer;
    const uint8_t *at;
    size_t left, size;

    (void)module;
    if (PyObject_GetBuffer(argument, &buffer, PyBUF_SIMPLE) != 0) {
        return NULL;
    }
    counts = PyDict_New();
    at = (const uint8_t *)buffer.buf;
    for (left = (size_t)buffer.len; counts != NULL && left > 0; left -= size, at += size) {
        mqtt5_packet packet;
        mqtt5_status status = mqtt5_decode(at, left, NULL, &packet, &size, NULL);

        if (status != MQTT5_OK) {
            PyErr_SetString(PyExc_ValueError, mqtt5_strerror(status));
            Py_CLEAR(counts);
            size = 0;
        } else if (packet.type == MQTT5_PUBLISH && count_one(counts, packet.as.publish.topic) != 0) {
            Py_CLEAR(counts);
        }
    }
    PyBuffer_Release(&buffer);
    return counts;
}

static PyMethodDef methods[] = {
    {"count", count, METH_O, "count(packets, /)\n--\n\nHow many messages there are of each topic, as a dict."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "topic_count", NULL, 0, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_topic_count(void);

PyMODINIT_FUNC PyInit_topic_count(void)
{
    return PyModule_Create(&definition);
}
