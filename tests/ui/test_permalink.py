"""A case as a link and back."""

from dataclasses import replace
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.common_schema import Setting
from kg.errors import UsageError
from kg.graph import KnowledgeGraph
from kg.schema import Finding
from retrieval.demographics import ADULT_YEARS, UNKNOWN, Demographics, Sex, demographics_of
from tests.toy import BRITTLE, LARGE, OLD_LARGE, STRIPED, UNKNOWN_TERM, VERY_LARGE, WOBBLING
from ui.permalink import MAX_CHARACTERS, MAX_FINDINGS, format_permalink, parse_permalink

ages = st.one_of(
    st.integers(0, 120).map(lambda n: f"P{n}Y"),
    st.tuples(st.integers(0, 99), st.integers(0, 11), st.integers(0, 30)).map(lambda t: "P{}Y{}M{}D".format(*t)),
    st.integers(1, 40).map(lambda n: f"P{n}W"),
)
persons = st.builds(
    lambda sex, age, grown: replace(
        Demographics(years=ADULT_YEARS) if grown and age is None else demographics_of(None, age), sex=sex
    ),
    st.none() | st.sampled_from(Sex),
    st.none() | ages,
    st.booleans(),
)
states = st.sampled_from([{}, {"excluded": True}, {"uncertain": True}, {"excluded": True, "asked": True}])


@given(data=st.data(), person=persons, setting=st.none() | st.sampled_from(Setting))
def test_a_link_gives_back_the_case_that_it_was_made_from(toy_graph: KnowledgeGraph, data, person, setting):
    terms = sorted(toy_graph.ontology.phenotypic_abnormalities)
    chosen = data.draw(st.lists(st.sampled_from(terms), unique=True))
    findings = tuple(Finding(term_id=t, label=toy_graph.ontology.name(t), **data.draw(states)) for t in chosen)
    link = format_permalink(findings, person, setting)
    assert parse_permalink(link, toy_graph.ontology) == (findings, person, setting)


def test_a_link_is_short_and_holds_no_word_of_the_story():
    findings = [
        Finding(term_id=LARGE, label="Large zorb", quote="her huge zorb", start=0, end=13),
        Finding(term_id=BRITTLE, label="Brittle flim", excluded=True),
        Finding(term_id=STRIPED, label="Striped zorb", uncertain=True),
    ]
    person = demographics_of("FEMALE", "P7Y")
    query = format_permalink(findings, person)
    assert query == f"hpo={LARGE},-{BRITTLE},~{STRIPED}&sex=FEMALE&age=P7Y"
    assert format_permalink([], UNKNOWN) == ""


def test_the_largest_case_fits_into_what_is_read(toy_graph: KnowledgeGraph):
    findings = [Finding(term_id=f"HP:{n:07}", label="x", excluded=True) for n in range(MAX_FINDINGS)]
    person = demographics_of("FEMALE", "P100Y11M30D")
    assert len(format_permalink(findings, person, Setting.GENERAL_PRACTICE)) <= MAX_CHARACTERS
    with pytest.raises(UsageError, match="a link holds up to 200 findings, and this case has 201"):
        format_permalink([*findings, findings[0]], person)


def test_what_messengers_and_old_releases_do_to_a_link_is_undone(toy_graph: KnowledgeGraph):
    query = f"#utm_source=x&hpo={quote(f'{OLD_LARGE},-{WOBBLING}', safe='')}&sex=male&age=7&__theme=dark"
    findings, person, setting = parse_permalink(query, toy_graph.ontology)
    assert [(f.term_id, f.label, f.excluded) for f in findings] == [
        (LARGE, "Large zorb", False),
        (WOBBLING, "Wobbling flim", True),
    ]
    assert (person.sex, person.age, person.years) == (Sex.MALE, "P7Y", 7.0)
    assert setting is None
    assert parse_permalink("#ev-E3", toy_graph.ontology) == ((), UNKNOWN, None)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        (f"hpo={UNKNOWN_TERM}", f"{UNKNOWN_TERM} is"),
        ("hpo=seizures", "is not a term of HPO"),
        ("hpo=<script>alert(1)</script>", "is not a term of HPO"),
        (f"hpo={LARGE},-{LARGE}", "given both as present and as excluded"),
        ("hpo=~", "expected ids of findings"),
        ("hpo=,,", "expected ids of findings"),
        ("hpo=OMIM:154700", "is a disease"),
        ("sex=unsure", "sex is FEMALE or MALE, got 'unsure'"),
        ("age=old", "an age is a number of years up to 120"),
        ("setting=home", "the setting is general-practice, emergency, genetics-clinic, got 'home'"),
        ("age=121", "an age is a number of years up to 120"),
        ("hpo=" + "x" * MAX_CHARACTERS, "more than the limit of 4,000"),
        ("hpo=" + f"{VERY_LARGE}," * 300, "more than the limit of 200"),
    ],
)
def test_a_link_that_cannot_be_read_is_one_clear_line(toy_graph: KnowledgeGraph, query: str, says: str):
    with pytest.raises(UsageError) as caught:
        parse_permalink(query, toy_graph.ontology)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.text(max_size=200))
def test_any_text_is_a_case_or_a_usage_error(toy_graph: KnowledgeGraph, text: str):
    try:
        findings, *_ = parse_permalink(text, toy_graph.ontology)
    except UsageError as error:
        message = str(error)
    else:
        assert all(f.term_id in toy_graph.ontology for f in findings)
        return
    assert "\n" not in message
