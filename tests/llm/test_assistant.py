"""The whole sequence on the toy: from words to a grounded answer, or to the reason why there is none."""

import re
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import SourceError, UnknownIdError, UsageError
from kg.graph import KnowledgeGraph
from llm.assistant import N_CANDIDATES, NOTHING_FOUND, ONLY_EXCLUDED, UNSURE, DiagnosisAssistant
from retrieval.candidates import FusionRanker
from retrieval.cases import build_library, series_of
from retrieval.demographics import UNKNOWN, Demographics, Sex, demographics_of
from retrieval.features import FeatureExtractor
from retrieval.lexicon import Lexicon
from retrieval.schema import ReaderName
from tests.fakes import CarelessReader, HashEmbedder, WordPairEmbedder
from tests.packets import write_packet
from tests.toy import (
    ALPHA,
    BRITTLE,
    BRITTLE_TIP,
    EPSILON,
    GAMMA,
    LARGE,
    OLD_BRITTLE,
    OLD_LARGE,
    RED_STRIPED,
    STRIPED,
    UNKNOWN_TERM,
    VERY_LARGE,
    WOBBLING,
    WOBBLING_STRIPES,
    build_extractor,
    linear_fusion,
    patient,
)

TERMS = (LARGE, VERY_LARGE, STRIPED, RED_STRIPED, BRITTLE, BRITTLE_TIP, WOBBLING, WOBBLING_STRIPES)


FUSION = linear_fusion(log_lr=0.5, case_largest=2.0)


@pytest.fixture(scope="module")
def extractor(toy_graph: KnowledgeGraph) -> FeatureExtractor:
    return build_extractor(toy_graph)


@pytest.fixture(scope="module")
def assistant(toy_graph: KnowledgeGraph, extractor: FeatureExtractor) -> DiagnosisAssistant:
    library = build_library(series_of(toy_graph), WordPairEmbedder(), toy_graph.ontology)
    return DiagnosisAssistant(extractor.model, FusionRanker(extractor, FUSION), Lexicon(toy_graph.ontology), library)


@pytest.fixture(scope="module")
def assistant_without_cases(toy_graph: KnowledgeGraph, extractor: FeatureExtractor) -> DiagnosisAssistant:
    return DiagnosisAssistant(extractor.model, FusionRanker(extractor, FUSION), Lexicon(toy_graph.ontology), None)


def test_a_story(assistant: DiagnosisAssistant):
    findings = assistant.find_findings("A very large zorb with stripes: striped zorb. No brittle flim.")
    assert [(f.term_id, f.excluded) for f in findings] == [(VERY_LARGE, False), (STRIPED, False), (BRITTLE, True)]
    answer = assistant.diagnose(findings)
    first = answer.diagnoses[0]
    assert (answer.abstained, answer.removed_claims, answer.findings) == (None, (), findings)
    assert (first.disease_id, first.rank, len(first.claims)) == (ALPHA, 1, 4)  # three findings and a series
    assert sum(d.probability for d in answer.diagnoses) <= 1


@pytest.mark.parametrize(("findings", "reason"), [((), NOTHING_FOUND), (patient(no=[LARGE, BRITTLE]), ONLY_EXCLUDED)])
def test_abstains_without_a_present_finding(assistant: DiagnosisAssistant, findings, reason: str):
    answer = assistant.diagnose(findings)
    assert answer.abstained == reason
    assert [(f.term_id, f.excluded) for f in answer.findings] == [(f.term_id, f.excluded) for f in findings]
    assert (answer.diagnoses, answer.evidence, answer.candidates, answer.questions) == ((), (), (), ())
    assert answer.versions == assistant.versions


def test_who_accepts_too_little_risk_is_told_no_diagnosis(assistant: DiagnosisAssistant):
    whole = assistant.diagnose(patient(LARGE))
    risk = 1 - whole.diagnoses[0].probability
    assert assistant.diagnose(patient(LARGE), accepted_risk=risk + 1e-6) == whole
    unsure = assistant.diagnose(patient(LARGE), accepted_risk=risk - 1e-6)
    assert (unsure.diagnoses, unsure.evidence) == ((), ())
    assert unsure.abstained == UNSURE.format(least=f"{1 - risk:.0%}", risk=f"{risk:.0%}")
    assert (unsure.candidates, unsure.questions) == (whole.candidates, whole.questions) != ((), ())


