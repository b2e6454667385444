"""Deletion and questions on the toy, and their summary by hand."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from evaluation.schema import Case, Prediction, Trust
from evaluation.trust import (
    ANSWERERS,
    N_DRAWN,
    POLICIES,
    UNLISTED,
    Record,
    _answers,
    _ask,
    examine,
    summarise_trust,
    word_trust,
)
from llm.questions import askable
from retrieval.answers import AnswerRanker
from retrieval.candidates import FusionRanker
from retrieval.demographics import UNKNOWN
from tests.toy import (
    ALPHA,
    BRITTLE,
    BRITTLE_TIP,
    LARGE,
    RED_STRIPED,
    STRIPED,
    VERY_LARGE,
    WOBBLING,
    WOBBLING_STRIPES,
    build_extractor,
    linear_fusion,
    patient,
)

EVERYTHING = (LARGE, VERY_LARGE, STRIPED, RED_STRIPED, BRITTLE, BRITTLE_TIP, WOBBLING, WOBBLING_STRIPES)


@pytest.fixture(scope="module")
def extractor(toy_graph):
    return build_extractor(toy_graph)


@pytest.fixture(scope="module")
def ranker(extractor):
    return AnswerRanker(FusionRanker(extractor, linear_fusion(log_lr=0.5)), extractor.model)


def seeded() -> random.Random:
    return random.Random(0)  # noqa: S311 - a test


def case(*present: str, no: tuple[str, ...] = ()) -> Case:
    return Case(case_id="c", findings=patient(*present, no=no), gold_ids=(ALPHA,), publication="PMID:1")


def test_the_hidden_part_answers_yes_to_all_that_it_implies_and_no_to_what_it_denies(extractor):
    answers = _answers(patient(RED_STRIPED, no=[BRITTLE]), patient(LARGE), extractor.model)
    assert answers[RED_STRIPED]
    assert answers[STRIPED]
    assert answers[BRITTLE] is False
    assert answers[BRITTLE_TIP] is False
    assert LARGE not in answers
    assert WOBBLING not in answers


def test_what_the_record_does_not_tell_is_answered_as_often_as_the_disease_has_it(extractor):
    truth = extractor.model
    share = truth.probability(STRIPED)[truth.group_index[ALPHA]]
    assert 0.1 < share < 0.9

    def answers(seed: int, disease: int | None = truth.group_index[ALPHA], told=()) -> bool:
        return Record(told=dict(told), truth=truth, disease=disease, seed=str(seed)).answer(STRIPED)

    assert np.mean([answers(seed) for seed in range(400)]) == pytest.approx(share, abs=0.08)
    assert answers(1) == answers(1)
    assert all(answers(seed, told=[(STRIPED, True)]) for seed in range(20))
    of_anybody = np.mean([answers(seed, disease=None) for seed in range(400)])
    assert of_anybody == pytest.approx(truth.background_of(STRIPED), abs=0.08)
    alone = Record(told={BRITTLE: False})
    assert (alone.can_answer(BRITTLE), alone.can_answer(STRIPED)) == (True, False)


@pytest.mark.parametrize("policy", POLICIES)
def test_every_question_has_an_answer_where_the_record_is_completed(extractor, ranker, policy):
    model = extractor.model
    record = Record(told={}, truth=model, disease=model.group_index[ALPHA])
    told = _ask(policy, ranker, model, UNKNOWN, patient(LARGE), record, seeded())
    assert len(told) == 1 + 3 or not askable(model, told, ranker.rank(told)[0])
    assert len(told) > 1
    assert all(f.asked and f.excluded is not record.answer(f.term_id) for f in told[1:])


@pytest.mark.parametrize("policy", POLICIES)
def test_only_what_the_record_answers_is_asked_of_findings_of_the_candidates(extractor, ranker, policy):
    model, shown = extractor.model, patient(LARGE)
    answers = _answers(patient(STRIPED, no=[BRITTLE]), shown, model)
    told = _ask(policy, ranker, model, UNKNOWN, shown, Record(told=answers), seeded())
    assert all(f.asked for f in told[1:])
    asked = {f.term_id: not f.excluded for f in told[1:]}
    assert asked
    assert asked.items() <= answers.items()
    diseases, _ = ranker.rank(shown)
    assert told[1].term_id in askable(model, shown, diseases)


def test_the_commonest_is_asked_first(extractor, ranker):
    model, shown = extractor.model, patient(LARGE)
    answers = dict.fromkeys((STRIPED, BRITTLE, WOBBLING), True)
    told = _ask("frequent", ranker, model, UNKNOWN, shown, Record(told=answers), seeded())
    backgrounds = [float(model.background_of(f.term_id)) for f in told[1:]]
    assert len(backgrounds) == 3
    assert backgrounds == sorted(backgrounds, reverse=True)


def test_who_has_few_findings_is_not_asked_and_who_has_fewer_not_examined(extractor, ranker):
    assert examine(ranker, extractor.model, case(LARGE, STRIPED, BRITTLE), extractor.model) is None
    few = examine(ranker, extractor.model, case(VERY_LARGE, STRIPED, BRITTLE, WOBBLING), extractor.model)
    assert few is not None
    assert few.ranks_after == {}
    assert few.rank_before is None
    many = examine(ranker, extractor.model, case(*EVERYTHING), extractor.model)
    assert many is not None
    assert {a: set(ranks) for a, ranks in many.ranks_after.items()} == {a: set(POLICIES) for a in ANSWERERS}
    assert 1 <= many.rank_before <= UNLISTED
    assert many == examine(ranker, extractor.model, case(*EVERYTHING), extractor.model)


def test_the_rank_after_random_questions_is_the_mean_of_several_courses(extractor, ranker):
    """Courses differ by what is asked, so that some means lie between two ranks."""
    drawn = [examine(ranker, extractor.model, case(*EVERYTHING), extractor.model, seed) for seed in range(12)]
    means = [trust.ranks_after["record"]["random"] for trust in drawn if trust]
    assert len(means) == len(drawn)
    assert all((N_DRAWN * mean).is_integer() for mean in means)
    assert not all(mean.is_integer() for mean in means)
    assert all(trust.ranks_after["record"]["gain"].is_integer() for trust in drawn if trust)


def test_what_the_ranker_cites_is_deleted_first(extractor, ranker):
    """Of three findings that speak for the disease and one that does not, the best one's loss costs more."""
    trust = examine(ranker, extractor.model, case(VERY_LARGE, LARGE, STRIPED, BRITTLE_TIP), extractor.model)
    assert trust is not None
    assert trust.drop_cited >= trust.drop_uncited


