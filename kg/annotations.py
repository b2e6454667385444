"""All associations as columns: small in memory, quick to load, turned into records only where asked for.

A quarter of a million record objects or graph edges take seconds to make; columns take a tenth of that, so the
command line answers at once (see docs/decisions/0002).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kg.schema import Association, Frequency, Predicate, Provenance

_PREDICATES = tuple(Predicate)
_SEXES = (None, "MALE", "FEMALE")
_COLUMN_TYPES: dict[str, type[np.generic]] = {
    "disease": np.int32,  # index into the diseases
    "term": np.int32,  # index into the terms
    "predicate": np.int8,
    "excluded": np.bool_,
    "frequency": np.int32,  # index into the distinct frequencies; -1 for none
    "onset": np.int32,  # index into the terms; -1 for none
    "sex": np.int8,
    "detail": np.int32,  # index into the distinct (references, modifiers, evidence code, source)
}

Columns = dict[str, NDArray[Any]]


class AnnotationTable:
    """Associations sorted by disease, with an index by term.

    Args:
        columns: one array a column of ``_COLUMN_TYPES``, all of the same length, sorted by ``disease``.
        pools: what the indices point at; JSON-able: ``frequencies`` as [n, m, low, high, label],
            ``details`` as [[reference, ...], [modifier id, ...], evidence code, index of the source], and ``sources``
            as [name, version, licence].
        disease_ids: id of each disease index.
        term_ids: id of each term index.
    """

    def __init__(
        self, columns: Columns, pools: Mapping[str, Any], disease_ids: Sequence[str], term_ids: Sequence[str]
    ) -> None:
        self.columns = columns
        self.pools = pools
        self.disease_ids = disease_ids
        self.term_ids = term_ids
        self._starts = np.searchsorted(columns["disease"], np.arange(len(disease_ids) + 1))
        self._by_term = np.argsort(columns["term"], kind="stable")
        self._term_starts = np.searchsorted(columns["term"][self._by_term], np.arange(len(term_ids) + 1))
        self._frequencies = [_frequency(f) for f in pools["frequencies"]]
        self._provenances: dict[tuple[str, int], Provenance] = {}

    def __len__(self) -> int:
        return len(self.columns["disease"])

    @classmethod
    def from_associations(
        cls, associations: Iterable[Association], disease_ids: Sequence[str], term_ids: Sequence[str]
    ) -> AnnotationTable:
        """Turn records into columns; their ids must be among the given ones."""
        diseases = {d: i for i, d in enumerate(disease_ids)}
        terms = {t: i for i, t in enumerate(term_ids)}
        frequencies: dict[Frequency, int] = {}
        details: dict[tuple[tuple[str, ...], tuple[str, ...], str, int], int] = {}
        sources: dict[tuple[str, str, str], int] = {}
        rows = []
        for a in associations:
            first = a.provenance[0]
            source = sources.setdefault((first.source, first.version, first.licence), len(sources))
            detail = (tuple(p.reference for p in a.provenance), a.modifier_ids, a.evidence_code, source)
            rows.append(
                (
                    diseases[a.disease_id],
                    terms[a.term_id],
                    _PREDICATES.index(a.predicate),
                    a.excluded,
                    -1 if a.frequency is None else frequencies.setdefault(a.frequency, len(frequencies)),
                    -1 if a.onset_id is None else terms[a.onset_id],
                    _SEXES.index(a.sex),
                    details.setdefault(detail, len(details)),
                )
            )
        rows.sort(key=lambda row: row[0])
        raw = list(zip(*rows, strict=True)) or [()] * len(_COLUMN_TYPES)
        columns = {
            name: np.array(values, dtype=kind) for (name, kind), values in zip(_COLUMN_TYPES.items(), raw, strict=True)
        }
        pools = {
            "frequencies": [[f.n, f.m, f.low, f.high, f.label] for f in frequencies],
            "details": [[list(refs), list(mods), code, source] for refs, mods, code, source in details],
            "sources": [list(source) for source in sources],
        }
        return cls(columns, pools, disease_ids, term_ids)

    def of_disease(self, index: int) -> tuple[Association, ...]:
        """Associations of one disease, in the order of the source."""
        return tuple(self.record(row) for row in range(self._starts[index], self._starts[index + 1]))

    def of_term(self, index: int) -> tuple[Association, ...]:
        """Associations with one term, ordered by disease."""
        rows = self._by_term[self._term_starts[index] : self._term_starts[index + 1]]
        return tuple(self.record(row) for row in rows)

    def statements(self, predicate: Predicate) -> list[tuple[str, str]]:
        """(disease, term) of every statement of one kind that does not exclude the term."""
        columns = self.columns
        is_such = (columns["predicate"] == _PREDICATES.index(predicate)) & ~columns["excluded"].astype(np.bool_)
        diseases, terms = columns["disease"][is_such].tolist(), columns["term"][is_such].tolist()
        return [(self.disease_ids[d], self.term_ids[t]) for d, t in zip(diseases, terms, strict=True)]

    def record(self, row: int) -> Association:
        """One association as a record."""
        c = self.columns
        references, modifiers, code, source = self.pools["details"][c["detail"][row]]
        frequency, onset = c["frequency"][row], c["onset"][row]
        return Association(
            disease_id=self.disease_ids[c["disease"][row]],
            predicate=_PREDICATES[c["predicate"][row]],
            term_id=self.term_ids[c["term"][row]],
            excluded=bool(c["excluded"][row]),
            frequency=None if frequency < 0 else self._frequencies[frequency],
            onset_id=None if onset < 0 else self.term_ids[onset],
            sex=_SEXES[c["sex"][row]],
            modifier_ids=tuple(modifiers),
            evidence_code=code,
            provenance=tuple(self._provenance(r, source) for r in references),
        )

    def without_references(self, references: Set[str], *, joined_only: bool = False) -> AnnotationTable:
        """The table without every statement that names one of these references, alone or among others.

        Args:
            references: CURIEs.
            joined_only: leave the statements of the first source, the release, as they are.
        """
        is_named = np.array(
            [
                not references.isdisjoint(named) and (source > 0 or not joined_only)
                for named, _, _, source in self.pools["details"]
            ],
            dtype=bool,
        )
        return self._only(~is_named[self.columns["detail"]])

    def of_first_source(self) -> AnnotationTable:
        """The table of the release's own statements, without what was joined to them."""
        return self._only(self.row_sources() == 0)

    def _only(self, keep: NDArray[np.bool_]) -> AnnotationTable:
        columns = {name: values[keep] for name, values in self.columns.items()}
        return AnnotationTable(columns, self.pools, self.disease_ids, self.term_ids)

    def joined(self, other: AnnotationTable) -> AnnotationTable:
        """Both tables' statements, this one's first within a disease; the terms must be the same."""
        disease_ids = list(dict.fromkeys([*self.disease_ids, *other.disease_ids]))
        index = {d: i for i, d in enumerate(disease_ids)}
        shifts = {name: len(self.pools[pool]) for name, pool in (("frequency", "frequencies"), ("detail", "details"))}
        moved = dict(other.columns)
        moved["disease"] = np.array([index[d] for d in other.disease_ids], np.int32)[other.columns["disease"]]
        for name, shift in shifts.items():
            moved[name] = np.where(moved[name] < 0, -1, moved[name] + shift).astype(np.int32)
        columns = {name: np.concatenate([self.columns[name], moved[name]]) for name in _COLUMN_TYPES}
        order = np.argsort(columns["disease"], kind="stable")
        n_sources = len(self.pools["sources"])
        pools = {name: [*self.pools[name], *other.pools[name]] for name in ("frequencies", "sources")}
        pools["details"] = [*self.pools["details"], *([*d[:3], d[3] + n_sources] for d in other.pools["details"])]
        return AnnotationTable({n: v[order] for n, v in columns.items()}, pools, disease_ids, self.term_ids)

    def restatements(self, *, joined_only: bool = False) -> NDArray[np.bool_]:
        """Per row: an earlier source already states this term of this disease from the same publication.

        Two curators of one paper count the same patients, who must not count twice.

        Args:
            joined_only: whether the earlier source must be one that was joined, so not the release.
        """
        references: dict[str, int] = {}
        named = [
            np.array([references.setdefault(r, len(references)) for r in detail[0]], np.int64)
            for detail in self.pools["details"]
        ]
        detail, n_terms = self.columns["detail"], len(self.term_ids)
        n_named = np.array([len(names) for names in named], np.int64)[detail]
        rows = np.repeat(np.arange(len(self)), n_named)
        cells = self.columns["disease"].astype(np.int64) * n_terms + self.columns["term"]
        names = np.concatenate([named[d] for d in detail]) if len(self) else np.zeros(0, np.int64)
        statements = cells[rows] * max(len(references), 1) + names
        sources = self.row_sources()[rows]
        first = np.full(len(rows), len(self.pools["sources"]))
        _, inverse = np.unique(statements, return_inverse=True)
        counted = sources > 0 if joined_only else np.ones(len(rows), np.bool_)
        np.minimum.at(first, inverse[counted], sources[counted])
        repeated = np.zeros(len(self), np.bool_)
        repeated[rows[sources > first[inverse]]] = True
        return repeated

    def row_sources(self) -> NDArray[np.int64]:
        """Per row: index into ``pools["sources"]``."""
        return np.array([d[3] for d in self.pools["details"]], np.int64)[self.columns["detail"]]

    def frequency_arrays(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Per row: patients with the finding and patients examined; NaN where the source gives no counts."""
        n = np.array([np.nan if f.n is None else f.n for f in self._frequencies] + [np.nan])
        m = np.array([np.nan if f.m is None else f.m for f in self._frequencies] + [np.nan])
        return n[self.columns["frequency"]], m[self.columns["frequency"]]

    def midpoints(self) -> NDArray[np.float64]:
        """Per row: middle of the frequency range; NaN where the source gives no frequency."""
        middle = np.array([f.midpoint for f in self._frequencies] + [np.nan])
        return middle[self.columns["frequency"]]

    def references(self, row: int) -> tuple[str, ...]:
        """CURIEs of the publications or entries behind one row."""
        return tuple(self.pools["details"][self.columns["detail"][row]][0])

    def _provenance(self, reference: str, source: int) -> Provenance:
        known = self._provenances.get((reference, source))
        if known is None:
            name, version, licence = self.pools["sources"][source]
            known = Provenance(source=name, version=version, reference=reference, licence=licence)
            self._provenances[reference, source] = known
        return known


def _frequency(values: Sequence[Any]) -> Frequency:
    n, m, low, high, label = values
    return Frequency(n=n, m=m, low=low, high=high, label=label)
