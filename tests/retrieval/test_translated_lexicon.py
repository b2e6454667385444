"""Chinese and Spanish wordings in text, with labels and terms made for the test."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.ontology import Ontology
from kg.schema import Provenance, Term
from kg.translations import Language, Translations
from retrieval import chinese, spanish
from retrieval.multilingual import build_lexicon
from retrieval.translated_lexicon import TranslatedLexicon

CHINESE = {
    "HP:0000118": "表型异常",
    "HP:0000001": "癫痫发作",
    "HP:0000002": "肌张力减退",
    "HP:0000003": "短指（趾）",
    "HP:0000004": "高腭",
    "HP:0000005": "白发",
    "HP:0000006": "智力障碍",
    "HP:0000007": "轻度智力障碍",
    "HP:0000008": "运动发育迟缓",
    "HP:0000009": "语言发育迟缓",
    "HP:0000010": "恶心和呕吐",
    "HP:0000011": "隐斜视",
    "HP:0000012": "斜视",
    "HP:0000013": "下斜睑裂",
    "HP:0000014": "小头畸形",
    "HP:0000015": "小指",
    "HP:0000016": "胼胝体发育不良",
    "HP:0000017": "脊柱后凸畸形（驼背）",
}
SPANISH = {
    "HP:0000118": "Anomalía fenotípica",
    "HP:0000001": "Convulsiones",
    "HP:0000002": "Hipotonía muscular",
    "HP:0000003": "Mano pequeña",
    "HP:0000004": "Pie pequeño",
    "HP:0000005": "Uña corta",
    "HP:0000006": "Orejas de implantación baja",
    "HP:0000007": "Pérdida de peso",
    "HP:0000008": "Microcefalia",
    "HP:0000009": "Paladar alto y estrecho",
    "HP:0000010": "Paladar estrecho",
    "HP:0000011": "Metacarpianos en forma de Y",
    "HP:0000012": "Ceguera nocturna (nictalopia)",
    "HP:0000013": "Creatinina elevada",
    "HP:0000014": "Defecto septal",
}


def build(language: Language, labels: dict[str, str], *synonyms: tuple[str, str]) -> TranslatedLexicon:
    top = "HP:0000118"
    terms = [Term(term_id=t, name=t, parent_ids=() if t == top else (top,)) for t in labels]
    provenance = Provenance(source="", version="", reference="", licence="")
    translations = Translations(language=language, labels=labels, synonyms=synonyms, provenance=provenance)
    return build_lexicon(language, Ontology(terms), translations)


ZH = build(Language.CHINESE, CHINESE, ("HP:0000001", "抽搐"))
ES = build(Language.SPANISH, SPANISH, ("HP:0000014", "CIA"))


def read(lexicon: TranslatedLexicon, text: str) -> list[tuple[int, str]]:
    """Number of each term, and the words."""
    return [(int(m.term_id[3:]), text[m.start : m.end]) for m in lexicon.find_mentions(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("癫痫发作", [(1, "癫痫发作")]),
        ("反复抽搐3年", [(1, "抽搐")]),  # another wording
        ("癲癇發作", [(1, "癲癇發作")]),  # traditional
        ("肌张力低下", [(2, "肌张力低下")]),  # another word of the same meaning
        ("肌张力明显减低", [(2, "肌张力明显减低")]),  # and a modifier between
        ("短指", [(3, "短指")]),
        ("短趾", [(3, "短趾")]),
        ("高腭", [(4, "高腭")]),
        ("白发", [(5, "白发")]),
        ("面色发白", []),  # two characters keep their order
        ("头发白", [(5, "头发白")]),
        ("轻度智力低下", [(7, "轻度智力低下")]),
        ("明显智力低下", [(6, "智力低下")]),  # the longest without what is no part of it
        ("睑裂下斜", [(13, "睑裂下斜")]),  # another order
        ("下斜的睑裂", [(13, "下斜的睑裂")]),
        ("恶心、呕吐", [(10, "恶心、呕吐")]),
        ("斜视、隐睾", [(12, "斜视")]),  # a wording without "and" does not cross one
        ("运动、语言发育迟缓", [(8, "运动、语言发育迟缓"), (9, "语言发育迟缓")]),
        ("语言及运动发育落后", [(9, "语言及运动发育落后"), (8, "运动发育落后")]),
        ("小头", [(14, "小头")]),
        ("小指", []),  # mostly the little finger
        ("胼胝体发育不全", [(16, "胼胝体发育不全")]),
        ("脊柱后凸畸形", [(17, "脊柱后凸畸形")]),
        ("肌张力。减退", []),
        ("ＡＢＣ癫痫发作", [(1, "癫痫发作")]),
    ],
)
def test_chinese(text, found):
    assert read(ZH, text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("convulsión febril", [(1, "convulsión")]),
        ("CONVULSIONES", [(1, "CONVULSIONES")]),
        ("hipotonia muscular", [(2, "hipotonia muscular")]),  # no accent
        ("hipotoni\u0301a muscular", [(2, "hipotoni\u0301a muscular")]),  # decomposed
        ("hipotonía muscular leve", [(2, "hipotonía muscular")]),
        ("manos pequeñas", [(3, "manos pequeñas")]),
        ("manos muy pequeñas", [(3, "manos muy pequeñas")]),
        ("manos y pies pequeños", [(3, "manos y pies pequeños"), (4, "pies pequeños")]),
        ("una cara corta", []),  # "una" is no "uña"
        ("uñas cortas", [(5, "uñas cortas")]),
        ("implantación baja de las orejas", [(6, "implantación baja de las orejas")]),
        ("pérdida de 8 kg de peso", [(7, "pérdida de 8 kg de peso")]),
        ("microcefálica", [(8, "microcefálica")]),
        ("paladar alto y estrecho", [(9, "paladar alto y estrecho")]),
        ("peso alto, paladar estrecho", [(10, "paladar estrecho")]),
        ("metacarpianos en forma de Y", [(11, "metacarpianos en forma de Y")]),
        ("ceguera nocturna", [(12, "ceguera nocturna")]),
        ("aumento de creatinina", [(13, "aumento de creatinina")]),
        ("CIA y nada más", [(14, "CIA")]),
        ("hacia abajo, cia", []),  # an acronym is written in capitals
    ],
)
def test_spanish(text, found):
    assert read(ES, text) == found


def test_own_wordings_win_over_labels_and_labels_over_shortened_ones():
    lexicon = build(
        Language.CHINESE,
        {"HP:0000118": "表型异常", "HP:0000001": "腱反射亢进", "HP:0000002": "反射过强", "HP:0000003": "小头"},
        ("HP:0000002", "腱反射亢进"),
    )
    assert read(lexicon, "腱反射亢进")[0][0] == 2
    shared = build(Language.CHINESE, {"HP:0000118": "表型异常", "HP:0000001": "小头畸形", "HP:0000002": "小头"})
    assert read(shared, "小头")[0][0] == 2


@given(st.text(alphabet="癫痫发作肌张力低下、，。（）的明显小头畸形短指趾和无Ａa 1\n🙂癲"))
def test_chinese_mentions_are_in_the_text(text):
    for m in ZH.find_mentions(text):
        assert 0 <= m.start < m.end <= len(text)
        assert "，" not in text[m.start : m.end]


@given(
    st.lists(
        st.sampled_from(
            [
                "manos",
                "y",
                "pies",
                "pequeños",
                ",",
                ".",
                "Y",
                "uñas",
                "cortas",
                "CIA",
                "8",
                "kg",
                "pérdida",
                "peso",
                "🙂",
                "ó",
            ]
        )
    )
)
def test_spanish_mentions_begin_and_end_with_words(words):
    text = " ".join(words)
    for m in ES.find_mentions(text):
        quote = text[m.start : m.end]
        assert quote[0].isalnum()
        assert quote == quote.strip()


@given(st.text(), st.text())
def test_any_text_is_read(before, after):
    for lexicon, told in ((ZH, "癫痫发作"), (ES, "microcefalia")):
        text = f"{before}. {told}. {after}"
        mentions = list(lexicon.find_mentions(text))
        assert told in {text[m.start : m.end] for m in mentions}
        assert all(0 <= m.start < m.end <= len(text) for m in mentions)


@given(st.text())
def test_normalising_keeps_the_length(text):
    assert len(chinese.normalise(text)) == len(text)


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("Hipotonía", "hipotónicas"),
        ("microcefalia", "microcefálico"),
        ("autismo", "autista"),
        ("malformaciones", "malformación"),
        ("dedos", "dedo"),
    ],
)
def test_inflections_are_one(word, other):
    assert spanish.inflection_of(word) == spanish.inflection_of(other)


@pytest.mark.parametrize(("word", "other"), [("casa", "caso"), ("uña", "una"), ("ano", "año")])
def test_letters_that_tell_words_apart_are_kept(word, other):
    assert spanish.plain(word) != spanish.plain(other)
