"""The latest results of a calculation, for those who ask for the same again at once. No cache of everything."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """At most n results, those that were made first forgotten first; threads may share it, copies begin empty.

    Args:
        n: results that are kept.
    """

    def __init__(self, n: int) -> None:
        self._n = n
        self._results: OrderedDict[K, V] = OrderedDict()
        self._lock = Lock()

    def __reduce__(self) -> tuple[type[Recent[K, V]], tuple[int]]:
        return Recent, (self._n,)

    def get(self, key: K, make: Callable[[], V]) -> V:
        """The result for a key, made where it is not kept; whoever gets it leaves it unchanged."""
        with self._lock:
            if key in self._results:
                return self._results[key]
        result = make()
        with self._lock:
            self._results[key] = result
            while len(self._results) > self._n:
                self._results.popitem(last=False)
        return result
