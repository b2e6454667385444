"""The page's examples, with the released graph: each shows what it is an example of."""

from __future__ import annotations

import pytest

from llm.assistant import DiagnosisAssistant
from retrieval.findings import patient_findings
from ui.case import family_findings
from ui.examples import EXAMPLES

pytestmark = [pytest.mark.release, pytest.mark.data]


EXPECTED = {  # findings, family's findings, the first disease
    "A girl who lost hand use and speech": (7, 0, "Rett syndrome"),
    "A tall man with a dislocated lens": (6, 0, "Marfan syndrome"),
    "A boy with salty sweat and a cough": (7, 1, "Cystic fibrosis"),
    "Una mujer con bultos en la piel": (6, 1, "Neurofibromatosis, type 1"),
    "Una mujer que sangra por la nariz": (6, 1, "Telangiectasia, hereditary hemorrhagic"),
    "一名关节疼痛、皮肤松弛的女性": (6, 1, "Ehlers-Danlos syndrome"),
    "一名反复癫痫的男孩": (7, 0, "Tuberous sclerosis"),
}


@pytest.mark.parametrize("example", EXAMPLES, ids=[e.title for e in EXAMPLES])
def test_each_example_is_read_and_diagnosed(release_assistant: DiagnosisAssistant, example):
    n_findings, n_family, first = EXPECTED[example.title]
    statements = release_assistant.find_statements(example.story)
    found = patient_findings(statements, release_assistant.ontology)
    assert (len(found), len(family_findings(statements))) == (n_findings, n_family)
    person = release_assistant.find_person(example.story)
    assert release_assistant.diagnose(found, person=person).diagnoses[0].name.startswith(first)
