"""What the graph knows beside annotations: treatments, risk factors, tests, pages; looked up by either end.

Statements are kept as the sources make them: two sources that say the same are two statements, and so are two that
contradict each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence, Set

from kg.errors import UnknownIdError
from kg.schema import Concept, Relation, RelationKind


class RelationTable:
    """Relations and the concepts that they speak of.

    Args:
        concepts: every concept that is an end of a relation.
        relations: in the order of their sources.
    """

    def __init__(self, concepts: Iterable[Concept] = (), relations: Sequence[Relation] = ()) -> None:
        self.concepts: dict[str, Concept] = {c.concept_id: c for c in concepts}
        self.relations = tuple(relations)
        self._rows: dict[str, list[int]] = defaultdict(list)
        for row, relation in enumerate(self.relations):
            for end in {relation.subject_id, relation.object_id}:
                self._rows[end].append(row)

    def __len__(self) -> int:
        return len(self.relations)

    def concept(self, concept_id: str) -> Concept:
        """The concept with this id. Raises UnknownIdError."""
        try:
            return self.concepts[concept_id]
        except KeyError:
            raise UnknownIdError(f"{concept_id} is not a drug, action, risk factor or page of this graph") from None

    def of(self, ids: Iterable[str], kinds: Iterable[RelationKind] = tuple(RelationKind)) -> tuple[Relation, ...]:
        """Relations with an end among the ids, of these kinds, in their order."""
        rows = sorted({row for i in ids for row in self._rows.get(i, ())})
        wanted = set(kinds)
        return tuple(self.relations[row] for row in rows if self.relations[row].kind in wanted)

    def without_references(self, references: Set[str]) -> RelationTable:
        """The table without the statements of these publications."""
        if not any(r.provenance.reference in references for r in self.relations):
            return self
        return RelationTable(
            self.concepts.values(), [r for r in self.relations if r.provenance.reference not in references]
        )
