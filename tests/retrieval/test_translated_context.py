"""Negation and relatives in Chinese and Spanish: the words in brackets are mentions."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.translations import Language
from retrieval.context import Certainty, Context, Experiencer, Temporality
from retrieval.translated_context import contexts_of, normal_findings_in
from retrieval.translated_cues import RULES


def read(marked: str, language: Language) -> tuple[Context, ...]:
    text, spans = "", []
    for part in re.split(r"(\[[^\]]*\])", marked):
        if part.startswith("["):
            spans.append((len(text), len(text) + len(part) - 2))
        text += part.strip("[]")
    return contexts_of(text, spans, RULES[language])


def contexts(marked: str, language: Language) -> str:
    """A letter a mention: N denied, P not; small where it is a relative's."""
    found = read(marked, language)
    letters = ["N" if c.negated else "P" for c in found]
    return "".join(x.lower() if c.experiencer is Experiencer.FAMILY else x for x, c in zip(letters, found, strict=True))


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("无[发热]、[咳嗽]及[腹痛]，有[头痛]。", "NNNP"),
        ("否认[高血压]、[糖尿病]史。", "NN"),
        ("未见[抽搐]", "N"),
        ("[发热]（-），[咳嗽]（+）", "NP"),
        ("[巴氏征]阴性", "N"),
        ("[癫痫]：无", "N"),
        ("无明显诱因出现[抽搐]", "P"),
        ("不能排除[癫痫]", "P"),
        ("已排除[癫痫]、[脑炎]。", "NN"),
        ("[癫痫]已排除。", "N"),
        ("无[发热]伴[咳嗽]", "NP"),
        ("没有[发热]但有[咳嗽]", "NP"),
        ("[无汗]，[抽搐]", "PP"),
        ("患儿无[抽搐]，[智力障碍]", "NP"),
        ("母亲诉患儿有[癫痫]", "P"),
        ("母亲有[癫痫]，患儿[抽搐]", "pP"),
        ("父母体健，舅舅有[癫痫]病史", "p"),
        ("家族史：姐姐[耳聋]", "p"),
        ("母孕期[羊水过多]", "P"),
        ("其母有[白内障]。查体：[构音障碍]", "pP"),
        ("我女儿[不会说话]，我小时候[抽搐]过，她[无汗]", "PpP"),
        ("我小时候[抽搐]过，现在[头痛]", "PP"),
        ("不[发烧]，不[流鼻涕]", "NN"),
        ("[咳嗽]、[发热]均无", "NN"),
        ("[呕吐]（无）", "N"),
        ("建议排除[癫痫]", "P"),
        ("妈妈[血压高]，孩子[发烧]", "pP"),
        ("姥姥有[糖尿病]", "p"),
    ],
)
def test_chinese(marked, expected):
    assert contexts(marked, Language.CHINESE) == expected


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("No [fiebre] ni [tos].", "NN"),
        ("Niega [disfagia], [disnea] y [dolor]. [Ataxia]", "NNNP"),
        ("Sin [fiebre], con [cefalea]", "NP"),
        ("No presenta [fiebre] pero sí [tos]", "NP"),
        ("[reflejos] ausentes", "N"),
        ("[Convulsiones]: no", "N"),
        ("[fiebre] y [tos] negativas", "NN"),
        ("No se aprecian\n [adenopatías] ni [megalias]", "NN"),
        ("Se descartó [cardiopatía]", "N"),
        ("No solo [fiebre] sino [tos]", "PP"),
        ("no se descarta [epilepsia]", "P"),
        ("Sin mejoría de la [tos]", "P"),
        ("[no camina], [ataxia]", "PP"),
        ("Sin [fiebre], [tos] desde hace 3 semanas, [sudores]", "NPP"),
        ("Sin [fiebre], [vómitos] 3 veces", "NP"),
        ("Sin [fiebre], [tos] ni [disnea] desde ayer", "NNN"),
        ("Sin [fiebre], [tos], [sudores]", "NNN"),
        ("Sin [fiebre], [dolor] desde el ingreso", "NN"),
        ("No [ha perdido peso]", "N"),
        ("La madre refiere [convulsiones]", "P"),
        ("La madre padece [migraña]. El niño tiene [ataxia]", "pP"),
        ("Antecedentes familiares: abuela con [sordera]", "p"),
        ("Hermana con [sordera], el paciente tiene [ataxia]", "pP"),
        ("Hija de padres sanos, presenta [hipotonía]", "P"),
        ("Visto por el Dr. Ruiz sin [fiebre]", "N"),
        ("Mi hija [no habla]. Yo tuve [convulsiones] de pequeña", "Pp"),
        ("Yo tuve [convulsiones] de pequeña y ahora [cefalea]", "PP"),
        ("Mi hijo [no habla]. Yo también [tardé en hablar]", "Pp"),
        ("Traído por su madre por [vómitos]", "P"),
        ("La madre lo trae porque tiene [tos]", "P"),
        ("Hijo de padres consanguíneos con [retraso psicomotor]", "P"),
        ("Su mamá tiene [epilepsia], la niña tiene [fiebre]", "pP"),
        ("No tose ni tiene [mocos]", "N"),
        ("Sin [legañas] y le ha salido una [erupción]", "NP"),
        ("No ha mejorado la [tos]", "P"),
        ("[disnea] -, [tos]", "NP"),
    ],
)
def test_spanish(marked, expected):
    assert contexts(marked, Language.SPANISH) == expected


