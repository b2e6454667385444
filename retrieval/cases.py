"""Published patients and series: worded by our own code from their facts, found again by meaning.

Two sources: for every disease and publication in ``phenotype.hpoa`` a series (n of m patients per finding), and
phenopackets as single patients. A passage never names its disease: it is compared with patients who have none yet.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from kg import cache
from kg.graph import KnowledgeGraph
from kg.ontology import PHENOTYPIC_ABNORMALITY, Ontology
from kg.schema import Association, Finding, Patient, Provenance
from kg.sources.phenopackets import load_phenopackets
from retrieval.embedding import Embedder, Vectors
from retrieval.index import VectorIndex
from retrieval.schema import CaseHit, CountedTerm, PublishedCase

_LOG = logging.getLogger(__name__)

FORMAT = "3"
MAX_WORDED = 24
"""Findings worded in one passage: about what fits into the 256 tokens that a transformer reads."""


def word_findings(present: Iterable[str], absent: Iterable[str]) -> str:
    """The one wording of a set of findings, for library and patient alike.

    Args:
        present: labels, the most telling first.
        absent: labels of excluded findings.
    """
    has, has_not = list(present)[:MAX_WORDED], list(absent)[: MAX_WORDED // 4]
    text = "Findings: " + (", ".join(label.lower() for label in has) or "none")
    return text + ("." if not has_not else ". Not seen: " + ", ".join(label.lower() for label in has_not) + ".")


def word_case(case: PublishedCase, ontology: Ontology) -> str:
    """A published case as the library words it."""
    return word_findings(
        (ontology.name(t.term_id) for t in case.present), (ontology.name(t.term_id) for t in case.absent)
    )


def word_patient(findings: Iterable[Finding], ontology: Ontology) -> str:
    """A patient's findings as the library is worded: the most specific first, whatever their order."""
    return word_findings(*_labels(_ordered(findings, ontology), ontology))


def series_of(graph: KnowledgeGraph) -> tuple[PublishedCase, ...]:
    """One series per disease and publication with phenotype annotations, in the order of the diseases."""
    grouped: dict[tuple[str, str], list[tuple[Association, Provenance]]] = defaultdict(list)
    for disease_id in graph.diseases:
        for a in graph.findings_of(disease_id):
            for p in a.provenance:
                if p.reference.startswith("PMID:"):
                    grouped[disease_id, p.reference].append((a, p))
    return tuple(_series(disease_id, rows) for (disease_id, _), rows in grouped.items())


def published_cases(
    graph: KnowledgeGraph, patients: Iterable[Patient] = (), source: str = ""
) -> tuple[PublishedCase, ...]:
    """The series of the graph, and these patients one by one in place of the series of their own publications.

    Args:
        graph: its publications become series.
        patients: with known diagnoses.
        source: how their set is called, for the provenance.
    """
    single = cases_of(patients, graph.ontology, source)
    told = {(c.disease_id, c.provenance.reference) for c in single}
    return (*(s for s in series_of(graph) if (s.disease_id, s.provenance.reference) not in told), *single)


def read_library(path: Path) -> tuple[Patient, ...]:
    """Patients of a folder or release zip of phenopackets; what cannot be read is named and counted in the log.

    Raises:
        SourceError: nothing there can be read.
    """
    packets = load_phenopackets(path)
    for skipped in packets.skipped:
        _LOG.warning("%s: left out %s: %s", path, skipped.name, skipped.reason)
    if packets.skipped:
        n_all = len(packets.patients) + len(packets.skipped)
        _LOG.warning("%s: %d of %d phenopackets left out", path, len(packets.skipped), n_all)
    return packets.patients


def _series(disease_id: str, rows: Sequence[tuple[Association, Provenance]]) -> PublishedCase:
    provenance = rows[0][1]
    stated = {a.term_id: a for a, _ in reversed(rows) if a.term_id != PHENOTYPIC_ABNORMALITY}  # the first source's word
    ordered = sorted(stated.values(), key=lambda a: (-(a.frequency.midpoint if a.frequency else 0.5), a.term_id))
    return PublishedCase(
        case_id=f"{disease_id}|{provenance.reference}",
        disease_id=disease_id,
        provenance=provenance,
        present=tuple(_counted(a) for a in ordered if not a.excluded),
        absent=tuple(_counted(a) for a in ordered if a.excluded),
        is_series=True,
    )


