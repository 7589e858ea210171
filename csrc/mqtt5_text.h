/* SPDX-License-Identifier: MIT */
/*
 * mqtt5_text.h - the rules of text that mqtt5.h does not declare.
 *
 * It does not know packets, or where a text came from.
 */
#ifndef MQTT5_TEXT_H
#define MQTT5_TEXT_H

#include "mqtt5.h"
#include "mqtt5_config.h"

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

mqtt5_status mqtt5_check_string(const uint8_t *data, size_t size);
bool mqtt5_is_shared(mqtt5_view pattern);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

#endif
