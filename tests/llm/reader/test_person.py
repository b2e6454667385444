"""What age and sex have to do with a disease, on a graph made for it."""

from __future__ import annotations

import numpy as np
import pytest

from kg.graph import KnowledgeGraph
from llm.reader.person import OF_PATIENT, ONSETS, PERSON_FEATURES, PersonFeatures
from retrieval.demographics import UNKNOWN, Demographics, Sex, demographics_of
from tests.toy import ALPHA, BETA, build_model

DUCHENNE, WELANDER = "OMIM:310200", "OMIM:604454"


@pytest.fixture(scope="module")
def toy(toy_graph: KnowledgeGraph):
    return build_model(toy_graph)


@pytest.fixture(scope="module")
def described(release_graph: KnowledgeGraph):
    model = build_model(release_graph)
    people = PersonFeatures(model)

    def describe(disease_id: str, person: Demographics) -> dict[str, float]:
        values = people.describe(person, np.array([model.group_index[disease_id]]))
        return dict(zip(PERSON_FEATURES, values[0].tolist(), strict=True))

    return describe


def test_nothing_is_known_of_a_disease_without_such_statements(toy):
    values = PersonFeatures(toy).describe(UNKNOWN, np.array([toy.group_index[ALPHA], toy.group_index[BETA]]))
    assert values.shape == (2, len(PERSON_FEATURES))
    np.testing.assert_array_equal(values, 0)


@pytest.mark.release
def test_what_depends_on_the_patient_is_zero_of_an_unknown_one(described):
    told = described(DUCHENNE, UNKNOWN)
    assert [told[name] for name in OF_PATIENT] == [0.0] * len(OF_PATIENT)


@pytest.mark.release
def test_a_girl_and_a_boy(described):
    girl, boy = (described(DUCHENNE, Demographics(sex=sex)) for sex in (Sex.FEMALE, Sex.MALE))
    assert (girl["is_female"], girl["is_male"]) == (1.0, 0.0)
    assert (boy["is_female"], boy["is_male"]) == (0.0, 1.0)


@pytest.mark.release
def test_a_toddler_is_too_young_for_a_disease_of_grown_people_and_a_man_is_not(described):
    toddler = described(WELANDER, demographics_of(None, "P2Y"))
    man = described(WELANDER, demographics_of(None, "P70Y"))
    assert toddler["onset_known"] == 1.0
    assert toddler["too_young"] == pytest.approx(max(0.0, toddler["onset_earliest"] - np.log(3)), abs=1e-5)
    assert man["too_young"] == 0.0
    assert man["age"] == pytest.approx(np.log(71), abs=1e-5)


@pytest.mark.release
def test_the_terms_of_onset_are_those_of_the_release(release_graph):
    ontology = release_graph.ontology
    assert all("HP:0003674" in ontology.ancestors(t) for t in ONSETS)
    assert all(first <= last for first, last in ONSETS.values())
