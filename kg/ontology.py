"""The is-a hierarchy of the ontology: closure, look-up by any id or wording.

It does not know diseases; information content, which depends on them, is in ``kg.likelihood``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from kg.errors import UnknownIdError
from kg.schema import Term

ROOT = "HP:0000001"
PHENOTYPIC_ABNORMALITY = "HP:0000118"


class Ontology:
    """Read-only questions about terms.

    Args:
        terms: current terms.
        replaced: obsolete id -> current id, beside the terms' own ``alt_ids``.
        version: release date, e.g. ``2025-01-16``.
    """

    def __init__(
        self, terms: Iterable[Term], replaced: Mapping[str, str] | None = None, version: str = "unknown"
    ) -> None:
        self.version = version
        self.terms: dict[str, Term] = {t.term_id: t for t in terms}
        self.replaced = {old: new for old, new in (replaced or {}).items() if new in self.terms}
        self._current = dict(self.replaced)
        self._current.update(
            {alt: t.term_id for t in self.terms.values() for alt in t.alt_ids if alt not in self.terms}
        )
        self._ancestors: dict[str, frozenset[str]] = {}

    @property
    def older_ids(self) -> Mapping[str, str]:
        """Alternative and replaced ids -> the id in use today."""
        return self._current

    def __len__(self) -> int:
        return len(self.terms)

    def __contains__(self, term_id: str) -> bool:
        return term_id in self.terms or term_id in self._current

    def current_id(self, term_id: str) -> str:
        """The id in use today for a current, alternative or replaced id.

        Raises:
            UnknownIdError: no term has, or had, this id.
        """
        if term_id in self.terms:
            return term_id
        try:
            return self._current[term_id]
        except KeyError:
            raise UnknownIdError(f"{term_id} is not a term of HPO {self.version}, nor an older id of one") from None

    def term(self, term_id: str) -> Term:
        """The term with this id, current or old."""
        return self.terms[self.current_id(term_id)]

    def name(self, term_id: str) -> str:
        """Preferred label."""
        return self.term(term_id).name

    @cached_property
    def _children(self) -> dict[str, tuple[str, ...]]:
        children: dict[str, list[str]] = {}
        for term in self.terms.values():
            for parent in term.parent_ids:
                children.setdefault(parent, []).append(term.term_id)
        return {parent: tuple(ids) for parent, ids in children.items()}

    def parents(self, term_id: str) -> tuple[str, ...]:
        """Direct parents that are in this release."""
        return tuple(p for p in self.term(term_id).parent_ids if p in self.terms)

    def children(self, term_id: str) -> tuple[str, ...]:
        """Direct children."""
        return self._children.get(self.current_id(term_id), ())

    def ancestors(self, term_id: str) -> frozenset[str]:
        """The term and everything above it, up to the root; computed once per term."""
        term_id = self.current_id(term_id)
        known = self._ancestors.get(term_id)
        if known is None:
            known = frozenset({term_id}).union(*(self.ancestors(p) for p in self.parents(term_id)))
            self._ancestors[term_id] = known
        return known

    def descendants(self, term_id: str) -> frozenset[str]:
        """The term and everything below it."""
        found: set[str] = set()
        waiting = [self.current_id(term_id)]
        while waiting:
            here = waiting.pop()
            if here not in found:
                found.add(here)
                waiting.extend(self._children.get(here, ()))
        return frozenset(found)

    @cached_property
    def phenotypic_abnormalities(self) -> frozenset[str]:
        """Ids below "Phenotypic abnormality": what can be a finding of a patient."""
        return (
            self.descendants(PHENOTYPIC_ABNORMALITY) if PHENOTYPIC_ABNORMALITY in self.terms else frozenset(self.terms)
        )

    @cached_property
    def top_level(self) -> frozenset[str]:
        """The organ systems: children of "Phenotypic abnormality"."""
        return frozenset(self._children.get(PHENOTYPIC_ABNORMALITY, ()))

    @cached_property
    def _by_wording(self) -> dict[str, tuple[str, ...]]:
        """Casefolded name or synonym -> ids: names first, then exact, then other synonyms."""
        found: dict[str, dict[str, None]] = {}
        terms = self.terms.values()
        wordings = [(t.name, t.term_id) for t in terms]
        wordings += [(s.text, t.term_id) for t in terms for s in t.synonyms if s.scope == "EXACT"]
        wordings += [(s.text, t.term_id) for t in terms for s in t.synonyms if s.scope != "EXACT"]
        for text, term_id in wordings:
            found.setdefault(text.casefold(), {})[term_id] = None
        return {text: tuple(ids) for text, ids in found.items()}

    def with_wording(self, text: str) -> tuple[str, ...]:
        """Ids whose name or synonym is this text, best first, ignoring case."""
        return self._by_wording.get(text.casefold().strip(), ())

    def with_prefix(self, prefix: str, limit: int = 20) -> tuple[str, ...]:
        """Ids whose name or synonym starts with this text, shortest wording first, at most ``limit``."""
        prefix = prefix.casefold().strip()
        wordings = sorted((w for w in self._by_wording if w.startswith(prefix)), key=lambda w: (len(w), w))
        ids = dict.fromkeys(i for w in wordings for i in self._by_wording[w])
        return tuple(ids)[:limit]

    def most_specific(self, term_ids: Iterable[str]) -> tuple[str, ...]:
        """The given terms without those that another given term implies, in the given order."""
        ids = list(dict.fromkeys(self.current_id(t) for t in term_ids))
        return tuple(t for t in ids if not any(t in self.ancestors(other) for other in ids if other != t))