def _counted(a: Association) -> CountedTerm:
    """The term with its counts; counts pooled over several publications belong to none of them, and are left out."""
    if a.frequency is None or len(a.provenance) > 1:
        return CountedTerm(term_id=a.term_id)
    return CountedTerm(term_id=a.term_id, n=a.frequency.n, m=a.frequency.m)


def cases_of(patients: Iterable[Patient], ontology: Ontology, source: str) -> tuple[PublishedCase, ...]:
    """Patients with a known diagnosis as cases; others, and findings of unknown ids, are left out.

    Args:
        patients: from phenopackets.
        ontology: to map old ids.
        source: how the library is called, for the provenance.
    """
    cases = []
    for patient in patients:
        known = [f for f in patient.findings if f.term_id in ontology]
        if not patient.disease_ids or not known:
            continue
        terms = [(CountedTerm(term_id=ontology.current_id(f.term_id)), f.excluded) for f in known]
        provenance = Provenance(
            source=source,
            version="as read",
            reference=next(iter(patient.references), patient.patient_id),
            licence="see the source of the phenopackets",
        )
        cases.append(
            PublishedCase(
                case_id=patient.patient_id,
                disease_id=patient.disease_ids[0],
                provenance=provenance,
                present=tuple(t for t, excluded in terms if not excluded),
                absent=tuple(t for t, excluded in terms if excluded),
            )
        )
    return tuple(cases)


class CaseLibrary:
    """Published cases and the index that finds them.

    Args:
        cases: in the order of the index's rows.
        index: over the cases' worded findings.
        embedder: the one that made the index.
        ontology: for labels and shared findings.
    """

    def __init__(
        self, cases: Sequence[PublishedCase], index: VectorIndex, embedder: Embedder, ontology: Ontology
    ) -> None:
        self.cases = tuple(cases)
        self._index = index
        self._embedder = embedder
        self._ontology = ontology

    @property
    def version(self) -> str:
        """What the library holds, for the answer's versions."""
        return f"{len(self.cases)} cases, {self._index.embedder}"

    def only(self, keep: Callable[[PublishedCase], bool]) -> CaseLibrary:
        """The library of the cases that are kept."""
        rows = [row for row, case in enumerate(self.cases) if keep(case)]
        return CaseLibrary([self.cases[r] for r in rows], self._index.subset(rows), self._embedder, self._ontology)

    def encode_patients(self, patients: Sequence[Sequence[Finding]], *, progress: bool = False) -> Vectors:
        """Vectors of patients, worded as the library is: the most specific findings first, whatever their order."""
        return self._embedder.encode([word_patient(f, self._ontology) for f in patients], progress=progress)

    def similar(self, findings: Sequence[Finding], k: int = 100, vector: Vectors | None = None) -> tuple[CaseHit, ...]:
        """The k most similar cases, best first; none for a patient without present findings.

        Args:
            findings: the patient's.
            k: number of cases.
            vector: the patient's row of ``encode_patients``, shape [dimension]; default: made here.
        """
        if all(f.excluded for f in findings):
            return ()
        findings = _ordered(findings, self._ontology)
        vectors = self.encode_patients([findings]) if vector is None else vector[None, :]
        similarities, rows = self._index.search(vectors, k, self._embedder.identity)
        return tuple(
            CaseHit(
                case=self.cases[row],
                similarity=float(min(1.0, max(-1.0, similarity))),
                shared_term_ids=shared_findings(findings, self.cases[row], self._ontology),
            )
            for similarity, row in zip(similarities[0], rows[0], strict=True)
        )


def shared_findings(findings: Iterable[Finding], case: PublishedCase, ontology: Ontology) -> tuple[str, ...]:
    """The patient's present findings that a case has too, as the more general term of each related pair."""
    present = (ontology.current_id(f.term_id) for f in findings if not f.excluded)
    pairs = related_terms(present, [t.term_id for t in case.present], ontology)
    return tuple(dict.fromkeys(mine if mine in ontology.ancestors(theirs) else theirs for mine, theirs in pairs))


