"""Every sentence of an answer and every claim is put together so that the page's languages can say it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from kg.common_schema import Urgency
from kg.phrases import Joined, Phrase, in_words_of
from kg.translations import Language
from llm.assistant import UNSURE
from llm.conversation import understanding, understood
from llm.conversation.answerer import answer_case
from llm.conversation.case import Case, Sources
from llm.conversation.schema import CAN_BE_ASKED, Topic
from llm.conversation.understanding import understand
from llm.reader import ranking
from llm.schema import Differential
from retrieval.schema import EvidenceKind
from ui.page.words import TEXTS

ROOT = Path(__file__).parents[3]
OTHERS = [language for language in TEXTS if language is not Language.ENGLISH]
FREQUENCY_TERMS = {"obligate", "very frequent", "frequent", "occasional", "very rare", "excluded"}
"""Names of the HPO's frequency terms."""
QUESTIONS = (
    "what is the differential?",
    "is it urgent?",
    "why Alpha disease?",
    "why not Beta disease?",
    "why not OMIM:999999?",
    "why not measles?",
    "why not number 44?",
    "compare 1 and 2",
    "compare Alpha disease and Beta disease",
    "what should I ask next?",
    "what tests should I order?",
    "what to look for in Gamma disease?",
    "what if she also had a striped zorb?",
    "what if there were no brittle flim?",
    "any similar published patients?",
    "what is a large zorb?",
    "how often is a large zorb seen in Alpha disease?",
    "how often is a brittle flim seen?",
    "what is Beta disease?",
    "which genes cause Alpha disease?",
    "how is Alpha disease inherited?",
    "when does Alpha disease begin?",
    "how common is Beta disease?",
    "how is Beta disease treated?",
    "how is Gamma disease treated?",
    "is it contagious?",
    "colourless green ideas?",
)


def templates() -> set[str]:
    """Every template that the code gives to ``phrase``."""
    found = {
        *understood.TEMPLATES,
        understanding.UNKNOWN,
        understanding.NO_DISEASE_BUT_FINDING,
        understanding.NOT_ON_PAGES,
    }
    found |= {understanding.KNOWN_ELSEWHERE, understanding.ABOUT, *FREQUENCY_TERMS, *(str(u) for u in Urgency)}
    found |= {*ranking.CONTRADICTED, UNSURE}
    found |= {str(t) for t in Topic if t is not Topic.ANY}
    for folder in ("kg", "retrieval", "llm"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "phrase":
                    given = node.args[0]
                    options = (given.body, given.orelse) if isinstance(given, ast.IfExp) else (given,)
                    found |= {str(o.value) for o in options if isinstance(o, ast.Constant)}
    return found


@pytest.mark.parametrize("language", OTHERS)
def test_every_template_has_a_wording(language):
    assert templates() <= set(TEXTS[language])


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("question", QUESTIONS)
def test_no_sentence_stays_english(sources: Sources, differential: Differential, question: str, language: Language):
    case = Case(sources, differential)
    answer = answer_case(case, question, understand(question, case))
    whole = [s.text for s in answer.sentences if s.text not in CAN_BE_ASKED.values()]
    cited = [e.text for e in answer.evidence if e.kind is not EvidenceKind.PASSAGE]
    for text in (*whole, *cited, *filter(None, [answer.understood])):
        assert isinstance(text, (Phrase, Joined)), text
        said = in_words_of(text, lambda template: TEXTS[language][template], lambda term_id, name: f"<{term_id}>")
        assert said != text


@pytest.mark.parametrize("language", OTHERS)
def test_claims_and_questions_are_said_in_other_languages(differential: Differential, language: Language):
    claims = [c.text for d in differential.diagnoses for c in d.claims]
    asked = [q.text for q in differential.questions]
    assert claims
    assert asked
    for text in (*claims, *asked):
        assert isinstance(text, Phrase), text
        assert in_words_of(text, lambda template: TEXTS[language][template], lambda term_id, name: name) != text


def test_an_answer_in_spanish_and_chinese(case: Case):
    label = {"HP:9000004": "Zorbo muy grande"}
    (first, *_) = answer_case(case, "why Alpha disease?", understand("why Alpha disease?", case)).sentences
    spanish, chinese = (
        in_words_of(first.text, lambda t, texts=TEXTS[language]: texts[t], lambda i, name: label.get(i, name))
        for language in OTHERS
    )
    assert spanish.startswith("Alpha syndrome, type II es la primera de ")
    assert chinese.startswith("Alpha syndrome, type II 在 5 个候选中排第一")
