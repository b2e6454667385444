"""The project's own facts on common conditions (a folder of TSV tables) -> records.

``conditions.tsv`` says what the conditions are, ``findings.tsv``, ``risk_factors.tsv``, ``tests.tsv`` and
``treatments.tsv`` what belongs to them, one row a statement; ``descriptions.tsv`` tells of each in words. Every row
cites a source: the address of a page, or an entry (``DOID:552``, ``DDXPLUS:croup``, ``HETIONET:2841``, ``ORPHA:586``).
Its ``locator`` says where it does so: some words of the page, or the id of a symptom (``SYMP:0000614``,
``MESH:D003371``), an evidence (``E_91``), a term or a drug; it is empty where the project's own reader finds the
statement. ``web_pages.tsv`` lists the cited pages that no source of the data folder holds.

*That* a finding belongs to a condition is what the source says; the class of frequency, the red flags, and how common
and how urgent a condition is are the clinical judgement of the authors (decision 0024).

Deliberately not here: whether a source does say so (``evaluation.common_conditions``, which reads the sources).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import TypeVar

from kg.common_schema import CommonCondition, ConditionFact, FactKind, Seen, Sex, Urgency
from kg.ontology import Ontology
from kg.schema import Association, Disease, Predicate, Provenance
from kg.sources.hpoa import FREQUENCY_TERMS
from kg.sources.tables import Rows, load_table

BUNDLED = Path(__file__).parents[1] / "facts" / "common"
CONDITION_COLUMNS = (
    "condition_id",
    "name",
    "synonyms",
    "system",
    "general_practice",
    "emergency",
    "specialised",
    "age_from",
    "age_to",
    "sex",
    "urgency",
    "sources",
)
_DESCRIPTION_COLUMNS = ("condition_id", "condition", "description", "sources")
_WEB_PAGE_COLUMNS = ("address", "title", "read")
FINDING_COLUMNS = ("condition_id", "condition", "term_id", "label", "frequency", "red_flag", "source", "locator")
_FACT_COLUMNS = ("condition_id", "condition", "{}", "source", "locator")
_FREQUENCIES = {frequency.label.lower(): frequency for frequency in FREQUENCY_TERMS.values()}
_EVIDENCE_CODE = "TAS"
_MAX_LOCATOR_WORDS = 6  # enough to find a place, too few to copy a sentence
_LEAST_WORDS, _MOST_WORDS = 40, 150  # of a description
_FLAGS = {"yes": True, "": False}

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonFinding:
    """One row of ``findings.tsv``."""

    association: Association
    """Its one reference is the cited source."""
    label: str
    is_red_flag: bool
    locator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonFact:
    """One row of ``risk_factors.tsv``, ``tests.tsv`` or ``treatments.tsv``."""

    fact: ConditionFact
    locator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonDescription:
    """One row of ``descriptions.tsv``: how a patient with the condition typically comes, in the authors' words."""

    disease_id: str
    text: str
    provenance: tuple[Provenance, ...]
    """The pages that say so, the one that says most first; at least one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebPage:
    """One row of ``web_pages.tsv``: a cited page that no source of the data folder holds."""

    address: str
    title: str
    """Title and publisher."""
    read: str
    """The day it was read, ``2026-11-29``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonConditions:
    """All tables."""

    provenance: Provenance
    """Source, version and licence of the tables; without a reference."""
    conditions: tuple[CommonCondition, ...]
    findings: tuple[CommonFinding, ...]
    facts: tuple[CommonFact, ...]
    """Risk factors, tests and treatments."""
    descriptions: tuple[CommonDescription, ...] = ()
    web_pages: tuple[WebPage, ...] = ()

    @property
    def diseases(self) -> tuple[Disease, ...]:
        """The conditions as entries of the graph."""
        return tuple(Disease(disease_id=c.disease_id, name=c.name) for c in self.conditions)

    @property
    def associations(self) -> tuple[Association, ...]:
        """The findings as statements of the graph."""
        return tuple(f.association for f in self.findings)

    def red_flags_of(self, disease_id: str) -> tuple[CommonFinding, ...]:
        """The findings that make a condition a matter of hours."""
        return tuple(f for f in self.findings if f.is_red_flag and f.association.disease_id == disease_id)


