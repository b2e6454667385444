"""Disease annotations of the HPO project: ``phenotype.hpoa`` and ``genes_to_phenotype.txt`` -> records.

Format: https://obophenotype.github.io/human-phenotype-ontology/annotations/phenotype_hpoa/
Every aspect is kept: phenotype, inheritance, clinical course, modifier, past history; with frequency, onset, sex,
references, and what the source says is absent. Term ids are kept as the file has them; the graph maps old ones. A name
in capitals is written as a sentence ("INTUSSUSCEPTION", some 110 of OMIM's), and the placeholder "-" is no gene.
"""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from kg.errors import SourceError
from kg.schema import Association, Disease, Frequency, Gene, Predicate, Provenance

SOURCE = "HPO annotations"
LICENCE = "https://hpo.jax.org/app/license"

_ASPECTS = {
    "P": Predicate.PHENOTYPE,
    "I": Predicate.INHERITANCE,
    "C": Predicate.CLINICAL_COURSE,
    "M": Predicate.MODIFIER,
    "H": Predicate.PAST_HISTORY,
}
_SEXES = ("", "MALE", "FEMALE")  # written in lower case until 2023
_PERCENTAGE = re.compile(r"\d+(\.\d*)?%")
_NO_GENE = "-"
_LETTERS = re.compile(r"[^\W\d_]+")
_NUMERAL = re.compile(r"[IVX]+")
_X_LINKED = re.compile(r"\bx-linked\b")
_LONGEST_ABBREVIATION = 7  # letters: AREDYLD
_BROKEN = (UnicodeDecodeError, EOFError, zlib.error, csv.Error)

FREQUENCY_TERMS = {
    "HP:0040280": Frequency(low=1.0, high=1.0, label="Obligate"),
    "HP:0040281": Frequency(low=0.80, high=0.99, label="Very frequent"),
    "HP:0040282": Frequency(low=0.30, high=0.79, label="Frequent"),
    "HP:0040283": Frequency(low=0.05, high=0.29, label="Occasional"),
    "HP:0040284": Frequency(low=0.01, high=0.04, label="Very rare"),
    "HP:0040285": Frequency(low=0.0, high=0.0, label="Excluded"),
}
"""Ranges of HPO's frequency terms (children of HP:0040279)."""

