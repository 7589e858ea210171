/* SPDX-License-Identifier: MIT */
/*
 * halves.h - included before the sources of the library, so that its two halves fit into one program: the definitions
 * of each get different names. Checks, lists and topics are those of the client's half.
 *
 * The linker reports a name that is missing here. It knows only the names of the library.
 */
#ifndef HALVES_H
#define HALVES_H

#ifdef MQTT5_CLIENT_ONLY
#define mqtt5_frame client_frame
#define mqtt5_decode client_decode
#define mqtt5_decode_head client_decode_head
#define mqtt5_encode client_encode
#define mqtt5_encode_checked client_encode_checked
#define mqtt5_encode_head client_encode_head
#define mqtt5_fit client_fit
#else
#define mqtt5_frame broker_frame
#define mqtt5_decode broker_decode
#define mqtt5_decode_head broker_decode_head
#define mqtt5_encode broker_encode
#define mqtt5_encode_checked broker_encode_checked
#define mqtt5_encode_head broker_encode_head
#define mqtt5_fit broker_fit
#define mqtt5_foreign_protocol broker_foreign_protocol
#define mqtt5_is_reason_code broker_is_reason_code
#define mqtt5_has_control_character broker_has_control_character
#define mqtt5_check broker_check
#define mqtt5_check_will broker_check_will
#define mqtt5_check_subscription broker_check_subscription
#define mqtt5_next_user_property broker_next_user_property
#define mqtt5_next_subscription_id broker_next_subscription_id
#define mqtt5_next_topic_filter broker_next_topic_filter
#define mqtt5_next_reason_code broker_next_reason_code
#define mqtt5_next_pattern broker_next_pattern
#define mqtt5_check_topic_name broker_check_topic_name
#define mqtt5_check_topic_filter broker_check_topic_filter
#define mqtt5_topic_matches broker_topic_matches
#define mqtt5_split_shared broker_split_shared
#define mqtt5_template_init broker_template_init
#define mqtt5_template_encode broker_template_encode
#define mqtt5_template_encode_head broker_template_encode_head
#define mqtt5_alias_init broker_alias_init
#define mqtt5_alias_apply broker_alias_apply
#define mqtt5_alias_commit broker_alias_commit
#define mqtt5_alias_resolve broker_alias_resolve
#define mqtt5_reason_code broker_reason_code
#define mqtt5_strerror broker_strerror
#define mqtt5_type_name broker_type_name
#define mqtt5_reason_name broker_reason_name
#define mqtt5_reflect broker_reflect
#define mqtt5_field_name broker_field_name
#define mqtt5_rows broker_rows
#define mqtt5_first_row broker_first_row
#define mqtt5_refuse_property broker_refuse_property
#define mqtt5_find_property broker_find_property
#define mqtt5_check_decoded broker_check_decoded
#define mqtt5_next_item broker_next_item
#define mqtt5_read_list broker_read_list
#define mqtt5_write_list broker_write_list
#define mqtt5_read_properties broker_read_properties
#define mqtt5_write_properties broker_write_properties
#define mqtt5_check_string broker_check_string
#define mqtt5_is_shared broker_is_shared
#define mqtt5_report broker_report
#define mqtt5_note_field broker_note_field
#define mqtt5_write_length broker_write_length
#endif

#endif