def load_common_conditions(folder: Path = BUNDLED) -> CommonConditions:
    """Read the tables of a folder.

    Raises:
        SourceError: a table is missing, is no such table, or a row has a value that its column does not allow.
    """
    provenance, conditions = load_table(
        folder / "conditions.tsv",
        "conditions",
        CONDITION_COLUMNS,
        lambda source, rows: (source, _each(rows, _condition)),
    )
    findings = load_table(
        folder / "findings.tsv",
        "findings",
        FINDING_COLUMNS,
        lambda source, rows: _each(rows, lambda row: _finding(row, source)),
    )
    facts = (
        *_load_facts(folder / "risk_factors.tsv", "risk_factor", lambda _: FactKind.RISK_FACTOR),
        *_load_facts(folder / "tests.tsv", "test", lambda _: FactKind.TEST),
        *_load_facts(folder / "treatments.tsv", "treatment", lambda row: FactKind(row["kind"])),
    )
    descriptions = load_table(
        folder / "descriptions.tsv",
        "descriptions",
        _DESCRIPTION_COLUMNS,
        lambda source, rows: _each(rows, lambda row: _description(row, source)),
    )
    return CommonConditions(
        provenance=provenance,
        conditions=conditions,
        findings=findings,
        facts=facts,
        descriptions=descriptions,
        web_pages=load_web_pages(folder),
    )


def load_web_pages(folder: Path = BUNDLED) -> tuple[WebPage, ...]:
    """Read the table of cited pages alone. Raises SourceError."""
    return load_table(folder / "web_pages.tsv", "web pages", _WEB_PAGE_COLUMNS, lambda _, rows: _each(rows, _web_page))


def title_of(reference: str) -> str:
    """Title and publisher of a web page that the tables cite; the reference itself of anything else."""
    return _titles().get(reference, reference)


@cache
def _titles() -> dict[str, str]:
    return {page.address: page.title for page in load_web_pages()}


def find_flaws(table: CommonConditions, ontology: Ontology) -> tuple[str, ...]:
    """What is wrong with the ids, the labels and the rows of the tables, one line each; empty where nothing is."""
    return (
        *_repeated("condition", (c.disease_id for c in table.conditions)),
        *_repeated("name", (c.name.casefold() for c in table.conditions)),
        *_repeated("finding", ((f.association.disease_id, f.association.term_id) for f in table.findings)),
        *_repeated("fact", ((f.fact.disease_id, f.fact.kind.value, f.fact.name) for f in table.facts)),
        *_repeated("description of", (d.disease_id for d in table.descriptions)),
        *_repeated("web page", (p.address for p in table.web_pages)),
        *(
            f"the description of {d.disease_id} has {n} words, {_LEAST_WORDS} to {_MOST_WORDS} are asked"
            for d in table.descriptions
            if not _LEAST_WORDS <= (n := len(d.text.split())) <= _MOST_WORDS
        ),
        *(
            f"the locator {locator!r} has more than {_MAX_LOCATOR_WORDS} words"
            for locator in (*(f.locator for f in table.findings), *(f.locator for f in table.facts))
            if len(locator.split()) > _MAX_LOCATOR_WORDS
        ),
        *_strangers(table),
        *(flaw for f in table.findings for flaw in _flaws_of_term(f.association.term_id, f.label, ontology)),
        *(flaw for f in table.facts if f.fact.term_id for flaw in _flaws_of_term(f.fact.term_id, None, ontology)),
    )


def _each(rows: Rows, build: Callable[[dict[str, str]], Record]) -> tuple[Record, ...]:
    """A record of each row; an error says which row."""
    records = []
    for number, row in enumerate(rows, start=1):
        try:
            records.append(build(row))
        except (ValueError, KeyError) as error:
            raise ValueError(f"row {number} ({row.get('condition_id')}): {error}") from error
    return tuple(records)


