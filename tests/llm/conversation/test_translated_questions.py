"""Questions in Spanish and Chinese, put into English words; on the release, see ``evaluation.messages``."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.sources.disease_names import bundled_disease_names, load_disease_names
from kg.translations import TRANSLATED, Language
from llm.conversation.case import Case, Sources
from llm.conversation.entities import find_entities
from llm.conversation.translated_questions import MAX_ASKED, QuestionTranslator, asked_in
from retrieval import chinese
from retrieval.disease_names import DiseaseMentionFinder

ES, ZH = Language.SPANISH, Language.CHINESE


@pytest.fixture(scope="module")
def translator(toy_graph, stories) -> QuestionTranslator:
    return QuestionTranslator(stories, DiseaseMentionFinder(toy_graph))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("¿Por qué no Marfan?", ES),
        ("por que no Marfan", ES),
        ("Entonces, ¿es hereditario?", ES),
        ("y el 2?", ES),
        ("si no tuviera fiebre, ¿cambiaría algo?", ES),
        ("Como antecedentes, su madre tiene escoliosis.", None),
        ("Tiene fiebre.", None),
        ("why not Marfan?", None),
        ("de novo variant in FBN1?", None),
        ("Is la belle indifference a sign of it?", None),
        ("为什么不是马凡", ZH),
        ("為什麼不是馬凡？", ZH),
        ("怎么治疗", ZH),
        ("预后好吗", ZH),
        ("患者没有发热。", None),
        ("原因不明。", None),
        ("为什么" * MAX_ASKED, None),
        ("", None),
    ],
)
def test_which_language_is_asked_in(text, language):
    assert asked_in(text) is language


@pytest.mark.parametrize(
    ("question", "language", "english"),
    [
        ("¿Por qué no fibrosis quística?", ES, "why not Cystic fibrosis"),
        ("POR QUE NO FIBROSIS QUISTICA", ES, "why not Cystic fibrosis"),
        ("¿por qué no el síndrome de Kabuki?", ES, "why not Kabuki syndrome"),
        ("¿y si además tuviera un zorbo rayado?", ES, "what if there is Striped zorb"),
        ("¿y si no tuviera un zorbo rayado?", ES, "what if no Striped zorb"),
        ("compara el 1 y el 3", ES, "compare number 1 and number 3"),
        ("¿por qué no flurbitis?", ES, "why not flurbitis"),
        ("genes de la OMIM:154700", ES, "genes of OMIM:154700"),
        ("为什么不是囊性纤维化？", ZH, "why not Cystic fibrosis"),
        ("為什麼不是囊性纖維化？", ZH, "why not Cystic fibrosis"),
        ("如果还有佐布条纹呢", ZH, "what if there is Striped zorb what about"),
        ("如果没有佐布条纹", ZH, "what if no Striped zorb"),
        ("第1个和第3个怎么区分？", ZH, "number 1 and number 3 difference"),
        ("为什么不是卡布基综合征", ZH, "why not 卡布基综合征"),
        ("FBN1变异会怎么样", ZH, "FBN1 variant would change"),
        ("什么？", ZH, "which"),
        ("", ZH, ""),
    ],
)
def test_a_question_in_english_words(translator, question, language, english):
    assert translator.translate(question, language) == english


def test_what_is_long_or_english_stays(translator):
    assert translator.in_english("why not Alpha?") == "why not Alpha?"
    long = "为什么不是马凡综合征" * MAX_ASKED
    assert translator.in_english(long) == long


@given(st.text(max_size=60), st.sampled_from(TRANSLATED))
def test_any_text_is_put_into_words(translator, text, language):
    said = translator.translate(text, language)
    assert said == " ".join(said.split(" "))
    assert len(said) <= 60 * len(text)


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_name_is_listed_twice(language):
    names = [chinese.normalise(name) for name, _ in load_disease_names(bundled_disease_names(language))]
    assert len(set(names)) == len(names) > 200


@pytest.mark.release
@pytest.mark.parametrize("language", TRANSLATED)
def test_english_names_are_known_here_or_as_common_conditions(release_assistant, language):
    sources: Sources = release_assistant.sources
    case = Case(sources, release_assistant.diagnose(release_assistant.find_findings("arachnodactyly")))
    for english in {english for _, english in load_disease_names(bundled_disease_names(language))}:
        is_known = find_entities(english, case).disease_ids or sources.spoken_names.is_common(english)
        assert is_known, english
