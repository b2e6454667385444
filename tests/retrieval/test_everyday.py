"""Common and rare diseases together, and what must not be missed, on the toy graph."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.common_schema import Setting, Urgency
from kg.graph import KnowledgeGraph
from kg.likelihood import LikelihoodModel
from kg.schema import Disease, Finding
from kg.visits import UNLISTED
from llm.grounding import ground
from llm.reader.ranking import RankingReader
from retrieval.candidates import rank_candidates
from retrieval.demographics import Demographics
from retrieval.demographics import Sex as PatientSex
from retrieval.descriptions import Descriptions
from retrieval.everyday import STORY_TEMPERATURE, TEMPERATURE, TEXT_WEIGHT, USUAL_FINDINGS, EverydayPractice, mildness
from retrieval.passages import Passage
from retrieval.risk_factors import RATIO
from retrieval.urgent import LEAST, MOST, find_urgent
from tests.toy import ALPHA, BRITTLE, BRITTLE_TIP, LARGE, STRIPED, VERY_LARGE, WOBBLING, build_model, patient
from tests.toy_conditions import FLU, PAGE, STORM, TABLE, with_risk


@pytest.fixture(scope="module")
def practice(toy_graph: KnowledgeGraph) -> EverydayPractice:
    graph = toy_graph.with_statements(TABLE.diseases, TABLE.associations, TABLE.provenance)
    return EverydayPractice(build_model(graph), TABLE)


def listed(model: LikelihoodModel, ranked: tuple[list[int], list[float]]) -> dict[str, float]:
    return {model.groups[i][0]: math.exp(p) for i, p in zip(*ranked, strict=True)}


def test_probabilities_are_shares_of_visits_times_ratios_over_a_temperature(practice: EverydayPractice):
    model, ranker = practice.model, practice.ranker(Setting.EMERGENCY)
    findings = patient(LARGE, no=[WOBBLING])
    scores = ranker.log_prior() + model.log_lrs(findings).sum(axis=0)
    temperature = TEMPERATURE * mildness(findings)
    weights = np.where(model.is_described, np.exp(scores / temperature), 0)
    expected = weights / (weights.sum() + UNLISTED ** (1 / temperature))
    found = listed(model, ranker.rank(findings))
    assert found == {model.groups[i][0]: pytest.approx(expected[i]) for i in np.flatnonzero(weights)}
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert sum(found.values()) < 1


def test_the_more_findings_are_present_the_milder_they_are_read():
    few, more = patient(LARGE, no=[WOBBLING, BRITTLE]), patient(LARGE, STRIPED, no=[WOBBLING])
    assert mildness(few) < mildness(more) < 1 == mildness([few[0]] * USUAL_FINDINGS)
    assert mildness(patient(no=[WOBBLING])) == mildness(few) == pytest.approx(USUAL_FINDINGS**-0.25)


def test_the_common_one_comes_first_and_the_rare_one_with_enough_findings(practice: EverydayPractice):
    ranker, model = practice.ranker(Setting.GENERAL_PRACTICE), practice.model
    assert next(iter(listed(model, ranker.rank(patient(LARGE))))) in (FLU, STORM)
    common, rare = (listed(model, ranker.rank(patient(*terms))) for terms in ((LARGE,), (VERY_LARGE, BRITTLE)))
    assert rare[ALPHA] / rare[FLU] > common[ALPHA] / common[FLU]


def test_a_setting_and_the_patients_sex_change_what_is_likely(practice: EverydayPractice):
    model, findings = practice.model, patient(LARGE)
    emergency, general = (
        listed(model, practice.ranker(s).rank(findings)) for s in (Setting.EMERGENCY, Setting.GENERAL_PRACTICE)
    )
    assert emergency[FLU] / emergency[STORM] > general[FLU] / general[STORM]
    his = listed(model, practice.ranker(Setting.EMERGENCY).rank(findings, Demographics(sex=PatientSex.MALE)))
    hers = listed(model, practice.ranker(Setting.EMERGENCY).rank(findings, Demographics(sex=PatientSex.FEMALE)))
    assert his[STORM] < emergency[STORM] < hers[STORM]


@given(st.permutations(patient(LARGE, STRIPED, no=[WOBBLING])))
def test_the_order_of_findings_does_not_matter(practice: EverydayPractice, findings: list[Finding]):
    ranker = practice.ranker(Setting.EMERGENCY)
    first, other = (listed(practice.model, ranker.rank(f)) for f in (patient(LARGE, STRIPED, no=[WOBBLING]), findings))
    assert first == pytest.approx(other)


def test_findings_weigh_by_their_likelihood_ratios(practice: EverydayPractice):
    ranker, model = practice.ranker(Setting.EMERGENCY), practice.model
    findings = patient(LARGE)
    diseases, _ = ranker.rank(findings)
    assert ranker.weigh(findings, diseases).tolist() == model.log_lrs(findings)[:, diseases].tolist()


def urgent(practice: EverydayPractice, *findings: Finding, log_p: float = math.log(0.5)):
    index = [practice.model.group_index[d] for d in (FLU, STORM)]
    return find_urgent(practice.model, TABLE, findings, (index, [log_p, log_p]))


def test_an_emergency_is_shown_with_its_red_flags(practice: EverydayPractice):
    (only,) = urgent(practice, *patient(VERY_LARGE))
    assert (only.disease_id, only.name, only.urgency) == (STORM, "Zorb storm", Urgency.EMERGENCY)
    assert only.probability == pytest.approx(0.5)
    assert [(f.term_id, f.label, f.provenance) for f in only.present] == [(LARGE, f"label of {LARGE}", PAGE)]
    assert [f.term_id for f in only.to_ask] == [STRIPED, WOBBLING]  # what all have is not asked


def test_what_is_denied_is_not_asked_for(practice: EverydayPractice):
    (only,) = urgent(practice, *patient(VERY_LARGE, no=[WOBBLING]))
    assert [f.term_id for f in only.to_ask] == [STRIPED]


def test_without_a_red_flag_an_emergency_must_be_likelier(practice: EverydayPractice):
    assert [u.name for u in urgent(practice, log_p=math.log(LEAST * 1.01))] == ["Zorb storm"]
    assert urgent(practice, log_p=math.log(LEAST * 0.99)) == ()
    (flagged,) = urgent(practice, *patient(STRIPED), log_p=math.log(LEAST * 0.99))
    assert flagged.present[0].term_id == STRIPED
    assert urgent(practice, *patient(STRIPED), log_p=math.log(0.001)) == ()


def test_what_is_routine_is_never_urgent_and_what_is_urgent_needs_a_red_flag(practice: EverydayPractice):
    flu, storm = TABLE.conditions
    table = replace(TABLE, conditions=(flu, replace(storm, urgency=Urgency.URGENT)))
    index = [practice.model.group_index[d] for d in (FLU, STORM)]

    def names(*findings: Finding) -> list[str]:
        found = find_urgent(practice.model, table, findings, (index, [math.log(0.4)] * 2))
        return [u.name for u in found]

    assert names(*patient(LARGE)) == ["Zorb storm"]
    assert names() == []


def test_neither_emergencies_nor_what_is_urgent_crowd_the_other_out(practice: EverydayPractice):
    flag = next(f for f in TABLE.findings if f.is_red_flag and f.association.term_id == LARGE)
    storm, indices = TABLE.conditions[1], range(min(9, practice.model.n_diseases))
    ids = [practice.model.groups[i][0] for i in indices]
    urgencies = [Urgency.URGENT if i % 3 == 0 else Urgency.EMERGENCY for i in indices]
    table = replace(
        TABLE,
        conditions=tuple(replace(storm, disease_id=d, urgency=u) for d, u in zip(ids, urgencies, strict=True)),
        findings=tuple(replace(flag, association=replace(flag.association, disease_id=d)) for d in ids),
    )
    logs = [math.log(0.03 + i / 100) for i in indices]
    found = find_urgent(practice.model, table, patient(LARGE), (indices, logs))
    of_kind = {u: [f.disease_id for f in found if f.urgency is u] for u in MOST}
    for urgency, most in MOST.items():
        likeliest_first = [d for d, u in reversed(list(zip(ids, urgencies, strict=True))) if u is urgency]
        assert of_kind[urgency] == likeliest_first[:most]
    assert [f.urgency for f in found] == [u for u in MOST for _ in of_kind[u]]
    assert len(of_kind[Urgency.URGENT]) == MOST[Urgency.URGENT]


def test_a_risk_factor_counts_with_a_story_too_and_a_text_alone_is_enough(toy_graph: KnowledgeGraph):
    calm = Disease(disease_id="DOID:3", name="Zorb calm")
    graph = toy_graph.with_statements((*TABLE.diseases, calm), TABLE.associations, TABLE.provenance)
    model, findings = build_model(graph), patient(STRIPED, BRITTLE_TIP)
    bare = model.group_index[calm.disease_id]
    texts = {model.group_index[FLU]: "dusk", bare: "purple"}
    passages = (Passage(title="", text=texts.get(i, ""), reference="https://x") for i in range(model.n_diseases))
    descriptions = Descriptions.build(tuple((p,) if p.text else () for p in passages))
    tables = (TABLE, with_risk(TABLE))
    rankers = [EverydayPractice(model, t, descriptions).ranker(Setting.EMERGENCY).for_story("purple") for t in tables]
    was, now = (dict(zip(*r.rank(findings), strict=True)) for r in rankers)
    assert set(was) == set(now) == {*np.flatnonzero(model.is_described).tolist(), bare}
    flu, risen = (
        model.group_index[FLU],
        math.log(RATIO) - model.log_lrs(patient(BRITTLE_TIP))[0, model.group_index[FLU]],
    )
    assert (now[flu] - now[bare]) - (was[flu] - was[bare]) == pytest.approx(
        risen / (STORY_TEMPERATURE * mildness(findings))
    )
    (candidate,) = [c for c in rank_candidates(model, rankers[1], findings) if c.disease_id == FLU]
    (candidate,) = rankers[1].describe([candidate], findings)
    assert [r.term_id for r in candidate.risks] == [BRITTLE_TIP]
    assert candidate.contributions[1].log_lr == pytest.approx(math.log(RATIO))


def test_what_is_shown_of_a_candidate_adds_up_to_its_probability(toy_graph: KnowledgeGraph):
    calm = Disease(disease_id="DOID:3", name="Zorb calm")
    graph = toy_graph.with_statements((*TABLE.diseases, calm), TABLE.associations, TABLE.provenance)
    model, findings = build_model(graph), patient(STRIPED, BRITTLE_TIP, no=[WOBBLING])
    texts = {FLU: "purple dusk", calm.disease_id: "purple"}
    passages = (Passage(title="", text=texts.get(g[0], ""), reference="https://x") for g in model.groups)
    descriptions = Descriptions.build(tuple((p,) if p.text else () for p in passages))
    practice = EverydayPractice(model, with_risk(TABLE), descriptions).ranker(Setting.EMERGENCY)
    told = practice.for_story("purple", {"smoking": "smokes"})
    for ranker, temperature in ((practice, TEMPERATURE), (told, STORY_TEMPERATURE)):
        shown = ranker.describe(rank_candidates(model, ranker, findings), findings)
        sums = [c.log_prior + c.log_text + c.log_history + sum(x.log_lr for x in c.contributions) for c in shown]
        temperature *= mildness(findings)
        offsets = [total - temperature * c.score for total, c in zip(sums, shown, strict=True)]
        assert offsets == pytest.approx([offsets[0]] * len(shown), abs=1e-4)
        assert {c.disease_id for c in shown if c.log_history} == ({FLU} if ranker is told else set())
        assert {c.disease_id for c in shown} >= {FLU, STORM} | ({calm.disease_id} if ranker is not practice else set())


def test_a_history_raises_the_odds_by_its_ratio_and_needs_no_words(practice: EverydayPractice):
    model, findings = practice.model, patient(LARGE)
    plain = EverydayPractice(model, with_risk(TABLE)).ranker(Setting.EMERGENCY)
    told = plain.for_story("", {"smoking": "smokes"})
    was, now = (listed(model, ranker.rank(findings)) for ranker in (plain, told))
    assert (now[FLU] / now[STORM]) / (was[FLU] / was[STORM]) == pytest.approx(
        RATIO ** (1 / (TEMPERATURE * mildness(findings)))
    )
    assert listed(model, plain.for_story("").rank(findings)) == was


def test_the_graphs_own_names_stay(practice: EverydayPractice):
    assert Disease(disease_id=FLU, name="Zorb flu") in practice.model.graph.diseases.values()


def test_a_storys_words_move_what_is_written_of_a_disease_and_are_cited(practice: EverydayPractice):
    texts = tuple(
        (Passage(title="Zorb", text=text, reference="https://x/zorb"),) if text else ()
        for group in practice.model.groups
        for text in ({FLU: "purple dusk", STORM: "dusk"}.get(group[0], ""),)
    )
    descriptions = Descriptions.build(texts)
    told = EverydayPractice(practice.model, TABLE, descriptions).ranker(Setting.EMERGENCY).for_story("purple")
    findings, index = patient(LARGE), practice.model.group_index
    log_text = TEXT_WEIGHT * descriptions.scores("purple")
    assert log_text[index[FLU]] > 0 == log_text[index[STORM]]
    scores = told.log_prior() + practice.model.log_lrs(findings).sum(axis=0) + log_text
    temperature = STORY_TEMPERATURE * mildness(findings)
    weights = np.where(practice.model.is_described, np.exp(scores / temperature), 0)
    expected = weights / (weights.sum() + UNLISTED ** (1 / temperature))
    found = listed(practice.model, told.rank(findings))
    assert found == {practice.model.groups[i][0]: pytest.approx(expected[i]) for i in np.flatnonzero(weights)}
    ranked = rank_candidates(practice.model, told, findings)
    flu, storm = told.describe([c for c in ranked if c.disease_id in (FLU, STORM)], findings)
    moved = {c.disease_id: c for c in (flu, storm)}
    assert moved[FLU].log_text == pytest.approx(log_text[index[FLU]])
    assert [h.words for h in moved[FLU].passages] == [("purple",)]
    assert (moved[STORM].log_text, moved[STORM].passages) == (0, ())
    reading = RankingReader().read(practice.model.graph, findings, tuple(moved.values()))
    diagnoses, removed = ground(reading.diagnoses, reading.evidence, findings, practice.model.graph)
    assert removed == ()
    (words,) = [c for d in diagnoses for c in d.claims if "“purple”" in c.text]
    assert words.disease_id == FLU
    invented = [replace(d, claims=(replace(words, text="“frost”"),)) for d in diagnoses if d.disease_id == FLU]
    (fault,) = ground(invented, reading.evidence, findings, practice.model.graph)[1]
    assert fault.reason == "“frost” does not stand in what it cites"
