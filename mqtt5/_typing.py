# SPDX-License-Identifier: MIT
"""The names of typing that annotations use, without typing: to import it takes an eighth of the time that mqtt5 takes.

Type checkers see the real ones. At run time they stand for nothing in particular, and nobody asks.
"""

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any as Any
    from typing import NoReturn as NoReturn
    from typing import TypeAlias as TypeAlias
else:
    Any = NoReturn = TypeAlias = object
