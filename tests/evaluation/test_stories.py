"""Stories: every finding once with its polarity, nothing that gives the diagnosis away; how reading is scored."""

from __future__ import annotations

import random
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.schema import Case
from evaluation.stories import (
    Polarity,
    ReadBack,
    Storyteller,
    compare_findings,
    describe_person,
    read_stories,
    with_total,
    word_onset,
)
from evaluation.story_styles import STYLES
from evaluation.story_wordings import Register, Wordings
from kg.ontology import Ontology
from kg.schema import Finding, Synonym, Term
from kg.sources.counts import load_counts
from retrieval.findings import find_findings
from retrieval.lexicon import Lexicon
from tests.evaluation.store import cases_of_store
from tests.toy import (
    ALPHA,
    BRITTLE,
    BRITTLE_TIP,
    FLIM,
    LARGE,
    RED_STRIPED,
    STRIPED,
    VERY_LARGE,
    WOBBLING,
    WOBBLING_STRIPES,
    ZORB,
    patient,
)

ONE_WORDING = (VERY_LARGE, RED_STRIPED, BRITTLE_TIP, WOBBLING, WOBBLING_STRIPES, ZORB, FLIM)
"""Terms of one exact wording each, none of which is part of another."""
DENIAL = re.compile(r"\b(?:no|not|never|denied|without|negative|neg|absent)\b", re.IGNORECASE)
RELATIVE = re.compile(r"mother|father|uncle|aunt|cousin|brother|sister|grandmother|family|FHx", re.IGNORECASE)


def case(*term_ids: str, no=(), case_id: str = "c", **given) -> Case:
    return Case(case_id=case_id, findings=patient(*term_ids, no=no), gold_ids=(ALPHA,), publication="PMID:77", **given)


@pytest.fixture(scope="module")
def ontology(toy_graph):
    return toy_graph.ontology


@pytest.fixture(scope="module")
def teller(ontology):
    return Storyteller(ontology)


# What a story says


def test_there_are_ten_styles_and_more():
    assert len(STYLES) >= 10


def test_a_problem_list_is_what_it_should_be(teller):
    girl = case(VERY_LARGE, RED_STRIPED, sex="FEMALE", age="P7Y3M")
    assert teller.tell(girl, "problem list").text == (
        "7-year-old girl. Problem list:\n\n- Very large zorb\n- Red striped zorb"
    )


def test_a_telegraphic_note_is_what_it_should_be(teller):
    man = case(VERY_LARGE, RED_STRIPED, no=[BRITTLE_TIP], sex="MALE", age="P45Y")
    note = teller.tell(man, "telegraphic note").text
    assert note.startswith("45yo M, p/w very large zorb, red striped zorb. No brittle tip of the flim.")


def test_an_abbreviation_is_for_notes(teller):
    assert "p/w BFL." in teller.tell(case(BRITTLE), "telegraphic note").text
    assert "BFL" not in teller.tell(case(BRITTLE), "case report").text


def test_a_parent_uses_the_words_of_laypeople(teller):
    assert "big zorb" in teller.tell(case(LARGE), "parent").text


def test_a_known_onset_is_told(ontology, teller):
    finding = Finding(term_id=VERY_LARGE, label="", onset="HP:0003577")
    story = teller.tell(replace(case(STRIPED), findings=(finding,)), "case report").text
    assert "Very large zorb was first noted at birth." in story


def test_a_review_of_systems_goes_by_organ(teller):
    story = teller.tell(case(VERY_LARGE, no=[BRITTLE_TIP, RED_STRIPED]), "review of systems").text
    assert story.splitlines()[:3] == [
        "Review of systems, patient.",
        "Flim: No brittle tip of the flim.",
        "Zorb: Very large zorb. No red striped zorb.",
    ]


