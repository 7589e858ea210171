# SPDX-License-Identifier: MIT
"""The names that PyPI's mqtt5 gave to topic filters up to 0.6, for code that is written for those versions.

aiomqtt 3.0.0a1 is such code. Here `Subscription` is TopicFilter, and SUBSCRIBE's `subscriptions` are its
`topic_filters`. Nothing else in the package knows of them.
"""

import functools

from mqtt5._postponed import Postponed
from mqtt5._typing import Any
from mqtt5.packets import SubscribePacket, TopicFilter

Subscription = TopicFilter


_init: Any = vars(SubscribePacket)["__init__"]


def _make_init() -> Any:
    init = _init.__get__(None, SubscribePacket)

    @functools.wraps(init)
    def init_by_either_name(self: SubscribePacket, *args: Any, **kwargs: Any) -> None:
        if "subscriptions" in kwargs and "topic_filters" not in kwargs:
            kwargs["topic_filters"] = kwargs.pop("subscriptions")
        init(self, *args, **kwargs)

    return init_by_either_name


Postponed(SubscribePacket, "__init__", _make_init)
SubscribePacket.subscriptions = property(lambda self: self.topic_filters)  # type: ignore[attr-defined]
