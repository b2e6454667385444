"""Trust in everyday answers: the arithmetic on made-up answers, and two stories through the product."""

from __future__ import annotations

import pytest

from evaluation.everyday_trust import Answered, answer_story, main, word_trust
from evaluation.qa.disease_vocabulary import DiseaseVocabulary
from evaluation.qa.free_text import StoryCase
from kg.common_schema import Setting
from llm import DiagnosisAssistant

MENINGITIS = (
    "A 20-year-old student with a severe headache, high fever and a stiff neck since yesterday. Light hurts her eyes, "
    "she vomits and has become confused."
)


def made_up(confidence: float, *, right: bool, n_urgent: int = 0, listed: bool | None = None) -> Answered:
    return Answered(confidence=confidence, is_right=right, n_urgent=n_urgent, is_listed=listed)


def test_what_is_said_is_counted_by_hand():
    answered = [
        made_up(0.9, right=True, n_urgent=3, listed=True),
        made_up(0.6, right=False, n_urgent=1, listed=False),
        made_up(0.0, right=False),
    ]
    first, third, urgent = word_trust(answered)
    assert first == "first diagnosis: probability 50.0%, right 33.3% (n = 3), expected calibration error 23.3%"
    assert third == "  of the likeliest third: 90.0%, right 100.0%"
    assert urgent.startswith("don't miss: 1.33 conditions, none in 33.3%; of 2 emergencies 50.0% named (9.5% to ")


@pytest.mark.release
def test_an_emergency_of_a_story_is_named_by_words_and_without(release_assistant: DiagnosisAssistant):
    assistant, setting = release_assistant, Setting.EMERGENCY
    names = {"DOID:9470": ["bacterial meningitis"], "DOID:0": ["no entry"]}
    vocabulary = DiseaseVocabulary(names)
    for with_words in (True, False):
        case = StoryCase(dataset="x", case_id="1", story=MENINGITIS, diagnosis="Bacterial meningitis")
        answer = answer_story(assistant, vocabulary, case, setting, with_words=with_words)
        assert answer is not None
        assert (answer.is_right, answer.is_listed) == (with_words, True)  # encephalitis is as likely by findings
        assert 0 < answer.confidence < 1
    unknown = StoryCase(dataset="x", case_id="2", story=MENINGITIS, diagnosis="No entry")
    assert answer_story(assistant, vocabulary, unknown, setting, with_words=True) is None


def test_a_file_that_is_not_there_is_one_line(tmp_path, capsys):
    assert main(["--cases", str(tmp_path / "none.csv"), "--sources", "hpo"]) == 2
    assert "none.csv" in capsys.readouterr().err
