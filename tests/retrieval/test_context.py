"""Which of the words in capitals are denied, doubted, past or only thought of, and whose they are."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.context import Certainty, Context, Experiencer, Temporality, contexts_of


def contexts(text: str) -> list[Context]:
    """Contexts of the runs of capitals in the text."""
    return list(contexts_of(text, [m.span() for m in re.finditer(r"\b[A-Z]{3,}(?: [A-Z]{3,})*\b", text)]))


def negated(text: str) -> list[bool]:
    return [c.negated for c in contexts(text)]


def uncertain(text: str) -> list[bool]:
    return [c.certainty is Certainty.UNCERTAIN for c in contexts(text)]


def temporality(text: str) -> list[str]:
    return [c.temporality.value for c in contexts(text)]


def of_family(text: str) -> list[bool]:
    return [c.experiencer is Experiencer.FAMILY for c in contexts(text)]


@pytest.mark.parametrize(
    "text",
    [
        "There were no SKIN CHANGES.",
        "Ketones absent\nANTIBODY negative",
        "no SEIZURES",
        "He denies HEADACHE",
        "denied VOMITING",
        "without FEVER",
        "absent REFLEXES",
        "absence of TEARS",
        "negative for ATAXIA",
        "She does not have ATAXIA",
        "She doesn't have ATAXIA",
        "never had SEIZURES",
        "no history of SEIZURES",
        "no evidence of ATAXIA",
        "We ruled out EPILEPSY",
        "EPILEPSY was ruled out",
        "REFLEXES were absent",
        "SEIZURES were not seen",
        "SEIZURES have never been observed",
        "SEIZURES: no",
        "negative\n   for ATAXIA",
        "not consistent with EPILEPSY",
        "nor was she in PAIN",
        "I do not think he has EPILEPSY",
        "EPILEPSY is unlikely",
        "imaging failed to show CYSTS",
        "ALLERGIES - none",
        "ATAXIA (-)",
        "ATAXIA: absent\nGait: normal",
        "ATAXIA: denies",
        "ATAXIA: none reported",
        "ATAXIA: -ve",
        "ATAXIA: -",
        "ATAXIA: 0\n",
        "ATAXIA -ve.",
        "ATAXIA neg.",
        "nothing to suggest EPILEPSY",
    ],
)
def test_denied(text):
    assert negated(text) == [True]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Chest: + COUGH, - FEVER", [False, True]),
        ("+COUGH -FEVER", [False, True]),
        ("COUGH - FEVER + RASH", [False, False, False]),
        ("Mood: -COUGH -FEVER", [False, False]),
    ],
)
def test_a_minus_before_a_finding_denies_beside_a_plus(text, expected):
    assert negated(text) == expected


def test_what_is_told_of_other_patients_is_not_this_one_s():
    assert temporality("In the literature SEIZURES are described.") == ["hypothetical"]
    assert uncertain("CYSTS suspected.") == [True]
    assert uncertain("no fever, cannot exclude CYSTS") == [True]


@pytest.mark.parametrize(
    "text",
    [
        "SEIZURES",
        "antibodies neg, SEIZURES",
        "He can't stop COUGHING",
        "no fever, cannot exclude EPILEPSY",
        "SEIZURES, antibodies negative, otherwise well",
        "no wasting chest x-ray shows CYSTS",
        "- SEIZURES",
        "SEIZURES: +",
        "Not only SEIZURES were seen",
        "no change in SEIZURES",
        "no increase in SEIZURES",
        "walks without difficulty, has SEIZURES",
        "EPILEPSY could not be ruled out",
        "Nitrite absent\nPROTEIN 4.1 g",
        "no HbA, elevated PROTEIN and normal HbF",
        "No. 3 had SEIZURES",
        "No fever. SEIZURES",
        "He could not walk because of ATAXIA",
        "no cause was found; SEIZURES persist",
        "We do not know the cause of her ATAXIA",
        "No specific diagnosis for his PAIN",
        "Scan with and without contrast: ATROPHY",
        "did not respond to treatment for ATAXIA",
        "a report (not seen by us) of LEUKEMIA",
        "Absent puncta, smooth PHILTRUM",
        "Skin: no rash\nNeurology: ATAXIA",
    ],
)
def test_not_denied(text):
    assert negated(text) == [False]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no SEIZURES, HEARING LOSS or ATAXIA", [True, True, True]),
        ("without FEVER, VOMITING, or DIARRHEA", [True, True, True]),
        ("no SEIZURES or ATAXIA were seen", [True, True]),
        ("SEIZURES, ATAXIA and PAIN were not seen", [True, True, True]),
        ("no FEVER but VOMITING", [True, False]),
        ("no FEVER; VOMITING", [True, False]),
        ("no FEVER. VOMITING", [True, False]),
        ("no FEVER however VOMITING", [True, False]),
        ("never had FEVER although ATAXIA is present", [True, False]),
        ("no findings except ATAXIA", [False]),
        ("no FEVER and she has ATAXIA", [True, False]),
        ("no FEVER, and ATAXIA was marked", [True, False]),
        ("SEIZURES were present and DEAFNESS was absent", [False, True]),
        ("denies HEADACHE but has FEVER", [True, False]),
        ("absent T cells and ANEMIA", [False]),
        ("absent NYSTAGMUS and ATAXIA", [True, True]),
    ],
)
def test_the_scope_of_a_denial(text, expected):
    assert negated(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No FEVER, productive COUGH for 3 weeks, SWEATS, PALLOR.", [True, False, False, False]),
        ("No FEVER, HEADACHE since yesterday, VOMITING", [True, False, False]),
        ("No FEVER, RASH, VOMITING 3 times", [True, True, False]),
        ("Denies FEVER, COUGH x 2 weeks, PALLOR", [True, False, False]),
        ("No FEVER, COUGH 3/52, PALLOR", [True, False, False]),
        ("No FEVER, BP 80/50, PAIN", [True, False]),
        ("No MURMUR, spleen 4 cm, PALLOR", [True, False]),
        ("No MURMUR, jaundiced, PALLOR", [True, False]),
        ("No RASH, mild ATAXIA and brisk JERKS.", [True, False, False]),
        ("No RASH, mild ATAXIA or SEIZURES.", [True, True, True]),
        ("Denies FEVER, severe HEADACHE, STIFFNESS.", [True, True, True]),
        ("No history of SEIZURES, mild DELAY", [True, True]),
        ("No moderate and severe STENOSIS was seen.", [True]),
        ("Denies DYSPNEA, reports PALPITATIONS.", [True, False]),
        ("No CYANOSIS, systolic MURMUR 3/6.", [True, False]),
        ("No WEAKNESS, REFLEXES ABSENT", [True, False]),
        ("No MURMUR, PALE, SPLENOMEGALY", [True, False, False]),
        # Denied all through: no such item, one that is the first, a list of alternatives, a limit, another verb.
        ("No FEVER, CHILLS, SWEATS.", [True, True, True]),
        ("No FEVER for 3 days, CHILLS", [True, True]),
        ("No severe HEADACHE, or VOMITING for 3 days", [True, True]),
        ("No FEVER, COUGH or VOMITING since yesterday", [True, True, True]),
        ("No FEVER, CHILLS, VOMITING since admission", [True, True, True]),
        ("No FEVER, COUGH, VOMITING in the last 3 days", [True, True, True]),
        ("No MURMUR, nodes > 1 cm, RASH", [True, True]),
        ("never had FEVER, COUGH for 3 days", [True, True]),
    ],
)
def test_a_list_of_denials_ends_where_something_is_stated(text, expected):
    assert negated(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PNEUMONIA excluded, PAIN, COUGH.", [True, False, False]),
        ("FEVER, PNEUMONIA excluded, PAIN", [False, True, False]),
        ("PNEUMONIA and EMBOLISM excluded, PAIN", [True, True, False]),
        ("EMBOLISM ruled out by CT, COUGH", [True, False]),
        ("Excluded: PNEUMONIA, EMBOLISM", [True, True]),
        ("PNEUMONIA was not excluded, PAIN", [False, False]),
    ],
)
def test_what_is_excluded_stands_before(text, expected):
    assert negated(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("COUGH, FEVER, RASH? no", [False, False, True]),
        ("COUGH, FEVER, RASH no", [False, False, True]),
        ("COUGH, FEVER, RASH (-)", [False, False, True]),
        ("Any COUGH, FEVER, RASH? No", [True, True, True]),
        ("COUGH or RASH? no", [True, True]),
        ("SEIZURES -, ATAXIA +", [True, False]),
        ("RASH +, FEVER -", [False, True]),
        ("FEVER -ve, RASH +ve", [True, False]),
        ("HEMIHYPERTROPHY ++", [False]),
        ("FEVER -", [False]),
        ("FEVER - since Monday", [False]),
        ("HAND- and FOOT-", [False, False]),
    ],
)
def test_an_answer_after_a_list_is_of_its_last_item(text, expected):
    assert negated(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "ATAXIA: no\nSCOLIOSIS: yes\nPTOSIS: no\nPAIN: yes",
        "ATAXIA no\nSCOLIOSIS yes\nPTOSIS no\nPAIN yes",
        "ATAXIA no, SCOLIOSIS yes, PTOSIS no, PAIN yes",
        "ATAXIA: No, SCOLIOSIS: Yes, PTOSIS: No; PAIN: Yes",
        "ATAXIA\tno\nSCOLIOSIS\tyes\nPTOSIS\tno\nPAIN\tyes",
        "ATAXIA? No. SCOLIOSIS? Yes. PTOSIS? no. PAIN? yes",
        "ATAXIA?\nNo\nSCOLIOSIS?\nYes\nPTOSIS?\nNo\nPAIN?\nYes",
        "ATAXIA – no\nSCOLIOSIS – yes\nPTOSIS – none\nPAIN – yes",
        "ATAXIA = N; SCOLIOSIS = Y; PTOSIS = N; PAIN = Y",
        "ATAXIA: absent | SCOLIOSIS: present | PTOSIS: absent | PAIN: present",
        "ATAXIA (-), SCOLIOSIS (+), PTOSIS (-), PAIN (+)",
    ],
)
def test_an_answer_of_a_form_is_of_what_it_answers(text):
    assert negated(text) == [True, False, True, False]


def test_an_answer_reaches_back_over_a_list_and_a_denial_forwards():
    assert negated("SEIZURES, ATAXIA = no\nPAIN = yes") == [True, True, False]
    assert negated("ATAXIA: no FEVER was noted") == [False, True]


def test_a_question_that_is_answered_is_no_doubt():
    assert uncertain("ATAXIA? Yes. SCOLIOSIS? PAIN: yes") == [False, True, False]


def test_a_trigger_inside_a_mention_belongs_to_it():
    text = "Without reflexes, ataxia"
    spans = [(0, 16), (18, 24)]
    assert [c.negated for c in contexts_of(text, spans)] == [False, False]
    assert [c.negated for c in contexts_of(text, spans[1:])] == [True]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("her mother has EPILEPSY", [True]),
        ("father: DEAFNESS", [True]),
        ("family history of EPILEPSY", [True]),
        ("Her mother, aged 40, has DEAFNESS and she has ATAXIA", [True, False]),
        ("Her brother has DEAFNESS. ATAXIA at 3", [True, False]),
        ("SEIZURES were also present in her brother", [True]),
        ("SEIZURES and ATAXIA in a brother", [True, True]),
        ("A girl with SEIZURES, ATAXIA and DEAFNESS in a brother", [False, False, True]),
        ("A boy with DEAFNESS in his brother", [True]),
        ("She was born to a mother with DIABETES", [True]),
        ("Her mother reports SEIZURES", [False]),
        ("The mother had noticed SEIZURES", [False]),
        ("a son of healthy parents presented with SEIZURES", [False]),
        ("The patient and her mother have DEAFNESS", [False]),
        ("Family history: ATAXIA in an uncle. DEAFNESS as well.\nExamination: PAIN", [True, True, False]),
        ("FH: EPILEPSY.\n\nATAXIA at 3 years", [True, False]),
        ("FHx: GOUT. The patient has ATAXIA", [True, False]),
        ("mgm: EPILEPSY", [True]),
        ("Her father and paternal aunt have DEAFNESS", [True]),
        ("No family history of SEIZURES", [True]),
        ("No personal or family history of SEIZURES", [False]),
        ("EPILEPSY runs in the family", [True]),
        ("Her roommate had FEVER", [True]),
        ("was brought by his mother with VOMITING", [False]),
        ("was brought by his wife with PAIN and FEVER", [False, False]),
        ("The mother says that her daughter has ATAXIA", [False]),
        ("Her mother has detected FEVER", [False]),
        ("She has ATAXIA", [False]),
    ],
)
def test_whose_finding_it_is(text, expected):
    assert of_family(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I have had a COUGH. My daughter has a RASH.", [False, True]),
        ("I feel SICK. My little boy has a FEVER and a RASH.", [False, True, True]),
        ("My daughter has a RASH.", [False]),
        ("I have noticed a RASH. My son has FEVER.", [False, False]),
        ("I am worried about the FEVER of my son. My son has ATAXIA.", [False, False]),
        ("I had DIABETES in pregnancy. My son has ATAXIA.", [False, False]),
        ("My son is 4 and has ATAXIA. I had SEIZURES as a child. He has a RASH.", [False, True, False]),
        ("I had SEIZURES as a child and now PAIN.", [False, False]),
        ("I took my son to school. I had SEIZURES as a child and now PAIN.", [False, False]),
        ("My husband is 52 and has PAIN. His mother had GOUT.", [False, True]),
        ("My husband has PAIN.", [False]),
        ("My mum is 78 and has PAIN.", [False]),
        ("My 78-year-old mum has PAIN.", [False]),
        ("My husband has PAIN too.", [True]),
        ("My mother had GOUT.", [True]),
        ("I have a COUGH. My husband has PAIN.", [False, True]),
        ("My husband has GOUT. Our son has ATAXIA.", [True, False]),
    ],
)
def test_a_speaker_tells_of_themself_or_of_one_of_theirs(text, expected):
    assert of_family(text) == expected


def test_a_relative_can_be_without_a_finding():
    assert contexts("Her mother has no EPILEPSY") == [Context(negated=True, experiencer=Experiencer.FAMILY)]


@pytest.mark.parametrize(
    "text",
    [
        "possible SEIZURES",
        "probably EPILEPSY",
        "suspected EPILEPSY",
        "questionable ATAXIA",
        "imaging suggests ATROPHY",
        "she may have ATAXIA",
        "a mass suspicious for CANCER",
        "The physician believes that EPILEPSY is the cause",
        "?SEIZURES at night",
        "SEIZURES?",
        "SEIZURES (?) at night",
        "EPILEPSY was suspected",
        "EPILEPSY cannot be excluded",
        "likely EPILEPSY",
    ],
)
def test_doubted(text):
    assert uncertain(text) == [True]
    assert negated(text) == [False]


@pytest.mark.parametrize(
    "text",
    [
        "SEIZURES",
        "His mother is concerned about WEAKNESS",
        "possible fever, ATAXIA",
        "possible pneumonia given her COUGH",
        "Which is the most likely cause of this patient's PAIN?",
        "WEAKNESS was likely secondary to opioids",
    ],
)
def test_not_doubted(text):
    assert uncertain(text) == [False]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SEIZURES", ["recent"]),
        ("history of SEIZURES", ["historical"]),
        ("a past medical history significant for GOUT, presents with PAIN", ["historical", "recent"]),
        ("a 2-month history of COUGH", ["recent"]),
        ("three weeks' history of COUGH", ["recent"]),
        ("History of present illness: COUGH", ["recent"]),
        ("previous FRACTURE", ["historical"]),
        ("As an infant he had SEIZURES which resolved", ["historical"]),
        ("SEIZURES have since completely resolved", ["historical"]),
        ("FRACTURE two years ago", ["historical"]),
        ("s/p FRACTURE", ["historical"]),
        ("The HEADACHE has gone.", ["historical"]),
        ("HEADACHE has now settled and he has FEVER", ["historical", "recent"]),
        ("The RASH went away after a week", ["historical"]),
        ("The FEVER has not settled", ["recent"]),
        ("The FEVER had not resolved", ["recent"]),
        ("When the FEVER subsided, she developed a RASH", ["historical", "recent"]),
        ("He has stopped walking, ATAXIA", ["recent"]),
        ("Past medical history: GOUT. ASTHMA.\nSocial history: PAIN", ["historical", "historical", "recent"]),
        ("no longer has SEIZURES", ["historical"]),
        ("rule out EPILEPSY", ["hypothetical"]),
        ("The physician differentiates between EMPHYSEMA and BRONCHITIS", ["hypothetical"] * 2),
        ("Not done, but would show CYSTS", ["hypothetical"]),
        ("no other NEVI, and FEVER", ["hypothetical", "recent"]),
        ("no other problems aside from GOUT", ["recent"]),
        ("imaging to exclude TUMOR", ["hypothetical"]),
        ("at risk of DEAFNESS", ["hypothetical"]),
        ("screening for ANEMIA", ["hypothetical"]),
        ("should SEIZURES occur", ["recent"]),
        ("should she develop SEIZURES", ["hypothetical"]),
        ("Return if FEVER, VOMITING or RASH develop", ["hypothetical"] * 3),
        ("If she has any PAIN, or FEVER, she should return", ["hypothetical"] * 2),
        ("Call for FEVER", ["hypothetical"]),
        ("may develop DEAFNESS", ["hypothetical"]),
        ("in case of SEIZURES", ["hypothetical"]),
        ("vaccinated against HEPATITIS", ["hypothetical"]),
        ("Which of the following supports HEPATITIS?", ["hypothetical"]),
        ("Which of the following explains the patient's PAIN?", ["recent"]),
        ("EPILEPSY was ruled out", ["recent"]),
        ("He had FEVER even if treated, ATAXIA", ["recent", "recent"]),
    ],
)
def test_when_it_holds(text, expected):
    assert temporality(text) == expected


def test_the_answers_do_not_depend_on_each_other():
    assert contexts("Family history: no possible EPILEPSY in the past") == [
        Context(
            negated=True,
            experiencer=Experiencer.FAMILY,
            certainty=Certainty.UNCERTAIN,
            temporality=Temporality.HISTORICAL,
        )
    ]


def test_what_is_wished_for_is_not_there():
    text = "She runs daily to lose weight"
    (context,) = contexts_of(text, [(18, len(text))])
    assert context.temporality is Temporality.HYPOTHETICAL


def test_a_header_in_capitals_begins_anew():
    assert negated("Scan not obtained  REFERRING DIAGNOSIS: SYNCOPE") == [False, False]


def test_letters_that_change_their_length_in_small_do_not_move_offsets():
    assert negated("İİİİ no FEVER. PAIN") == [True, False]


@given(st.text(max_size=200), st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), max_size=5))
def test_any_text_and_spans_get_one_context_each(text, ends):
    spans = [(min(e), max(e)) for e in ends]
    assert len(contexts_of(text, spans)) == len(spans)


@given(st.text(alphabet="abcdefghijkl mpqruvxz,", max_size=80))
def test_without_any_trigger_nothing_is_denied(text):
    # None of the triggers can be spelt with these letters.
    assert contexts_of(text, [(0, len(text))]) == (Context(),)


@pytest.mark.parametrize("text", ["3/12 h/o FEVER", "2-yr h/o FEVER", "5 weeks hx of FEVER"])
def test_how_long_the_present_illness_lasts_is_no_past(text):
    assert temporality(text) == ["recent"]


def test_a_denial_ends_where_a_finding_in_words_of_denial_begins():
    text = "No fever, doesn't sleep."
    assert [c.negated for c in contexts_of(text, [(3, 8), (10, 23)])] == [True, False]
