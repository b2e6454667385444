"""The page's own text in other languages."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from kg.errors import NotReadyError, UnknownIdError
from kg.translations import Language
from llm import assistant as llm_assistant
from llm.schema import OF_WORDS
from retrieval.schema import EvidenceKind
from tests.ui.fakes import FakeAssistant
from tests.ui.seen import Page
from ui import page, report_content, report_pdf
from ui.consultation import respond
from ui.examples import EXAMPLES
from ui.page.conversation import chat_log
from ui.page.findings import findings_panel
from ui.page.words import TEXTS, Words, language_of
from ui.session import NO_FINDINGS, ONLY_WORDS, RESTORED, STOPPED, UNEXPECTED, Consultation

IN_CHINESE = Words(language=Language.CHINESE, label_of=FakeAssistant().label)
IN_SPANISH = Words(language=Language.SPANISH, label_of=FakeAssistant().label)
OTHERS = [language for language in TEXTS if language is not Language.ENGLISH]


def said_by_the_page() -> set[str]:
    """Every English text that the page's code says through ``words(...)`` or names as one of its texts."""
    texts = set()
    folder = Path(page.__file__).parent
    for file in (
        *folder.glob("*.py"),
        *(folder.parent / f"{name}.py" for name in ("report_content", "report_pdf", "terminal")),
    ):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "words":
                texts |= {a.value for a in node.args if isinstance(a, ast.Constant)}
    return texts


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_of_the_page_has_a_wording_with_the_same_places(language):
    named = {NO_FINDINGS, ONLY_WORDS, UNEXPECTED, STOPPED, RESTORED}
    named |= {llm_assistant.NOTHING_FOUND, llm_assistant.ONLY_EXCLUDED, OF_WORDS, report_content.TITLE}
    named |= {report_pdf.MISSING_NOTE}
    named |= {text for e in EXAMPLES for text in (e.title, e.kind)} | {str(kind) for kind in EvidenceKind}
    assert said_by_the_page() | named <= set(TEXTS[language])
    for english, wording in TEXTS[language].items():
        assert sorted(_places(english)) == sorted(_places(wording))


def test_every_language_words_the_same_texts():
    assert len({frozenset(TEXTS[language]) for language in OTHERS}) == 1


def _places(text: str) -> list[str]:
    return [part.partition("}")[0] for part in text.split("{")[1:]]


@pytest.mark.parametrize(
    ("words", "in_log", "in_panel"),
    [
        (
            IN_CHINESE,
            (
                "存在：癫痫发作。已排除：听力障碍。",
                "Rett syndrome 居首，概率 78\xa0%。",
                "患者有Scoliosis吗？有没有不清楚",
            ),
            "癫痫发作",
        ),
        (
            IN_SPANISH,
            (
                "Presentes: Convulsiones. Excluidos: Deficiencia auditiva.",
                "Rett syndrome encabeza la lista con 78\xa0%.",
                "¿Presenta el paciente «Scoliosis»?SíNoNo se sabe",
            ),
            "Convulsiones",
        ),
    ],
    ids=["zh", "es"],
)
def test_the_page_has_no_english_left_but_names_and_sources(words, in_log, in_panel):
    """A term without a translation keeps its name."""
    consultation = Consultation(language=words.language)
    for _ in respond(FakeAssistant(), consultation, "Seizures. No hearing impairment."):
        pass
    log = Page(chat_log(consultation.session, words)).text
    assert [said for said in in_log if said not in log] == []
    panel = Page(findings_panel(consultation.session, words, "")).text
    assert in_panel in panel
    assert "Present" not in panel.replace("Presentes", "")


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("zh-CN", "zh"),
        ("zh", "zh"),
        ("ZH-Hant-TW", "zh"),
        ("es", "es"),
        ("es-MX", "es"),
        ("en-GB", "en"),
        ("fr", "en"),
        ("", "en"),
        ("<b>", "en"),
    ],
)
def test_the_language_of_a_browser(code, language):
    assert language_of(code) == language


@pytest.mark.parametrize("error", [NotReadyError("not pulled"), UnknownIdError("unknown")])
def test_a_label_without_a_translation_is_the_english_one(error):
    def fail(term_id: str, language: Language) -> str:
        raise error

    assert Words(language=Language.CHINESE, label_of=fail).label("HP:0001250", "Seizure") == "Seizure"