def test_the_summary_by_hand():
    def prediction(number: int, trust: Trust | None) -> Prediction:
        return Prediction(
            case_id=str(number),
            publication=f"PMID:{number}",
            gold_ids=(ALPHA,),
            ranked_ids=(),
            probabilities=(),
            rank=None,
            known=True,
            in_graph=True,
            n_findings=4,
            trust=trust,
        )

    ranks = {"record": {"gain": 2, "random": 6, "frequent": 4}, "completed": {"gain": 3, "random": 2, "frequent": 5}}
    asked = Trust(drop_cited=0.4, drop_uncited=0.1, rank_before=9, ranks_after=ranks)
    only_deleted = Trust(drop_cited=0.2, drop_uncited=-0.1)
    predictions = [prediction(1, asked), prediction(2, only_deleted), prediction(3, None)]
    summary = summarise_trust(predictions)
    assert summary is not None
    assert (summary.n, summary.n_asked) == (2, 1)
    assert summary.drop_cited.value == pytest.approx(0.3)
    assert summary.drop_uncited.value == pytest.approx(0.0)
    assert summary.rank_before is not None
    assert summary.rank_before.value == 9
    assert {a: {p: r.value for p, r in by.items()} for a, by in summary.gain_over.items()} == {
        "record": {"random": 4, "frequent": 2},
        "completed": {"random": -1, "frequent": 2},
    }
    assert any("of 1 patients with 3 of their findings: 9.0" in line for line in word_trust(summary))
    unasked = summarise_trust([replace(predictions[0], trust=only_deleted)])
    assert unasked is not None
    assert len(word_trust(unasked)) == 3
    assert summarise_trust([prediction(3, None)]) is None
