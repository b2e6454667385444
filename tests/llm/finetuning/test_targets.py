"""Every answer that is taught survives what every answer must: parsing, decoding in the schema, grounding."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace

import pytest

from kg.graph import KnowledgeGraph
from llm.chat.answer import answer_schema, parse_answer
from llm.chat.local import LocalChatModel
from llm.chat.prompt import build_prompt
from llm.chat.protocol import Message
from llm.finetuning import wordings
from llm.finetuning.targets import PromptedCase, write_target
from llm.grounding import ground, ground_prose, sentences_of
from llm.reader import RankingReader
from retrieval.candidates import FusionRanker, rank_candidates
from retrieval.cases import CaseLibrary
from tests.llm.chat.tiny import save_tiny_model
from tests.toy import (
    ALPHA,
    BETA,
    BRITTLE,
    BRITTLE_TIP,
    FLIM,
    GAMMA,
    LARGE,
    RED_STRIPED,
    STRIPED,
    VERY_LARGE,
    WOBBLING,
    build_extractor,
    build_toy_library,
    linear_fusion,
    patient,
)

PATIENTS = (
    (patient(VERY_LARGE, STRIPED), ALPHA),
    (patient(LARGE, RED_STRIPED, WOBBLING, no=[BRITTLE]), ALPHA),
    (patient(BRITTLE_TIP, RED_STRIPED, no=[VERY_LARGE]), BETA),
    (patient(LARGE, BRITTLE, no=[STRIPED, WOBBLING]), GAMMA),
    (patient(FLIM, no=[BRITTLE]), "OMIM:1"),
)
N_SEEDS = 12
N_CLAIMS = 10


def count_words(messages: tuple[Message, ...]) -> int:
    return sum(len(m.text.split()) for m in messages)


@pytest.fixture(scope="module")
def library(toy_graph: KnowledgeGraph) -> CaseLibrary:
    return build_toy_library(toy_graph)


@pytest.fixture(scope="module")
def cases(toy_graph: KnowledgeGraph, library: CaseLibrary) -> list[PromptedCase]:
    """Each patient with a prompt that shows all, and with one that shows part."""
    extractor = build_extractor(toy_graph)
    ranker = FusionRanker(extractor, linear_fusion(log_lr=0.5))
    made = []
    for findings, right in PATIENTS:
        candidates = rank_candidates(extractor.model, ranker, findings, library.similar(findings))
        reading = RankingReader().read(toy_graph, findings, candidates)
        for budget in (10_000, 330):
            prompt = build_prompt(
                reading, findings, toy_graph, count_tokens=count_words, budget=budget, n_claims=N_CLAIMS
            )
            asked = tuple(sorted(prompt.expected.values()))
            made.append(
                PromptedCase(
                    reading=reading,
                    findings=findings,
                    graph=toy_graph,
                    prompt=prompt,
                    right_ids=frozenset({right}),
                    asked=asked,
                )
            )
    return made


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - a choice of words


def targets(case: PromptedCase) -> list[str]:
    written = [write_target(case, N_CLAIMS, lambda _: True, seeded(seed)) for seed in range(N_SEEDS)]
    assert all(written)
    return [text for text in written if text]


def test_nothing_that_is_taught_would_be_removed(cases: list[PromptedCase]):
    n_claims = n_sentences = 0
    for case in cases:
        for text in targets(case):
            answer = parse_answer(text, case.prompt)
            assert answer is not None
            assert (answer.removed, answer.notes) == ((), ())
            assert len(answer.claims) == len(json.loads(text)["claims"])
            diagnoses = [d for d in case.reading.diagnoses if d.disease_id in {c.disease_id for c in answer.claims}]
            for claim in answer.claims:
                assert set(claim.evidence_ids) <= set(case.prompt.evidence_ids)
            for diagnosis in diagnoses:
                of_it = tuple(c for c in answer.claims if c.disease_id == diagnosis.disease_id)
                told = [replace(d, claims=of_it if d is diagnosis else ()) for d in case.reading.diagnoses]
                assert ground(told, case.reading.evidence, case.findings, case.graph)[1] == ()
                n_claims += len(of_it)
            kept, removed = ground_prose(
                answer.summary, case.reading.diagnoses, case.reading.evidence, case.findings, case.graph
            )
            assert removed == ()
            assert kept == answer.summary
            n_sentences += len(sentences_of(kept))
    assert n_claims > 300
    assert n_sentences > 200


def test_constrained_decoding_can_write_every_target(cases: list[PromptedCase], tmp_path):
    pytest.importorskip("llguidance", reason="llguidance is not installed")
    model = LocalChatModel.load(str(save_tiny_model(tmp_path / "tiny")))
    for case in cases:
        constraint = model._decoder.constrain(answer_schema(case.prompt, N_CLAIMS))
        for text in targets(case)[:3]:
            assert constraint.is_complete([*model.encode_answer(text), model.end_id])
            assert not constraint.is_complete(model.encode_answer(text[:-1]))


def test_the_right_disease_is_first_where_it_is_shown_and_the_readers_order_stays(cases: list[PromptedCase]):
    for case in cases:
        shown = list(case.prompt.diseases)
        for text in targets(case)[:3]:
            ranking = json.loads(text)["ranking"]
            assert sorted(ranking) == sorted(shown)
            others = [n for n in shown if n != case.right]
            assert ranking == ([case.right] if case.right else []) + others
    wholly_shown = cases[::2]
    assert [case.right is None for case in wholly_shown] == [False] * 4 + [True]
    assert any(case.right not in (None, "D1") for case in wholly_shown)


def test_every_kind_of_claim_is_taught_in_several_wordings(cases: list[PromptedCase]):
    texts = {c["text"] for case in cases for text in targets(case) for c in json.loads(text)["claims"]}
    for kind in ("SAME", "RELATED", "BOTH_ABSENT", "LACKED", "RULED_OUT", "EXPECTED", "LIKE_A_CASE"):
        patterns = [_pattern(w) for w in getattr(wordings, kind)]
        assert sum(any(p.fullmatch(t) for t in texts) for p in patterns) >= 2, kind


def test_claims_are_on_the_first_three_of_the_ranking_most_of_them_on_the_first(cases: list[PromptedCase]):
    for case in cases[::2]:
        for text in targets(case):
            content = json.loads(text)
            by_rank = [[c for c in content["claims"] if c["disease"] == n] for n in content["ranking"]]
            assert sum(map(len, by_rank[:3])) == len(content["claims"])
            assert all(len(of_first) <= N_CLAIMS // 2 for of_first in by_rank[:1])


def test_what_speaks_against_the_first_is_said_where_there_is_room(cases: list[PromptedCase]):
    """Brittle flim speaks against Gamma dysplasia, whose claims in favour weigh more."""
    case = cases[6]
    assert case.right is not None
    against = [c.term_id for d in case.reading.diagnoses if d.disease_id == GAMMA for c in d.claims if not c.supports]
    assert against
    said = [[c for c in json.loads(t)["claims"] if c["disease"] == case.right] for t in targets(case)]
    assert all(any(not c["supports"] for c in of_first) for of_first in said if len(of_first) > 1)


def test_open_questions_are_the_most_telling_expected_findings(cases: list[PromptedCase]):
    for case in cases:
        content = json.loads(targets(case)[0])
        assert ("open_questions" in content) == bool(case.prompt.expected)
        assert [case.prompt.expected[n] for n in content.get("open_questions", [])] == list(case.asked[:3])


def test_claims_are_left_out_until_the_answer_fits(cases: list[PromptedCase]):
    whole = targets(cases[0])[0]
    cut = write_target(cases[0], N_CLAIMS, lambda text: len(text) < len(whole), seeded(0))
    assert cut is not None
    claims, fewer = json.loads(whole)["claims"], json.loads(cut)["claims"]
    assert fewer == claims[: len(fewer)]
    assert 0 < len(fewer) < len(claims)
    assert write_target(cases[0], N_CLAIMS, lambda _: False, seeded(0)) is None


def test_the_same_seed_writes_the_same_and_another_one_another(cases: list[PromptedCase]):
    assert targets(cases[0]) == targets(cases[0])
    assert len(set(targets(cases[0]))) > N_SEEDS // 2


def _pattern(wording: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(wording[0].upper() + wording[1:])))
