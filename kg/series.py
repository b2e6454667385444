"""Published patients -> counts: how many of those assessed had a finding, per disease and publication.

Facts of the literature, not records of persons: a series says "3 of 4 patients", never which. Counted are the terms as
they were given; what they imply follows from the ontology later. "Phenotypic abnormality" itself is not counted: every
patient has it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from kg.ontology import PHENOTYPIC_ABNORMALITY, Ontology
from kg.schema import Association, Disease, Frequency, Patient, PatientSeries, Predicate, Provenance, TermCount

CURATED_COUNT = "PCS"
"""HPO's evidence code for a published clinical study."""


def count_patients(patients: Iterable[Patient], ontology: Ontology) -> tuple[PatientSeries, ...]:
    """One series per disease and publication, sorted by both; patients without a diagnosis or a finding are left out.

    A patient counts for the first of their diseases and the first of their references; one without a reference is a
    series of their own, named by their id. A term that a patient is said to have and to lack counts as present.
    """
    members: dict[tuple[str, str], list[Patient]] = {}
    for patient in patients:
        if patient.disease_ids and any(not f.excluded and f.term_id in ontology for f in patient.findings):
            reference = next(iter(patient.references), patient.patient_id)
            members.setdefault((patient.disease_ids[0], reference), []).append(patient)
    return tuple(_series(*key, members[key], ontology) for key in sorted(members))


def _series(disease_id: str, reference: str, patients: Sequence[Patient], ontology: Ontology) -> PatientSeries:
    present: Counter[str] = Counter()
    absent: Counter[str] = Counter()
    for patient in patients:
        known = [(ontology.current_id(f.term_id), f.excluded) for f in patient.findings if f.term_id in ontology]
        has = {term_id for term_id, excluded in known if not excluded}
        present.update(has)
        absent.update({term_id for term_id, excluded in known if excluded} - has)
    name = next((p.disease_names[0] for p in patients if p.disease_names), disease_id)
    return PatientSeries(
        disease=Disease(disease_id=disease_id, name=name),
        reference=reference,
        n_patients=len(patients),
        counts=tuple(
            TermCount(term_id=t, n_present=present[t], n_assessed=present[t] + absent[t])
            for t in sorted({*present, *absent} - {PHENOTYPIC_ABNORMALITY})
        ),
        gene_symbols=tuple(sorted({symbol for p in patients for symbol in p.gene_symbols})),
    )


def associations_of(series: PatientSeries, source: Provenance) -> Iterator[Association]:
    """The series as statements, the first of which says how many patients it describes.

    That "4 of 4 patients have a phenotypic abnormality" is how the likelihood model knows of how many patients a
    finding was *not* mentioned.

    Args:
        series: the counts.
        source: name, version and licence of where they come from; its reference is replaced.
    """
    provenance = Provenance(
        source=source.source, version=source.version, reference=series.reference, licence=source.licence
    )
    everyone = TermCount(term_id=PHENOTYPIC_ABNORMALITY, n_present=series.n_patients, n_assessed=series.n_patients)
    for count in (everyone, *(c for c in series.counts if c.term_id != PHENOTYPIC_ABNORMALITY)):
        yield Association(
            disease_id=series.disease.disease_id,
            predicate=Predicate.PHENOTYPE,
            term_id=count.term_id,
            excluded=count.n_present == 0,
            frequency=Frequency.counts(count.n_present, count.n_assessed),
            evidence_code=CURATED_COUNT,
            provenance=(provenance,),
        )
