/* SPDX-License-Identifier: MIT */
/*
 * test_topics.c - every line of tests/vectors/topics.tsv: is the filter valid, is the topic, and do they match?
 *
 * Usage: test_topics [FILE]. It does not know the rules of matching; the lines do.
 */
#include "guard.h"
#include "mqtt5.h"
#include "tsv.h"

static arena filters, topics;

static mqtt5_view view_at_end(arena *a, const char *before, const char *text)
{
    size_t size = strlen(before), more = strlen(text);
    uint8_t *data = at_end(a, size + more);

    memcpy(data, before, size);
    memcpy(data + size, text, more);
    return mqtt5_view_of(data, size + more);
}

static void try_line(const tsv *t)
{
    const char *verdict = t->column[0];
    mqtt5_view filter = view_at_end(&filters, "", t->column[1]);
    mqtt5_view topic = view_at_end(&topics, "", t->column[2]);
    bool valid = mqtt5_check_topic_filter(filter) == MQTT5_OK && mqtt5_check_topic_name(topic) == MQTT5_OK;
    bool match = mqtt5_topic_matches(filter, topic); /* must not crash even where nothing is promised */

    if (strcmp(verdict, "invalid") == 0) {
        CHECK(!valid);
        return;
    }
    if (strcmp(verdict, "match") != 0 && strcmp(verdict, "differ") != 0) {
        tsv_wrong(t, "the verdict must be match, differ or invalid");
    }
    CHECK(valid);
    CHECK(match == (strcmp(verdict, "match") == 0));
    CHECK(mqtt5_topic_matches(mqtt5_view_of(copy_to_begin(&filters, 0, t->column[1], filter.size), filter.size),
                              mqtt5_view_of(copy_to_begin(&topics, 0, t->column[2], topic.size), topic.size)) == match);
    if (strncmp(t->column[1], "$share/", 7) != 0) {
        filter = view_at_end(&filters, "$share/name/", t->column[1]);
        topic = view_at_end(&topics, "", t->column[2]);
        CHECK(mqtt5_check_topic_filter(filter) == MQTT5_OK);
        CHECK(mqtt5_topic_matches(filter, topic) == match);
    }
}

int main(int argc, char **argv)
{
    unsigned long count = 0;
    tsv t;

    watch_guards();
    t = open_tsv(ARGUMENT(1, "topics.tsv"));
    while (next_line(&t)) {
        try_line(&t);
        count++;
    }
    if (count == 0) {
        give_up("no lines found");
    }
    return finish(count, "pairs of filter and topic");
}