def _condition(row: Mapping[str, str]) -> CommonCondition:
    return CommonCondition(
        disease_id=row["condition_id"],
        name=row["name"],
        synonyms=_parts(row["synonyms"]),
        system=row["system"],
        general_practice=Seen(row["general_practice"]),
        emergency=Seen(row["emergency"]),
        specialised=Seen(row["specialised"]),
        age_from=float(row["age_from"]),
        age_to=float(row["age_to"]),
        sex=Sex(row["sex"]),
        urgency=Urgency(row["urgency"]),
        references=_parts(row["sources"]),
    )


def _finding(row: Mapping[str, str], source: Provenance) -> CommonFinding:
    frequency = _FREQUENCIES[row["frequency"]]
    association = Association(
        disease_id=row["condition_id"],
        predicate=Predicate.PHENOTYPE,
        term_id=row["term_id"],
        excluded=frequency.high == 0.0,
        frequency=frequency,
        evidence_code=_EVIDENCE_CODE,
        provenance=(_cited(source, row),),
    )
    return CommonFinding(
        association=association, label=row["label"], is_red_flag=_FLAGS[row["red_flag"]], locator=row["locator"]
    )


def _description(row: Mapping[str, str], source: Provenance) -> CommonDescription:
    cited = tuple(replace(source, reference=reference) for reference in _parts(row["sources"]))
    if not cited:
        raise ValueError("the row names no source")
    return CommonDescription(disease_id=row["condition_id"], text=row["description"], provenance=cited)


def _web_page(row: Mapping[str, str]) -> WebPage:
    return WebPage(address=row["address"], title=row["title"], read=date.fromisoformat(row["read"]).isoformat())


def _load_facts(path: Path, column: str, kind_of: Callable[[Mapping[str, str]], FactKind]) -> tuple[CommonFact, ...]:
    def build(source: Provenance, rows: Rows) -> tuple[CommonFact, ...]:
        def fact(row: Mapping[str, str]) -> CommonFact:
            of_row = ConditionFact(
                disease_id=row["condition_id"],
                kind=kind_of(row),
                name=row[column],
                term_id=row.get("term_id") or None,
                provenance=_cited(source, row),
            )
            return CommonFact(fact=of_row, locator=row["locator"])

        return _each(rows, fact)

    return load_table(path, f"{column}s".replace("_", " "), tuple(c.format(column) for c in _FACT_COLUMNS), build)


def _cited(source: Provenance, row: Mapping[str, str]) -> Provenance:
    if not row["source"]:
        raise ValueError("the row names no source")
    return replace(source, reference=row["source"])


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split("|") if part)


def _repeated(what: str, keys: Iterator[object]) -> Iterator[str]:
    return (f"the {what} {key} stands there {n} times" for key, n in Counter(keys).items() if n > 1)


def _strangers(table: CommonConditions) -> Iterator[str]:
    """What belongs to no condition or to a source that it does not name, and what a condition lacks."""
    references = {c.disease_id: set(c.references) for c in table.conditions}
    stated = [(f.association.disease_id, f.association.provenance[0]) for f in table.findings]
    stated += [(f.fact.disease_id, f.fact.provenance) for f in table.facts]
    stated += [(d.disease_id, provenance) for d in table.descriptions for provenance in d.provenance]
    for disease_id, provenance in stated:
        if disease_id not in references:
            yield f"{disease_id} is no condition of the table"
        elif provenance.reference not in references[disease_id]:
            yield f"{provenance.reference} is not among the sources of {disease_id}"
    cited = {reference for c in table.conditions for reference in c.references}
    yield from (f"no condition cites {p.address}" for p in table.web_pages if p.address not in cited)
    described = {f.association.disease_id for f in table.findings}
    yield from (f"{disease_id} has no finding" for disease_id in references if disease_id not in described)
    told = {d.disease_id for d in table.descriptions}
    yield from (f"{disease_id} has no description" for disease_id in references if disease_id not in told)


def _flaws_of_term(term_id: str, label: str | None, ontology: Ontology) -> Iterator[str]:
    term = ontology.terms.get(term_id)
    if term is None:
        yield f"{term_id} is no current term of the HPO {ontology.version}"
    elif label is not None and label != term.name:
        yield f"{term_id} is {term.name!r} in the HPO {ontology.version}, not {label!r}"
    elif term_id not in ontology.phenotypic_abnormalities:
        yield f"{term_id} ({term.name}) is no phenotypic abnormality"
