# SPDX-License-Identifier: MIT
"""Methods that are made when they are first asked for.

To compile them all takes longer than the rest of an import, and a program needs few. It does not know what they do.
"""

from collections.abc import Callable

from mqtt5._typing import Any


class Postponed:
    """Stands in a class for a method until that is asked for."""

    def __init__(self, cls: Any, name: str, make: Callable[[], Any]) -> None:
        self.cls, self.name, self.make = cls, name, make
        self.made: Any = None
        setattr(cls, name, self)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if self.made is None:
            self.made = self.make()
        if vars(self.cls).get(self.name) is self:
            setattr(self.cls, self.name, self.made)
        return self.made.__get__(instance, owner)