@pytest.mark.parametrize("risk", [-0.1, 1.1, float("nan")])
def test_an_accepted_risk_that_is_no_share_is_refused(assistant: DiagnosisAssistant, risk: float):
    with pytest.raises(UsageError, match="the accepted risk is a share from 0 to 1, got"):
        assistant.diagnose(patient(LARGE), accepted_risk=risk)


def test_an_older_id_and_the_current_one_are_one_finding_with_todays_label(assistant: DiagnosisAssistant):
    answer = assistant.diagnose([*patient(LARGE), *patient(OLD_LARGE)])
    assert [(f.term_id, f.label) for f in answer.findings] == [(LARGE, assistant.ontology.name(LARGE))]
    assert answer.diagnoses == assistant.diagnose(patient(LARGE)).diagnoses


def test_versions(assistant: DiagnosisAssistant, assistant_without_cases: DiagnosisAssistant):
    answer = assistant.diagnose(patient(LARGE))
    assert answer.versions == {
        "citedx": version("citedx"),
        "hpo": "2030-01-01",
        "hpoa": "2030-01-01",
        "hpoa_unknown_terms": "1",
        "cases": "5 cases, pairs-256@blake2b",
        "ranker": "fusion-1",
        "reader": "ranking-1",
    }
    assert assistant_without_cases.versions["cases"] == "none"


@settings(deadline=None, max_examples=40)
@given(said=st.dictionaries(st.sampled_from(TERMS), st.booleans(), min_size=1), data=st.data())
def test_the_order_of_the_findings_does_not_matter(
    assistant: DiagnosisAssistant, said: dict[str, bool], data: st.DataObject
):
    findings = patient(*(t for t in said if said[t]), no=[t for t in said if not said[t]])
    one, other = assistant.diagnose(findings), assistant.diagnose(data.draw(st.permutations(findings)))
    assert (one.diagnoses, one.evidence, one.questions) == (other.diagnoses, other.evidence, other.questions)
    assert (one.candidates, one.abstained, one.removed_claims) == (other.candidates, other.abstained, ())
    assert assistant.diagnose(findings) == one


def test_without_cases(assistant: DiagnosisAssistant, assistant_without_cases: DiagnosisAssistant):
    """Worded cases are shown, not weighed: what cases say of a disease is in the features."""
    findings = patient(VERY_LARGE, STRIPED)
    bare, full = assistant_without_cases.diagnose(findings), assistant.diagnose(findings)
    assert [d.disease_id for d in bare.diagnoses][:2] == [ALPHA, GAMMA]
    assert {e.kind for e in bare.evidence} == {"annotation"}
    assert {e.kind for e in full.evidence} == {"annotation", "case"}
    assert all(not c.cases for c in bare.candidates)
    assert [(d.disease_id, d.probability) for d in full.diagnoses] == [
        (d.disease_id, d.probability) for d in bare.diagnoses
    ]


@pytest.mark.parametrize("k", [1, 2, 5, 50])
def test_k_diagnoses_and_more_candidates_for_the_questions(assistant: DiagnosisAssistant, k: int):
    answer = assistant.diagnose(patient(LARGE, WOBBLING), k=k)
    everything = assistant.diagnose(patient(LARGE, WOBBLING), k=100)
    assert answer.diagnoses == everything.diagnoses[:k]
    assert len(answer.diagnoses) == min(k, 5)
    assert len(answer.candidates) == min(N_CANDIDATES, 5)
    assert answer.questions == everything.questions


@pytest.mark.parametrize("k", [0, -1])
def test_less_than_one_diagnosis_is_refused(assistant: DiagnosisAssistant, k: int):
    with pytest.raises(UsageError, match=rf"at least 1, got {k}$"):
        assistant.diagnose(patient(LARGE), k=k)


@pytest.mark.parametrize("findings", ["HP:9000011", ["HP:9000011"]])
def test_ids_in_place_of_findings_are_refused(assistant: DiagnosisAssistant, findings):
    with pytest.raises(UsageError, match=r"^expected Finding records"):
        assistant.diagnose(findings)


