"""Conditions on what is known of a patient, in three values: they hold, they don't, or nobody said.

The same small language is used by published scores (``kg.scores``) and by cautions (``kg.cautions``).
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

Value = bool | float | str
"""Yes or no, a number in its unit, or one of several choices."""
Values = Mapping[str, Value]
"""What is known of a patient, by name; what is not known isn't there."""
_NAME = re.compile(r"\w[\w ,'-]*")

_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What has to hold of one thing: ``age >= 75``, ``diabetes``, ``not cough``, ``sex = female``."""

    name: str
    relation: str = "="
    value: Value = True

    def holds(self, values: Values) -> bool | None:
        """Whether it does; None where that is not known."""
        given = values.get(self.name)
        if given is None:
            return None
        if self.relation == "=":
            return given == self.value
        return _COMPARISONS[self.relation](float(given), float(self.value))

    def __str__(self) -> str:
        if isinstance(self.value, bool):
            return self.name if self.value else f"not {self.name}"
        return f"{self.name} {self.relation} {self.value if isinstance(self.value, str) else f'{self.value:g}'}"


Conditions = tuple[Condition, ...]


def parse_conditions(text: str) -> Conditions:
    """Conditions joined by ``and``. Raises ValueError."""
    return tuple(_parse_condition(part.strip()) for part in text.split(" and ")) if text else ()


def _parse_condition(text: str) -> Condition:
    for relation in (*_COMPARISONS, "="):
        name, found, value = text.partition(f" {relation} ")
        if found:
            return Condition(name=name, relation=relation, value=value if relation == "=" else float(value))
    name = text.removeprefix("not ")
    if not _NAME.fullmatch(name):
        raise ValueError(f"{text!r} is no condition")
    return Condition(name=name, value=name == text)


def hold_all(conditions: Iterable[Condition], values: Values) -> bool | None:
    """Whether all hold: False as soon as one does not, None where it depends on what is not known."""
    held = [c.holds(values) for c in conditions]
    return False if False in held else None if None in held else True
