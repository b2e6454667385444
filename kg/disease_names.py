"""Every id by which a disease is called, here or elsewhere, and the entry that it means.

An id that means several diseases means none: it is not resolved. Nor is an OMIM or Orphanet id that is no entry: what
refers to it is often a whole family of diseases.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from kg.schema import CrossReference

_ANNOTATED = ("OMIM:", "ORPHA:", "DECIPHER:")


class DiseaseNames:
    """Look-up of entries by their own ids, by classes of Mondo, and by ids of other vocabularies.

    Args:
        groups: ids of one disease, grouped; the first stands for them.
        mondo_ids: disease id -> class of Mondo.
        cross_references: what sources say that entries, or classes of Mondo, are elsewhere.
    """

    def __init__(
        self,
        groups: Iterable[Sequence[str]],
        mondo_ids: Mapping[str, str],
        cross_references: Iterable[CrossReference],
    ) -> None:
        self._first_of = {disease_id: group[0] for group in groups for disease_id in group}
        found: dict[str, set[str]] = defaultdict(set)
        for disease_id, mondo_id in mondo_ids.items():
            if disease_id in self._first_of:
                found[mondo_id].add(self._first_of[disease_id])
        for reference in cross_references:
            if reference.other_id.startswith(_ANNOTATED):
                continue
            if reference.disease_id in self._first_of:
                found[reference.other_id].add(self._first_of[reference.disease_id])
            else:  # a class of Mondo, which the entries equivalent to it stand for
                found[reference.other_id] |= found.get(reference.disease_id, set())
        self._entry_of = {name: min(of) for name, of in found.items() if len(of) == 1 and name not in self._first_of}
        self._others: dict[str, list[str]] = defaultdict(list)
        for name, entry in self._entry_of.items():
            self._others[entry].append(name)

    def entry_id(self, any_id: str) -> str | None:
        """The entry of the graph that an id means: itself, or the first of the group; None where it means none."""
        return any_id if any_id in self._first_of else self._entry_of.get(any_id)

    def others(self, disease_id: str) -> tuple[str, ...]:
        """Ids that mean the disease and are no entries of the graph, sorted."""
        return tuple(sorted(self._others.get(self._first_of[disease_id], ())))