def test_names_in_place_of_choices(toy_graph: KnowledgeGraph, tmp_path: Path):
    load = partial(DiagnosisAssistant.load, graph=toy_graph, cases=False, cache_dir=tmp_path)
    loaded = load(reader="graph", setting="genetics-clinic")
    assert loaded.versions["ranker"] == load(reader=ReaderName.GRAPH).versions["ranker"]
    for wrong in ({"reader": "x"}, {"setting": "x"}):
        (what,) = wrong
        with pytest.raises(UsageError, match=f"^the {what} is .*, got 'x'$"):
            load(**wrong)
    with pytest.raises(UsageError, match=r"^the setting is general-practice, .*, got 'x'$"):
        loaded.diagnose((), setting="x")
    with pytest.raises(SourceError, match="nowhere"):
        load(phenopackets=str(tmp_path / "nowhere"))


def test_old_ids_mean_the_current_ones(assistant: DiagnosisAssistant):
    old = assistant.diagnose(patient(OLD_LARGE, STRIPED, no=[OLD_BRITTLE]))
    new = assistant.diagnose(patient(LARGE, STRIPED, no=[BRITTLE]))
    assert old.diagnoses == new.diagnoses
    assert [f.term_id for f in old.findings] == [LARGE, STRIPED, BRITTLE]


def test_an_unknown_finding_is_refused(assistant: DiagnosisAssistant):
    with pytest.raises(UnknownIdError, match=UNKNOWN_TERM):
        assistant.diagnose(patient(LARGE, UNKNOWN_TERM))


def test_an_invented_citation_is_removed_and_listed(toy_graph: KnowledgeGraph, extractor: FeatureExtractor):
    careless = DiagnosisAssistant(
        extractor.model, FusionRanker(extractor, FUSION), Lexicon(toy_graph.ontology), None, reader=CarelessReader()
    )
    answer = careless.diagnose(patient(LARGE), k=2)
    assert [(r.claim.evidence_ids, r.reason) for r in answer.removed_claims] == [(("E999",), "E999 does not exist")] * 2
    assert all("everybody knows" not in c.text for d in answer.diagnoses for c in d.claims)
    assert answer.versions["reader"] == "careless-1"


def test_every_number_in_an_answer_is_an_evidence(assistant: DiagnosisAssistant):
    answer = assistant.diagnose(patient(LARGE, STRIPED, WOBBLING, no=[BRITTLE]))
    cited = [i for d in answer.diagnoses for c in d.claims for i in c.evidence_ids]
    assert all(re.fullmatch(r"E[1-9]\d*", i) for i in cited)
    assert set(cited) == {e.evidence_id for e in answer.evidence}


# Loading


def test_what_is_loaded_for_a_graph(toy_graph: KnowledgeGraph, tmp_path: Path):
    embedder = HashEmbedder()
    loaded = DiagnosisAssistant.load(graph=toy_graph, embedder=embedder, cache_dir=tmp_path)
    assert loaded.graph is toy_graph
    assert loaded.versions["cases"] == "5 cases, hash-256@blake2b"
    answer = loaded.diagnose(patient(VERY_LARGE, STRIPED))
    assert len(answer.diagnoses) == 5
    assert {e.kind for e in answer.evidence} == {"annotation", "case"}
    again = DiagnosisAssistant.load(graph=toy_graph, embedder=embedder, cache_dir=tmp_path)
    assert again.diagnose(patient(VERY_LARGE, STRIPED)) == answer
    assert [len(texts) for texts in embedder.calls] == [5, 1, 1]  # the library once, each patient


@pytest.mark.parametrize("cases", [True, False])
def test_patients_of_the_users_own(toy_graph: KnowledgeGraph, tmp_path: Path, cases: bool):
    """They are counted in the graph, and, where cases are wanted, found one by one."""
    write_packet(tmp_path / "ours", "p1", disease=EPSILON, present=[BRITTLE, WOBBLING], publication="PMID:90000007")
    loaded = DiagnosisAssistant.load(
        graph=toy_graph,
        cases=cases,
        phenopackets=tmp_path / "ours",
        embedder=HashEmbedder(),
        cache_dir=tmp_path / "cache",
    )
    assert loaded.versions["ours"] == "as read"
    assert loaded.versions["cases"] == ("6 cases, hash-256@blake2b" if cases else "none")
    counted = {a.term_id for a in loaded.graph.findings_of(EPSILON) if a.provenance[0].source == "ours"}
    assert counted == {"HP:0000118", BRITTLE, WOBBLING}
    findings = patient(BRITTLE, WOBBLING)
    answer = loaded.diagnose(findings)
    of_epsilon = {
        (e.kind, e.reference) for e in answer.evidence if e.disease_id == EPSILON and e.reference == "PMID:90000007"
    }
    assert of_epsilon == {("annotation", "PMID:90000007")} | ({("case", "PMID:90000007")} if cases else set())
    assert answer.removed_claims == ()