def related_terms(ours: Iterable[str], theirs: Sequence[str], ontology: Ontology) -> tuple[tuple[str, str], ...]:
    """Each of our terms with the one of theirs that it is, implies or follows from; those without one are left out.

    Args:
        ours: current ids.
        theirs: current ids. The same term comes first, then the first more specific one, then the nearest above.
        ontology: the is-a hierarchy.
    """
    pairs = []
    for term_id in ours:
        above = ontology.ancestors(term_id)
        below = [t for t in theirs if term_id in ontology.ancestors(t)]
        related = below or ontology.most_specific(t for t in theirs if t in above)
        if related:
            pairs.append((term_id, term_id if term_id in below else related[0]))
    return tuple(pairs)


def _ordered(findings: Iterable[Finding], ontology: Ontology) -> list[Finding]:
    """The most specific findings first: what is most telling, and independent of the order given."""
    return sorted(findings, key=lambda f: (-len(ontology.ancestors(f.term_id)), ontology.current_id(f.term_id)))


def _labels(findings: Sequence[Finding], ontology: Ontology) -> tuple[list[str], list[str]]:
    present = [ontology.name(f.term_id) for f in findings if not f.excluded]
    return present, [ontology.name(f.term_id) for f in findings if f.excluded]


def load_library(
    graph: KnowledgeGraph,
    embedder: Embedder,
    patients: Sequence[Patient] = (),
    source: str = "",
    *,
    progress: bool = False,
    cache_dir: Path | None = None,
) -> CaseLibrary:
    """The library of this graph and embedder, from the cache or built and cached.

    Args:
        graph: its publications become series.
        embedder: makes the vectors.
        patients: to add one by one; see ``published_cases``.
        source: how their set is called.
        progress: show a bar while encoding (seconds; minutes with a transformer).
        cache_dir: where to keep it; default: the user's cache.

    Raises:
        StorageError: the cache cannot be written.
    """
    identity = {"format": FORMAT, "graph": graph.identity, "embedder": embedder.identity}
    if patients:
        identity["patients"] = cache.digest({"patients": repr(patients), "source": source})

    def build() -> CaseLibrary:
        cases = published_cases(graph, patients, source)
        return build_library(cases, embedder, graph.ontology, progress=progress)

    return cache.load_or_build(
        "cases",
        identity,
        read=lambda folder: _read(folder, embedder, graph.ontology),
        build=build,
        write=_write,
        describe=lambda library: {"version": library.version},
        root=cache_dir,
    )


def build_library(
    cases: Sequence[PublishedCase], embedder: Embedder, ontology: Ontology, *, progress: bool = False
) -> CaseLibrary:
    """Word, encode and index cases; nothing is written."""
    _LOG.info("encoding %d published cases", len(cases))
    vectors = embedder.encode([word_case(c, ontology) for c in cases], progress=progress)
    return CaseLibrary(cases, VectorIndex.build(vectors, embedder.identity), embedder, ontology)


def _write(folder: Path, library: CaseLibrary) -> None:
    rows = [
        [
            c.case_id,
            c.disease_id,
            asdict(c.provenance),
            [[t.term_id, t.n, t.m] for t in c.present],
            [[t.term_id, t.n, t.m] for t in c.absent],
            c.is_series,
        ]
        for c in library.cases
    ]
    cache.write_json(folder / "cases.json", rows)
    library._index.save(folder / "vectors.faiss")


def _read(folder: Path, embedder: Embedder, ontology: Ontology) -> CaseLibrary:
    def counted(rows: list[list[str | int | None]]) -> tuple[CountedTerm, ...]:
        return tuple(CountedTerm(term_id=str(t), n=n, m=m) for t, n, m in rows)  # type: ignore[arg-type]

    cases = [
        PublishedCase(
            case_id=case_id,
            disease_id=disease_id,
            provenance=Provenance(**provenance),
            present=counted(present),
            absent=counted(absent),
            is_series=is_series,
        )
        for case_id, disease_id, provenance, present, absent, is_series in cache.read_json(folder / "cases.json")
    ]
    index = VectorIndex.load(folder / "vectors.faiss", embedder.identity)
    if len(index) != len(cases):
        raise ValueError(f"{len(cases)} cases, but {len(index)} vectors")
    return CaseLibrary(cases, index, embedder, ontology)