@pytest.mark.parametrize("style", STYLES)
@settings(max_examples=25)
@given(
    order=st.permutations(ONE_WORDING),
    n_present=st.integers(1, len(ONE_WORDING)),
    n_absent=st.integers(0, len(ONE_WORDING)),
    sex=st.sampled_from(["MALE", "FEMALE", None]),
    age=st.sampled_from(["P3M", "P9Y", "P40Y", None]),
    case_id=st.text(max_size=3),
)
def test_each_finding_is_said_once_with_its_polarity(toy_graph, style, order, n_present, n_absent, sex, age, case_id):
    present, absent = order[:n_present], order[n_present : n_present + n_absent]
    told = Storyteller(toy_graph.ontology).tell(case(*present, no=absent, case_id=case_id, sex=sex, age=age), style)
    fragments = re.split(r"[.\n]| but ", told.text.lower())
    for term_id in (*present, *absent):
        words = toy_graph.ontology.name(term_id).lower()
        (said,) = [fragment for fragment in fragments if words in fragment]
        assert said.count(words) == 1
        assert bool(DENIAL.search(said)) == (term_id in absent)


@pytest.mark.parametrize("style", STYLES)
def test_no_template_is_left_unfilled(teller, style):
    story = teller.tell(case(VERY_LARGE, STRIPED, WOBBLING, no=[BRITTLE]), style).text
    assert not re.search(r"[{}]|\bNone\b|  | [.,]|\.\.", story)


@pytest.mark.parametrize("style", STYLES)
def test_the_diagnosis_is_never_told(toy_graph, teller, style):
    names = [d.name.lower() for d in toy_graph.diseases.values()]
    for known in cases_of_store(toy_graph):
        story = teller.tell(known, style).text
        assert not re.search(r"HP:|OMIM|ORPHA|PMID", story)
        assert not any(name in story.lower() for name in names)


def test_the_same_seed_and_case_give_the_same_story(ontology):
    cases = [case(LARGE, BRITTLE, no=[WOBBLING], case_id=f"c{i}") for i in range(40)]
    told = [Storyteller(ontology, 1).tell(c) for c in cases]
    assert [Storyteller(ontology, 1).tell(c) for c in reversed(cases)] == told[::-1]
    assert [Storyteller(ontology, 2).tell(c) for c in cases] != told
    assert len({s.style for s in told}) > 5


# What else is told


def relatives(ontology, told: Case) -> list[str]:
    """Sentences on the wobbling flim, in the stories of 60 ids and all styles."""
    teller = Storyteller(ontology, relatives_terms=(WOBBLING,))
    stories = (teller.tell(replace(told, case_id=f"c{i}"), s).text for i in range(60) for s in STYLES)
    return [f for story in stories for f in re.split(r"[.\n]", story) if "wobbling flim" in f.lower()]


def test_a_relatives_finding_is_said_to_be_the_relatives(ontology):
    said = relatives(ontology, case(VERY_LARGE, no=[RED_STRIPED]))
    assert len(said) > 100
    assert all(RELATIVE.search(s) for s in said)


@pytest.mark.parametrize("own", [[WOBBLING_STRIPES], [FLIM]])
def test_a_relative_has_nothing_that_bears_on_the_patients_findings(ontology, own):
    assert not relatives(ontology, case(STRIPED, *own))
    assert not relatives(ontology, case(STRIPED, no=own))


def test_what_is_normal_is_borne_out_by_the_findings():
    root, heart, defect, block = (f"HP:000{n}" for n in ("0118", "1626", "0001", "0002"))
    ontology = Ontology(
        [
            Term(term_id=root, name="Phenotypic abnormality"),
            Term(term_id=heart, name="Abnormality of the cardiovascular system", parent_ids=(root,)),
            Term(term_id=defect, name="Septal defect", parent_ids=(heart,)),
            Term(term_id=block, name="Heart block", parent_ids=(heart,)),
        ]
    )
    teller = Storyteller(ontology)

    def says_so(*present: str, no=()) -> bool:
        return any("eart" in normal for i in range(60) for normal in normals(case(*present, no=no, case_id=f"c{i}")))

    def normals(told: Case) -> list[str]:
        return re.findall(r"Heart (?:and lungs|sounds) were normal", teller.tell(told, "review of systems").text)

    assert says_so(no=[defect])
    assert not says_so(block, no=[defect])
    assert not says_so(root)


