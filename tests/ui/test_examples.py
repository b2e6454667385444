"""The page's examples, with the released graph: each shows what it is an example of."""

from __future__ import annotations

import pytest

from llm.assistant import DiagnosisAssistant
from retrieval.findings import patient_findings
from ui.case import family_findings
from ui.examples import EXAMPLES

pytestmark = [pytest.mark.release, pytest.mark.data]


@pytest.mark.parametrize(
    ("example", "n_findings", "n_family", "first"),
    zip(
        EXAMPLES,
        (7, 6, 7, 5, 7),
        (0, 0, 1, 1, 0),
        ("Rett syndrome", "Marfan syndrome", "Cystic fibrosis", "Ehlers-Danlos syndrome", "Tuberous sclerosis"),
        strict=True,
    ),
    ids=[e.title for e in EXAMPLES],
)
def test_each_example_is_read_and_diagnosed(
    release_assistant: DiagnosisAssistant, example, n_findings, n_family, first
):
    statements = release_assistant.find_statements(example.story)
    found = patient_findings(statements, release_assistant.ontology)
    assert (len(found), len(family_findings(statements))) == (n_findings, n_family)
    person = release_assistant.find_person(example.story)
    assert release_assistant.diagnose(found, person=person).diagnoses[0].name.startswith(first)