_COLUMNS = (
    "database_id",
    "disease_name",
    "qualifier",
    "hpo_id",
    "reference",
    "evidence",
    "onset",
    "frequency",
    "sex",
    "modifier",
    "aspect",
    "biocuration",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotationRelease:
    """All annotations of one release."""

    version: str
    """Date of the release."""
    diseases: tuple[Disease, ...]
    """In the order of their first line."""
    associations: tuple[Association, ...]
    """In the order of the file."""


def load_annotations(path: Path) -> AnnotationRelease:
    """Read ``phenotype.hpoa``, plain or gzipped.

    Raises:
        SourceError: the file is missing, or a line is not what the format says (the line is named).
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
            return parse_annotations(lines, name=str(path))
    except OSError as error:
        raise SourceError(f"cannot read the annotations {path}: {error.strerror or error}") from error
    except _BROKEN as error:
        raise SourceError(f"cannot read the annotations {path}: {error}; expected phenotype.hpoa") from error


def parse_annotations(lines: Iterable[str], name: str = "phenotype.hpoa") -> AnnotationRelease:
    """Turn the lines of ``phenotype.hpoa`` into records; see ``load_annotations``."""
    lines = iter(lines)
    version, n_header = _read_header(lines, name)
    diseases: dict[str, Disease] = {}
    associations: list[Association] = []
    provenances = cache(lambda reference: _parse_references(reference, version))
    for number, row in enumerate(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE), start=n_header + 1):
        if len(row) != len(_COLUMNS):
            raise SourceError(f"{name}, line {number}: expected {len(_COLUMNS)} tab-separated columns, got {len(row)}")
        disease_id, disease_name, qualifier, term_id, reference, code, onset, frequency, sex, modifier, aspect, _ = row
        try:
            if aspect not in _ASPECTS:
                raise ValueError(f"expected one of the aspects {', '.join(_ASPECTS)}, got {aspect!r}")
            if sex.upper() not in _SEXES:
                raise ValueError(f"expected the sex MALE, FEMALE or nothing, got {sex!r}")
            how_often = parse_frequency(frequency)
            associations.append(
                Association(
                    disease_id=disease_id,
                    predicate=_ASPECTS[aspect],
                    term_id=term_id,
                    excluded=qualifier == "NOT" or (how_often is not None and how_often.high == 0.0),
                    frequency=how_often,
                    onset_id=onset or None,
                    sex=sex.upper() or None,
                    modifier_ids=tuple(m for m in modifier.split(";") if m),
                    evidence_code=code,
                    provenance=provenances(reference),
                )
            )
        except ValueError as error:
            raise SourceError(f"{name}, line {number}: {error}") from error
        if disease_id not in diseases:
            diseases[disease_id] = Disease(disease_id=disease_id, name=disease_name)
    if not diseases:
        raise SourceError(f"{name} holds no annotations; expected phenotype.hpoa")
    words = {w for d in diseases.values() for w in _LETTERS.findall(d.name) if not w.isupper()}
    known = frozenset(map(str.casefold, words))
    return AnnotationRelease(
        version=version,
        diseases=tuple(replace(d, name=_in_sentence_case(d.name, known)) for d in diseases.values()),
        associations=tuple(associations),
    )


def _in_sentence_case(name: str, known: frozenset[str]) -> str:
    """A name in capitals as a sentence; as it is where its words may be abbreviations, and where it has small letters.

    Single letters, numerals and what has no vowel stay ("T-CELL", "TYPE II", "CLL"). The X of "x-linked" is a capital.
    """
    words = [w for w in _LETTERS.findall(name) if len(w) > 3]
    if not name.isupper() or not any(len(w) > _LONGEST_ABBREVIATION or w.casefold() in known for w in words):
        return _X_LINKED.sub("X-linked", name)
    small = _LETTERS.sub(lambda word: word[0] if _stays_in_capitals(word[0]) else word[0].lower(), name)
    return small[0].upper() + small[1:]


def _stays_in_capitals(word: str) -> bool:
    return len(word) == 1 or _NUMERAL.fullmatch(word) is not None or not set(word) & set("AEIOUY")


@cache
def parse_frequency(text: str) -> Frequency | None:
    """Read ``7/8``, ``45%`` or a frequency term; None for an empty column or a count over zero patients.

    Raises:
        ValueError: none of these.
    """
    if not text:
        return None
    if text in FREQUENCY_TERMS:
        return FREQUENCY_TERMS[text]
    if _PERCENTAGE.fullmatch(text):
        share = float(text[:-1]) / 100
        return Frequency(low=share, high=share)
    n, _, m = text.partition("/")
    if not (n.isdecimal() and m.isdecimal()):
        raise ValueError(f"frequency {text!r} is not n/m, a percentage or a frequency term")
    return Frequency.counts(int(n), int(m)) if int(m) > 0 else None


def load_genes(path: Path) -> dict[str, tuple[Gene, ...]]:
    """Read ``genes_to_phenotype.txt``: disease id -> its genes, sorted by symbol; the placeholder "-" is none.

    Raises:
        SourceError: the file is missing, has other columns or is cut off.
    """
    genes: dict[str, Gene] = {}
    of_disease: dict[str, set[str]] = {}
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            for row in rows:
                if row["disease_id"] is None:
                    raise SourceError(f"{path}, line {rows.line_num}: fewer columns than the header names")
                if row["gene_symbol"] == _NO_GENE:
                    continue
                gene_id = f"NCBIGene:{row['ncbi_gene_id']}"
                if gene_id not in genes:
                    genes[gene_id] = Gene(gene_id=gene_id, symbol=row["gene_symbol"])
                of_disease.setdefault(row["disease_id"], set()).add(gene_id)
    except OSError as error:
        raise SourceError(f"cannot read the gene table {path}: {error.strerror or error}") from error
    except _BROKEN as error:
        raise SourceError(f"cannot read the gene table {path}: {error}; expected genes_to_phenotype.txt") from error
    except KeyError as error:
        raise SourceError(f"{path} lacks the column {error}; expected genes_to_phenotype.txt") from error
    return {
        disease_id: tuple(sorted((genes[g] for g in ids), key=lambda gene: gene.symbol))
        for disease_id, ids in of_disease.items()
    }


def _read_header(lines: Iterator[str], name: str) -> tuple[str, int]:
    """Consume the header; return the release date and the number of its lines."""
    version = "unknown"
    for number, line in enumerate(lines, start=1):
        key, _, value = line.lstrip("#").strip().partition(":")
        if key in ("version", "date"):
            version = value.strip()
        columns = tuple(c.replace("_", "").lower() for c in line.lstrip("#").strip().split("\t"))
        if columns[0] == "databaseid":  # spelled DatabaseID until 2023
            if columns != tuple(c.replace("_", "") for c in _COLUMNS):
                raise SourceError(
                    f"{name}, line {number}: columns are {', '.join(columns)}; expected {', '.join(_COLUMNS)}"
                )
            return version, number
        if not line.startswith("#"):
            break
    raise SourceError(f"{name} has no line of column names starting with database_id; expected phenotype.hpoa")


def _parse_references(text: str, version: str) -> tuple[Provenance, ...]:
    references = [r.strip() for r in text.split(";") if r.strip()] or ["unknown"]
    return tuple(Provenance(source=SOURCE, version=version, reference=r, licence=LICENCE) for r in references)