# Wordings


def wordings(*terms: Term) -> Wordings:
    return Wordings(Ontology(terms))


def term(number: int, name: str, *synonyms: str, kind: str = "", scope: str = "EXACT", definition: str = "") -> Term:
    return Term(
        term_id=f"HP:{number:07}",
        name=name,
        definition=definition,
        synonyms=tuple(Synonym(text=s, scope=scope, kind=kind) for s in synonyms),
    )


def chosen(known: Wordings, register: Register = Register.FORMAL, *, denied: bool = False) -> set[str]:
    """All that 40 draws give for the first term."""
    rng = random.Random(0)  # noqa: S311 - draws, not secrets
    return {known.choose("HP:0000001", register, rng, denied=denied).full for _ in range(40)}


@pytest.mark.parametrize(
    ("name", "worded"),
    [
        ("Hypotonia", "hypotonia"),
        ("EEG abnormality", "EEG abnormality"),
        ("Intellectual disability, mild", "mild intellectual disability"),
        ("Low-set ear", "low-set ears"),
        ("Talipes of the left foot", "talipes of the left foot"),
        ("Missing tooth", "missing teeth"),
        ("Single palmar crease", "a single palmar crease"),
        ("Atrial septal defect", "an atrial septal defect"),
        ("U-shaped hairline", "a U-shaped hairline"),
        ("An opening in the wall", "an opening in the wall"),
        ("Seizure", "seizures"),
        ("Duane anomaly", "a Duane anomaly"),
    ],
)
def test_a_name_in_a_sentence(name, worded):
    assert chosen(wordings(term(1, name), term(2, "Bilateral Duane anomaly"))) == {worded}


def test_only_exact_synonyms_of_the_register_are_used():
    known = wordings(replace(term(1, "Large zorb", "Zorbomegaly"), synonyms=(
        Synonym(text="Zorbomegaly"),
        Synonym(text="Big zorb", kind="layperson"),
        Synonym(text="LZ-1", kind="abbreviation"),
        Synonym(text="Odd zorb", scope="BROAD"),
    )))  # fmt: skip
    assert chosen(known) == {"large zorb", "zorbomegaly"}
    assert chosen(known, Register.ANY) == {"large zorb", "zorbomegaly", "big zorb"}
    assert chosen(known, Register.LAY) == {"big zorb"}
    assert chosen(known, Register.NOTES) == {"LZ-1"}


def test_a_wording_of_two_terms_is_not_used():
    known = wordings(term(1, "Autism", "ASD"), term(2, "Atrial septal defect", "ASD"))
    assert chosen(known) == {"autism"}


def test_what_does_not_fit_a_sentence_is_not_used():
    known = wordings(term(1, "Myotonia", "EMG: myotonic discharges", "Muscles (stiff)", "Relaxation is slow"))
    assert chosen(known) == {"myotonia"}


def test_a_denial_does_not_deny_twice():
    known = wordings(term(1, "Absent speech", "Mutism", "No speech"))
    assert chosen(known, denied=True) == {"mutism"}
    assert chosen(known) == {"absent speech", "mutism", "no speech"}
    assert chosen(wordings(term(1, "Absent speech")), denied=True) == {"absent speech"}


