# SPDX-License-Identifier: MIT
"""The names of typing that annotations use, without typing: to import it takes an eighth of the time that mqtt5 takes.

Type checkers see the real ones. At run time all of them are object, also for who asks typing.get_type_hints().
"""

TYPE_CHECKING = False  # type checkers go by the name

if TYPE_CHECKING:
    from typing import Any as Any
    from typing import NoReturn as NoReturn
    from typing import TypeAlias as TypeAlias
else:
    Any = NoReturn = TypeAlias = object
