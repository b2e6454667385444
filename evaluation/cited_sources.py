"""Whether the sources that the table of common conditions cites say what its rows state.

A page must name the condition, and mention the finding: by the project's own reader of findings, or in the words of the
row. An entry (Disease Ontology, DDXPlus, Hetionet, PharmacotherapyDB, HPO annotations) must have the edge, and the
symptom of the edge must be the finding, or a more specific one. A page of ``web_pages.tsv`` is not at hand: it was read
when its rows were written, and each of them must say by which words of the page, as its locator. Deliberately not here:
whether it is true.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kg.common_schema import CommonCondition
from kg.datasets import data_folder
from kg.errors import SourceError
from kg.graph import KnowledgeGraph
from kg.schema import Provenance
from kg.sources.common_conditions import (
    BUNDLED,
    CommonConditions,
    CommonFact,
    CommonFinding,
    load_web_pages,
)
from kg.sources.medquad import load_documents
from kg.sources.tables import load_table
from retrieval.findings import find_statements
from retrieval.lexicon import Lexicon

SYMPTOMS = BUNDLED / "symptoms.tsv"
"""Which HPO term a cited symptom of another vocabulary is."""
_SYMPTOM_COLUMNS = ("symptom_id", "label", "term_id", "term_label")
_NOT_CLINICAL = frozenset({"inheritance", "genetic changes", "research", "support groups", "frequency"})
"""Types of questions whose answers describe no patient."""
_DISEASE_SYMPTOM = "DpS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page, or the definition of an entry."""

    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedSources:
    """What is read of the sources that the table cites."""

    pages: Mapping[str, Page]
    """By address; definitions of the Disease Ontology by id."""
    labels: Mapping[str, str]
    """Id of the Disease Ontology -> name."""
    edges: frozenset[tuple[str, str]]
    """Entry as the table cites it, and the symptom, evidence or drug that it has."""
    symptom_terms: Mapping[str, str]
    """Symptom or evidence -> HPO term."""
    not_at_hand: frozenset[str] = frozenset()
    """Addresses of pages that were read when the rows were written."""


def load_cited_sources(folder: Path | None = None) -> CitedSources:
    """Read the sources from the data folder.

    Raises:
        SourceError: a file is missing, or is not what its name says.
    """
    folder = folder or data_folder()
    try:
        labels = {row["id"]: row["label"] for row in _rows(folder / "disease" / "HumanDO.tsv")}
        return CitedSources(
            pages=_pages(folder) | _definitions(folder),
            labels=labels,
            edges=frozenset((*_ontology_edges(folder), *_hetionet(folder), *_ddxplus(folder), *_indications(folder))),
            symptom_terms=_symptom_terms(),
            not_at_hand=frozenset(page.address for page in load_web_pages()),
        )
    except (OSError, EOFError, ValueError, KeyError, IndexError) as error:
        raise SourceError(f"cannot read the sources of the common conditions in {folder}: {error}") from error


def _pages(folder: Path) -> dict[str, Page]:
    titles: dict[str, dict[str, None]] = defaultdict(dict)
    texts: dict[str, list[str]] = defaultdict(list)
    for document in load_documents(folder / "text" / "medquad.jsonl.xz"):
        titles[document.url] |= dict.fromkeys((document.focus, *document.synonyms))
        texts[document.url] += [answer for kind, answer in document.answers if kind not in _NOT_CLINICAL]
    return {url: Page(title=" ; ".join(titles[url]), text="\n\n".join(texts[url])) for url in titles}


def _definitions(folder: Path) -> dict[str, Page]:
    limit = csv.field_size_limit(1 << 24)  # of the whole process
    try:
        with gzip.open(folder / "disease" / "DO_facets.tsv.gz", "rt", encoding="utf-8", newline="") as lines:
            rows = {row[0]: (row[1], row[2]) for row in csv.reader(lines, delimiter="\t") if row[0].startswith("DOID:")}
    finally:
        csv.field_size_limit(limit)
    return {
        disease_id: Page(title=name, text=text.replace("has_symptom ", "").replace("located_in", "located in"))
        for disease_id, (name, text) in rows.items()
    }


def _ontology_edges(folder: Path) -> Iterator[tuple[str, str]]:
    for row in _rows(folder / "disease" / "DO_disease-symptom.tsv"):
        yield row["disease_id"], row["symptom_id"]