@pytest.mark.parametrize(
    ("sex", "age", "described", "introduced"),
    [
        ("FEMALE", "P7Y3M", "7-year-old girl", "a 7-year-old girl"),
        ("MALE", "P18Y", "18-year-old man", "an 18-year-old man"),
        (None, "P8M", "8-month-old child", "an 8-month-old child"),
        ("MALE", "P12D", "newborn boy", "a newborn boy"),
        ("FEMALE", "P1Y11M", "23-month-old girl", "a 23-month-old girl"),
        (None, "P80Y", "80-year-old adult", "an 80-year-old adult"),
        ("FEMALE", None, "female patient", "a female patient"),
        (None, None, "patient", "a patient"),
        (None, "nonsense", "patient", "a patient"),
    ],
)
def test_how_a_person_is_described(sex, age, described, introduced):
    person = describe_person(sex, age)
    assert (person.described, person.introduced) == (described, introduced)


@pytest.mark.parametrize(
    ("onset", "words"),
    [
        ("HP:0003577", "at birth"),
        ("P1M", "at the age of 1 month"),
        ("P18M", "at the age of 18 months"),
        ("P3Y6M", "at the age of 3 years"),
        ("P0D", "at birth"),
        ("HP:9999999", ""),
        (None, ""),
    ],
)
def test_how_an_onset_is_worded(onset, words):
    assert word_onset(onset) == words


# What is read back


def test_reading_is_scored_by_term_and_polarity():
    listed = patient("HP:1", "HP:2", "HP:3", no=["HP:4", "HP:5"])
    read = patient("HP:1", "HP:4", "HP:6", no=["HP:2", "HP:5"])
    back = compare_findings(listed, read)
    assert back == ReadBack(
        n_stories=1,
        present=Polarity(n_listed=3, n_read=3, n_right=1),
        absent=Polarity(n_listed=2, n_read=2, n_right=1),
        n_turned=2,  # 4 and 2
    )
    assert (back.present.precision, back.present.recall, back.absent.recall) == (1 / 3, 1 / 3, 1 / 2)
    assert with_total({"a": back, "b": back})["all"].present == Polarity(n_listed=6, n_read=6, n_right=2)
    assert with_total({}) == {}
    assert (Polarity().precision, Polarity().recall) == (0.0, 0.0)


def test_cases_are_put_with_what_was_read(ontology, teller):
    listed = [case(VERY_LARGE, no=[RED_STRIPED], case_id=f"c{i}") for i in range(30)]

    def read(text: str) -> tuple[Finding, ...]:
        return tuple(replace(f, quote="zorb", start=0, end=4) for f in patient(VERY_LARGE, BRITTLE))

    told, stories, back = read_stories(listed, teller, read)
    assert [(c.case_id, c.publication, c.findings) for c in told] == [
        (c.case_id, "PMID:77", patient(VERY_LARGE, BRITTLE)) for c in listed
    ]
    assert [s.case_id for s in stories] == [c.case_id for c in listed]
    total = with_total(back)["all"]
    assert (total.n_stories, total.present.precision, total.present.recall) == (30, 0.5, 1.0)
    assert (total.absent.n_listed, total.absent.recall, total.n_turned) == (30, 0.0, 0)


@pytest.mark.release
def test_real_findings_are_read_back(release_graph):
    """Counts of published series: what all patients had and what none had."""
    ontology = release_graph.ontology
    series = [s for s in load_counts()[0] if 3 <= sum(c.n_present > 0 for c in s.counts) <= 15][:50]
    assert len(series) == 50
    cases = [
        Case(
            case_id=s.reference,
            findings=tuple(
                Finding(term_id=ontology.current_id(c.term_id), label="", excluded=not c.n_present) for c in s.counts
            ),
            gold_ids=(s.disease.disease_id,),
            publication=s.reference,
        )
        for s in series
    ]
    lexicon, teller = Lexicon(ontology), Storyteller(ontology)
    for style in STYLES:
        total = ReadBack()
        for told in cases:
            total += compare_findings(told.findings, find_findings(teller.tell(told, style).text, lexicon))
        shares = (total.present.precision, total.present.recall, total.absent.precision, total.absent.recall)
        assert min(shares) > 0.95, (style, shares)