@pytest.mark.parametrize(
    ("marked", "language", "expected"),
    [
        ("疑似[癫痫发作]，[头痛]", Language.CHINESE, [True, False]),
        ("可能有[癫痫]", Language.CHINESE, [True]),
        ("不能排除[癫痫]", Language.CHINESE, [True]),
        ("[癫痫]待排", Language.CHINESE, [True]),
        ("病因不明的[发热]", Language.CHINESE, [False]),
        ("posible [epilepsia], [ataxia]", Language.SPANISH, [True, False]),
        ("Se sospecha [convulsiones]", Language.SPANISH, [True]),
        ("no se descarta [epilepsia]", Language.SPANISH, [True]),
        ("[epilepsia] probable", Language.SPANISH, [True]),
        ("[ataxia] y [epilepsia]", Language.SPANISH, [False, False]),
    ],
)
def test_doubt(marked, language, expected):
    assert [c.certainty is Certainty.UNCERTAIN for c in read(marked, language)] == expected


@pytest.mark.parametrize(
    ("marked", "language"),
    [
        ("Si presenta [fiebre] o [convulsiones] acudir a urgencias.", Language.SPANISH),
        ("Signos de alarma: [fiebre], [vómitos].", Language.SPANISH),
        ("Riesgo alto de [convulsiones]", Language.SPANISH),
        ("如出现[抽搐]及时就诊", Language.CHINESE),
        ("注意有无[发热]", Language.CHINESE),
    ],
)
def test_what_is_only_thought_of(marked, language):
    assert {c.temporality for c in read(marked, language)} == {Temporality.HYPOTHETICAL}
    assert {c.temporality for c in read("[fiebre], sí; [发热]", language)} == {Temporality.RECENT}


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        (
            "听力正常，肝脾肋下未触及",
            Language.CHINESE,
            {("HP:0000365", "听力正常")} | {(t, "肝脾肋下未触及") for t in ("HP:0001433", "HP:0002240", "HP:0001744")},
        ),
        ("Paciente afebril, duerme bien", Language.SPANISH, {("HP:0001945", "afebril"), ("HP:0002360", "duerme bien")}),
        ("Audición normal", Language.SPANISH, {("HP:0000365", "Audición normal")}),
        ("La fuerza está conservada", Language.SPANISH, {("HP:0001324", "fuerza está conservada")}),
        ("audición anormal", Language.SPANISH, set()),
        ("No oye bien, ni come bien; tampoco duerme bien", Language.SPANISH, set()),
        ("desarrollo psicomotor no adecuado", Language.SPANISH, set()),
        (
            "desarrollo psicomotor aparentemente adecuado",
            Language.SPANISH,
            {("HP:0001263", "desarrollo psicomotor aparentemente adecuado")},
        ),
    ],
)
def test_normal_results_exclude(text, language, expected):
    assert {(t, text[a:b]) for t, (a, b) in normal_findings_in(text, RULES[language])} == expected


@given(st.text(), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5))), st.sampled_from(sorted(RULES)))
def test_any_text_and_mentions_have_contexts(text, places, language):
    spans = [(start, start + n) for start, n in places]
    assert len(contexts_of(text, spans, RULES[language])) == len(spans)
