"""Parts of the JSON schemas that answers are held to: everything ends, nothing is free but text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def an_object(**fields: Any) -> dict[str, Any]:
    """An object with exactly these fields."""
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def one_of(values: Iterable[str]) -> dict[str, Any]:
    """One of at least one text."""
    return {"type": "string", "enum": list(values)}


def some_of(values: Iterable[str], n_max: int) -> dict[str, Any]:
    """A list of at most so many of them."""
    return {"type": "array", "items": one_of(values), "maxItems": n_max}
