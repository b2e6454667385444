"""The patient's age and sex, and the ages at which a disease begins, from the annotations' clinical course.

A toddler has no disease that begins in middle age. How much that counts, the reader learns; all of it is zero where
nothing is known. Which sex a disease befalls is known, and not learned: ``kg.sexes``.
"""

from __future__ import annotations

import numpy as np

from kg.arrays import Floats, Indices
from kg.likelihood import LikelihoodModel
from kg.schema import Predicate
from retrieval.demographics import Demographics, Sex

PERSON_FEATURES = (
    "is_male",  # of the patient, the same for all candidates
    "is_female",
    "age_known",
    "age",  # log(1 + years)
    "onset_known",
    "onset_earliest",  # log(1 + years), of the earliest and the latest of its stated ages of onset
    "onset_latest",
    "too_young",  # how far the patient's age lies below the earliest onset, in the same logs
)
OF_PATIENT = ("is_male", "is_female", "age_known", "age", "too_young")
"""Those that are 0 where neither age nor sex is known."""
ONSETS = {
    "HP:0030674": (0.0, 0.0),  # antenatal
    "HP:0011460": (0.0, 0.0),  # embryonal
    "HP:0011461": (0.0, 0.0),  # fetal
    "HP:0034199": (0.0, 0.0),  # first to third trimester
    "HP:0034198": (0.0, 0.0),
    "HP:0034197": (0.0, 0.0),
    "HP:0003577": (0.0, 0.0),  # congenital
    "HP:0003623": (0.0, 0.08),  # neonatal
    "HP:0003593": (0.08, 1.0),  # infantile
    "HP:0011463": (1.0, 5.0),  # childhood
    "HP:0003621": (5.0, 15.0),  # juvenile
    "HP:0410280": (0.0, 15.0),  # pediatric
    "HP:0003581": (16.0, 80.0),  # adult
    "HP:0011462": (16.0, 40.0),  # young adult
    "HP:0025708": (16.0, 19.0),  # early, intermediate, late young adult
    "HP:0025709": (19.0, 25.0),
    "HP:0025710": (25.0, 40.0),
    "HP:0003596": (40.0, 60.0),  # middle age
    "HP:0003584": (60.0, 80.0),  # late
}
"""Years, as the Human Phenotype Ontology defines the terms; open ends are closed at 80."""


class PersonFeatures:
    """Features of candidates that depend on the patient's age and sex.

    Args:
        model: whose diseases are described.
    """

    def __init__(self, model: LikelihoodModel) -> None:
        n = model.n_diseases
        earliest, latest = np.full(n, np.inf), np.zeros(n)
        for disease_id, term_id in model.graph.annotations.statements(Predicate.CLINICAL_COURSE):
            disease = model.group_index[disease_id]
            if term_id in ONSETS:
                first, last = ONSETS[term_id]
                earliest[disease], latest[disease] = min(earliest[disease], first), max(latest[disease], last)
        self._has_onset = np.isfinite(earliest).astype(np.float64)
        self._earliest = np.log1p(np.where(np.isfinite(earliest), earliest, 0.0))
        self._latest = np.log1p(latest)

    def describe(self, person: Demographics, diseases: Indices) -> Floats:
        """Shape [n_candidates, len(PERSON_FEATURES)]."""
        n = len(diseases)
        age = 0.0 if person.years is None else float(np.log1p(person.years))
        is_known = float(person.years is not None)
        earliest, has_onset = self._earliest[diseases], self._has_onset[diseases]
        features = {
            "is_male": np.full(n, float(person.sex is Sex.MALE)),
            "is_female": np.full(n, float(person.sex is Sex.FEMALE)),
            "age_known": np.full(n, is_known),
            "age": np.full(n, age),
            "onset_known": has_onset,
            "onset_earliest": earliest,
            "onset_latest": self._latest[diseases],
            "too_young": np.maximum(earliest - age, 0.0) * has_onset * is_known,
        }
        described: Floats = np.stack([features[name] for name in PERSON_FEATURES], axis=1).astype(np.float32)
        return described
