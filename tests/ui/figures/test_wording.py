"""Ratios as factors, and the figures' own text in other languages."""

import ast
import math
import re
from pathlib import Path

import pytest

import ui.figures
from kg.graph import KnowledgeGraph
from kg.schema import Match
from kg.translations import Language
from tests.ui.figures.answers import toy_answer
from ui.figures import Wording, candidate_matrix, evidence_graph, similar_cases, waterfalls
from ui.figures.wording import TEXTS, factor


@pytest.mark.parametrize(
    ("ratio", "shown"),
    [
        (1, "×1"), (1.04, "×1"), (0.99, "×1"), (1.26, "×1.3"), (9.96, "×10"), (62.4, "×62"), (0.1, "÷10"),
        (4449, "×4,400"),
        (99_400, "×99,000"), (100_000, "×10⁵"), (3.1e6, "×3·10⁶"), (9.7e6, "×10⁷"), (2e-26, "÷5·10²⁵"),
    ],
)  # fmt: skip
def test_factor(ratio: float, shown: str):
    assert factor(math.log(ratio)) == shown


def test_every_match_can_be_worded():
    wording = Wording(term=str)
    present = (Match.EXACT, Match.SPECIFIC, Match.GENERAL, Match.CONTRADICTED, Match.UNEXPLAINED)
    assert len({wording.match(match, excluded=False) for match in present}) == 5
    absent = (Match.CONTRADICTED, Match.AGREED_ABSENT, Match.NEUTRAL)
    assert len({wording.match(match, excluded=True) for match in absent}) == 3


@pytest.mark.parametrize(("language", "patient"), [(Language.CHINESE, "患者"), (Language.SPANISH, "paciente")])
def test_all_text_of_the_figures_is_there_in_other_languages(
    toy_graph: KnowledgeGraph, language: Language, patient: str
):
    said: set[str] = set()
    wordings = TEXTS[language]

    def say(text: str) -> str:
        said.add(text)
        return wordings[text]

    answer, wording = toy_answer(toy_graph), Wording(term=toy_graph.ontology.name, say=say)
    html = (
        evidence_graph(answer, wording)
        + waterfalls(answer, wording)
        + candidate_matrix(answer, wording)
        + similar_cases(answer, toy_graph.ontology, wording)
    )
    assert patient in html
    texts = set()
    for path in Path(ui.figures.__file__).parent.glob("*.py"):
        if path.stem not in {"chinese", "spanish"}:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            texts |= {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
            calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and ast.unparse(n.func).endswith("say")]
            direct = {c.args[0].value for c in calls if isinstance(c.args[0], ast.Constant)}
            assert direct <= set(wordings)
    assert said <= set(wordings) <= texts  # nothing is missing, nothing is left over


@pytest.mark.parametrize(("english", "wording"), [pair for wordings in TEXTS.values() for pair in wordings.items()])
def test_a_translation_has_the_same_places_to_fill(english: str, wording: str):
    assert sorted(re.findall(r"\{\w+\}", english)) == sorted(re.findall(r"\{\w+\}", wording))