def _hetionet(folder: Path) -> Iterator[tuple[str, str]]:
    with gzip.open(folder / "hetionet" / "edges-5k.sif.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            disease, kind, symptom = line.rstrip("\n").split("\t")
            if kind == _DISEASE_SYMPTOM:
                yield f"HETIONET:{disease.rpartition(':')[2]}", f"MESH:{symptom.rpartition(':')[2]}"


def _ddxplus(folder: Path) -> Iterator[tuple[str, str]]:
    conditions = json.loads((folder / "ddxplus" / "release_conditions.json").read_text(encoding="utf-8"))
    for name, condition in conditions.items():
        for evidence in (*condition["symptoms"], *condition["antecedents"]):
            yield f"DDXPLUS:{_plain(name).replace(' ', '-')}", f"DDXPLUS:{evidence}"


def _indications(folder: Path) -> Iterator[tuple[str, str]]:
    for row in _rows(folder / "treatment" / "PharmacotherapyDB_indications.tsv"):
        if row["category"] != "NOT":
            yield f"PHARMACOTHERAPYDB:{row['doid_id'].removeprefix('DOID:')}", row["drugbank_id"]


def _symptom_terms() -> dict[str, str]:
    return load_table(
        SYMPTOMS, "symptoms", _SYMPTOM_COLUMNS, lambda _, rows: {row["symptom_id"]: row["term_id"] for row in rows}
    )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


class SourceCheck:
    """Whether the sources say what the rows state.

    Args:
        sources: what is cited.
        graph: with the annotations of OMIM and Orphanet that rows cite, and the terms.
        lexicon: of the reader of findings.
    """

    def __init__(self, sources: CitedSources, graph: KnowledgeGraph, lexicon: Lexicon) -> None:
        self._sources = sources
        self._graph = graph
        self._lexicon = lexicon
        self._entries = {entry for entry, _ in sources.edges}
        self._plain_page = cache(self._read_plain)
        self._findings = cache(self._read_findings)

    def find_unsupported(self, table: CommonConditions) -> tuple[str, ...]:
        """One line for each source that does not name its condition, and each row that its source does not bear out."""
        names = {c.disease_id: c.name for c in table.conditions}
        findings = (f for f in table.findings if not self._has_finding(f))
        facts = (f.fact for f in table.facts if not self._has_fact(f))
        return (
            *(f"{r} does not name {c.name}" for c in table.conditions for r in c.references if not self._names(r, c)),
            *(_not_said(f.association.provenance[0], f.label, names[f.association.disease_id]) for f in findings),
            *(_not_said(fact.provenance, fact.name, names[fact.disease_id]) for fact in facts),
        )

    def _names(self, reference: str, condition: CommonCondition) -> bool:
        """Whether a page names the condition; an entry was chosen for it, and need only exist."""
        if reference in self._sources.labels:
            return True
        if reference not in self._sources.pages:
            return reference in self._graph.diseases or reference in self._entries | self._sources.not_at_hand
        names = (condition.name, *condition.synonyms, self._sources.labels.get(condition.disease_id, condition.name))
        page = self._plain_page(reference)
        return any(f" {_plain(name)}{ending} " in page for name in names for ending in ("", "s"))

    def _has_finding(self, row: CommonFinding) -> bool:
        statement, reference = row.association, row.association.provenance[0].reference
        meant = self._graph.ontology.descendants(statement.term_id)
        if (reference, row.locator) in self._sources.edges:
            return self._sources.symptom_terms.get(row.locator) in meant
        if reference in self._graph.diseases:
            stated = {(a.term_id, a.excluded) for a in self._graph.findings_of(reference)}
            return row.locator in meant and (row.locator, statement.excluded) in stated
        if reference in self._sources.not_at_hand:
            return bool(row.locator)
        if reference not in self._sources.pages:
            return False
        if row.locator:
            return _has_words(self._sources.pages[reference].text, row.locator)
        return any((term_id, statement.excluded) in self._findings(reference) for term_id in meant)

    def _has_fact(self, row: CommonFact) -> bool:
        reference = row.fact.provenance.reference
        if (reference, row.locator) in self._sources.edges:
            return True
        if reference in self._sources.not_at_hand:
            return bool(row.locator)
        page = self._sources.pages.get(reference)
        return page is not None and _has_words(page.text, row.locator or row.fact.name)

    def _read_plain(self, reference: str) -> str:
        page = self._sources.pages[reference]
        return f" {_plain(page.title + ' ; ' + page.text)} "

    def _read_findings(self, reference: str) -> frozenset[tuple[str, bool]]:
        """Terms that a page speaks of, and whether it denies them; a page tells of patients in general."""
        statements = find_statements(self._sources.pages[reference].text, self._lexicon)
        return frozenset((s.finding.term_id, s.finding.excluded) for s in statements)


def _not_said(provenance: Provenance, what: str, condition: str) -> str:
    return f"{provenance.reference} does not say {what} of {condition}"


def _has_words(text: str, words: str) -> bool:
    spaced = r"\s+".join(re.escape(word) for word in words.lower().split())
    return re.search(rf"(?<!\w){spaced}(?!\w)", text.lower()) is not None


def _plain(text: str) -> str:
    """Words in ASCII and lower case, without a possessive."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return " ".join(re.findall(r"[a-z0-9]+", re.sub(r"'s\b", "", ascii_text)))
