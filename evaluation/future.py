"""The protocol ``unseen-future``: what was known on a past day, put to patients published later.

The graph is the HPO release of that day; of the case library and the shipped counts, publications before it. PubMed
numbers its records as they come in, so a publication's PMID tells when it appeared, to within weeks.
"""

from __future__ import annotations

import re
from pathlib import Path

from evaluation.schema import Case, CaseSet, Unscored
from kg.build import SourceFiles
from kg.datasets import data_folder
from kg.errors import NotReadyError
from kg.sources import counts, prevalences

RELEASE = "2023-01-27"
LAST_PMID = 36650000
"""The last record of PubMed that counts as known on the day of the release."""

_PMID = re.compile(r"PMID:(\d+)")


def is_past(reference: str) -> bool:
    """Whether a publication was known on that day; one without a PMID cannot be dated, and was not."""
    found = _PMID.fullmatch(reference)
    return found is not None and int(found[1]) <= LAST_PMID


def past_sources(folder: Path | None = None) -> SourceFiles:
    """The release of that day, in the data folder; the shipped counts, of any day, and prevalences, of before it.

    Genes are left out: their table is of today.

    Raises:
        NotReadyError: it is not there.
    """
    hpo = (folder or data_folder()) / "hpo"
    sources = SourceFiles(
        ontology=hpo / f"hp.v{RELEASE}.json.gz",
        annotations=hpo / f"phenotype.{RELEASE}.hpoa.gz",
        counts=counts.BUNDLED,
        prevalences=prevalences.BUNDLED,
    )
    missing = [p for p in (sources.ontology, sources.annotations) if not p.is_file()]
    if missing:
        raise NotReadyError(f"unseen-future needs {missing[0]}: put it there, or name its folder by CITEDX_DATA")
    return sources


def split_by_time(case_set: CaseSet) -> tuple[tuple[Case, ...], CaseSet]:
    """Past patients, to learn from, and the set of the later ones, in which past and undated ones are unscored."""
    past = tuple(c for c in case_set.cases if is_past(c.publication))
    undated = tuple(c for c in case_set.cases if _PMID.fullmatch(c.publication) is None)
    left_out = {c.case_id: f"published before the release of {RELEASE}" for c in past}
    left_out |= {c.case_id: "no PMID, so that nobody can say when it was published" for c in undated}
    later = tuple(c for c in case_set.cases if c.case_id not in left_out)
    unscored = (*case_set.unscored, *(Unscored(case_id=i, reason=reason) for i, reason in left_out.items()))
    return past, CaseSet(cases=later, unscored=unscored)