def test_patients_who_are_not_there(toy_graph: KnowledgeGraph, tmp_path: Path):
    with pytest.raises(SourceError, match="nowhere"):
        DiagnosisAssistant.load(
            graph=toy_graph, phenopackets=tmp_path / "nowhere", embedder=HashEmbedder(), cache_dir=tmp_path
        )


class GirlsOnlyRanker(FusionRanker):
    """Knows no disease of boys."""

    def rank(self, findings, person=UNKNOWN):
        return ([], []) if person.sex is Sex.MALE else super().rank(findings, person)


def test_age_and_sex_reach_the_ranker_and_the_answer(toy_graph, extractor):
    girls = DiagnosisAssistant(
        extractor.model, GirlsOnlyRanker(extractor, FUSION), Lexicon(toy_graph.ontology), library=None
    )
    boy, girl = demographics_of("MALE", "P3Y"), demographics_of("FEMALE", None)
    assert girls.diagnose(patient(LARGE), person=boy).diagnoses == ()
    told = girls.diagnose(patient(LARGE), person=girl)
    assert told.diagnoses
    assert told.person == girl
    assert girls.diagnose(patient(LARGE)).person == UNKNOWN
    assert girls.diagnose((), person=boy).person == boy


def test_a_story_says_who_the_patient_is(assistant):
    person = assistant.find_person("A 7-year-old girl has a large zorb.")
    assert (person.sex, person.years) == (Sex.FEMALE, 7.0)
    assert assistant.find_person("Large zorb.") == Demographics()


def test_questions_are_answered_on_the_case_and_what_is_none_is_refused(assistant: DiagnosisAssistant):
    differential = assistant.diagnose(patient(VERY_LARGE, STRIPED))
    first = assistant.answer("which genes?", differential)
    second = assistant.answer("how is it inherited?", differential, earlier=[first])
    assert second.disease_ids == (ALPHA,)
    assert assistant.read_message("why not Beta?", differential).asked == ("why not Beta?",)
    assert "Inherited from the left" in assistant.answer("how is Alpha inherited?").sentences[0].text
    with pytest.raises(UsageError, match="empty"):
        assistant.answer(" ", differential)
    with pytest.raises(UsageError, match="601 characters"):
        assistant.answer("?" * 601, differential)


# An answer as it grows


def test_an_answer_grows_and_ends_as_the_whole(assistant: DiagnosisAssistant):
    findings = patient(LARGE, STRIPED, no=[BRITTLE])
    ranking, read, whole = assistant.weigh(findings)
    assert [d.disease_id for d in ranking.diagnoses] == [d.disease_id for d in whole.diagnoses]
    assert [d.probability for d in ranking.diagnoses] == [d.probability for d in whole.diagnoses]
    assert not any(d.claims for d in ranking.diagnoses)
    assert (ranking.evidence, ranking.questions, read.questions) == ((), (), ())
    assert replace(read, questions=whole.questions) == whole == assistant.diagnose(findings)
    assert whole.questions


def test_where_there_is_nothing_to_rank_there_is_one_part(assistant: DiagnosisAssistant):
    (only,) = assistant.weigh(patient(no=[BRITTLE]))
    assert only.abstained


def test_what_nobody_can_answer_for_is_not_asked_about_nor_what_is_below_it(assistant: DiagnosisAssistant):
    findings = patient(LARGE)
    asked = {q.term_id for q in assistant.diagnose(findings).questions}
    *_, answer = assistant.weigh(findings, unknown=asked)
    assert asked
    ancestors = assistant.ontology.ancestors
    assert all(ancestors(q.term_id).isdisjoint(asked) for q in answer.questions)


def test_another_reader_reads_the_same_ranking(assistant: DiagnosisAssistant):
    answer = assistant.diagnose(patient(LARGE), k=2)
    again = assistant.read_again(answer, CarelessReader())
    assert [d.disease_id for d in again.diagnoses] == [d.disease_id for d in answer.diagnoses]
    assert len(again.removed_claims) == 2
    assert (again.versions["reader"], again.questions) == ("careless-1", answer.questions)
