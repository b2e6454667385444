"""The table of published counts (gzipped TSV) <-> ``PatientSeries`` records.

One row per disease, publication and term: ``disease_id, disease_name, genes, reference, term_id, n_present,
n_assessed``; the row of the term "Phenotypic abnormality" says how many patients the publication describes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from kg.ontology import PHENOTYPIC_ABNORMALITY
from kg.schema import Disease, PatientSeries, Provenance, TermCount
from kg.sources.tables import Rows, load_table, write_table

COLUMNS = ("disease_id", "disease_name", "genes", "reference", "term_id", "n_present", "n_assessed")
BUNDLED = Path(__file__).parents[1] / "facts" / "published_counts.tsv.gz"
"""The project's own table; docs/sources.md says how it is made."""


def load_counts(path: Path = BUNDLED) -> tuple[tuple[PatientSeries, ...], Provenance]:
    """Series in the order of the file, and where they come from (with an empty reference).

    Raises:
        SourceError: the file is missing or is no such table.
    """

    def build(source: Provenance, rows: Rows) -> tuple[tuple[PatientSeries, ...], Provenance]:
        groups = groupby(rows, key=lambda row: (row["disease_id"], row["reference"]))
        return tuple(_series(list(members)) for _, members in groups), source

    return load_table(path, "counts", COLUMNS, build, gzipped=True)


def _series(rows: Sequence[dict[str, str]]) -> PatientSeries:
    counts = [
        TermCount(term_id=r["term_id"], n_present=int(r["n_present"]), n_assessed=int(r["n_assessed"])) for r in rows
    ]
    (everyone,) = [c for c in counts if c.term_id == PHENOTYPIC_ABNORMALITY]
    return PatientSeries(
        disease=Disease(disease_id=rows[0]["disease_id"], name=rows[0]["disease_name"]),
        reference=rows[0]["reference"],
        n_patients=everyone.n_present,
        counts=tuple(c for c in counts if c.term_id != PHENOTYPIC_ABNORMALITY),
        gene_symbols=tuple(rows[0]["genes"].split()),
    )


def write_counts(series: Iterable[PatientSeries], source: Provenance, path: Path) -> None:
    """Write the table; the same records give the same bytes. Raises StorageError."""
    rows: list[tuple[object, ...]] = []
    for s in sorted(series, key=lambda s: (s.disease.disease_id, s.reference)):
        key = (s.disease.disease_id, s.disease.name, " ".join(s.gene_symbols), s.reference)
        rows.append((*key, PHENOTYPIC_ABNORMALITY, s.n_patients, s.n_patients))
        rows += [(*key, c.term_id, c.n_present, c.n_assessed) for c in s.counts]
    write_table(path, COLUMNS, rows, source, gzipped=True)
