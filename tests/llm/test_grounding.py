"""Nothing is shown that its citation does not bear: a table of what is kept, and of what is taken out, and why."""

from dataclasses import replace

import pytest

from kg.graph import KnowledgeGraph
from llm.chat.protocol import Rung
from llm.grounding import NOTHING_LEFT, ground, ground_prose, ground_reading
from llm.reader import Reading
from llm.schema import Claim, Commentary, Diagnosis, OpenQuestion
from retrieval.evidence import EvidenceBook
from retrieval.schema import Evidence, EvidenceKind
from tests.toy import (
    ALPHA,
    ALPHA_ORPHA,
    BETA,
    BRITTLE,
    BRITTLE_TIP,
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
    association,
    hit,
    patient,
)

PATIENT = patient(VERY_LARGE, WOBBLING_STRIPES, no=[BRITTLE])
STATEMENTS = {
    "E1": (ALPHA, VERY_LARGE, 7),
    "E2": (ALPHA, STRIPED, 3),
    "E3": (ALPHA, BRITTLE, None),  # reported absent
    "E4": (ALPHA_ORPHA, VERY_LARGE, None),
    "E5": (ALPHA_ORPHA, WOBBLING, None),
    "E6": (GAMMA, LARGE, 10),
    "E7": (GAMMA, BRITTLE_TIP, None),  # reported absent
    "E8": (BETA, RED_STRIPED, 0),  # reported absent
    "E9": (GAMMA, WOBBLING_STRIPES, 1),
}
CASES = {"E10": (ALPHA, LARGE, STRIPED), "E11": (GAMMA, LARGE, WOBBLING_STRIPES), "E12": (BETA, BRITTLE, LARGE)}
IDS = {ALPHA: (ALPHA, ALPHA_ORPHA), BETA: (BETA,), GAMMA: (GAMMA,)}


@pytest.fixture(scope="module")
def evidence(toy_graph: KnowledgeGraph) -> tuple[Evidence, ...]:
    book = EvidenceBook(toy_graph)
    for disease_id, term_id, n in STATEMENTS.values():
        book.cite_association(association(toy_graph, disease_id, term_id, n))
    for disease_id, *present in CASES.values():
        book.cite_case(hit(disease_id, *present))
    assert [e.evidence_id for e in book.evidence] == [*STATEMENTS, *CASES]
    return book.evidence


def claim(disease_id: str, term_id: str | None, *evidence_ids: str, supports: bool = True) -> Claim:
    return Claim(text="...", supports=supports, evidence_ids=evidence_ids, disease_id=disease_id, term_id=term_id)


def against(disease_id: str, term_id: str | None, *evidence_ids: str) -> Claim:
    return claim(disease_id, term_id, *evidence_ids, supports=False)


def diagnosis(disease_id: str, *claims: Claim) -> Diagnosis:
    ids = IDS.get(disease_id, (disease_id,))
    return Diagnosis(disease_id=ids[0], name="", rank=1, probability=0.5, claims=claims, equivalent_ids=ids)


@pytest.mark.parametrize(
    ("findings", "good"),
    [
        (PATIENT, claim(ALPHA, VERY_LARGE, "E1")),
        (PATIENT, claim(ALPHA, VERY_LARGE, "E1", "E4")),  # both entries of the disease
        (PATIENT, claim(ALPHA_ORPHA, VERY_LARGE, "E1")),
        (PATIENT, claim(ALPHA, WOBBLING_STRIPES, "E2", "E5")),  # more general
        (PATIENT, claim(GAMMA, VERY_LARGE, "E6")),
        (patient(LARGE), claim(ALPHA, LARGE, "E1")),  # more specific
        (patient(OLD_LARGE), claim(GAMMA, OLD_LARGE, "E6")),  # older ids are current ones
        (PATIENT, claim(ALPHA, BRITTLE, "E3")),  # absent in both
        (patient(no=[BRITTLE_TIP]), claim(ALPHA, BRITTLE_TIP, "E3")),
        (PATIENT, claim(GAMMA, BRITTLE, "E7")),
        (patient(BRITTLE), against(ALPHA, BRITTLE, "E3")),
        (patient(BRITTLE_TIP), against(ALPHA, BRITTLE_TIP, "E3")),
        (patient(no=[LARGE]), against(ALPHA, LARGE, "E1")),
        (PATIENT, against(BETA, BRITTLE, "E12")),  # a published patient has what this one lacks
        (patient(STRIPED), against(ALPHA, VERY_LARGE, "E1")),  # expected and not mentioned
        (PATIENT, claim(ALPHA, VERY_LARGE, "E10")),
        (PATIENT, claim(ALPHA, None, "E10")),
        (PATIENT, claim(BETA, None, "E12")),
    ],
)
def test_what_is_borne_is_kept(toy_graph: KnowledgeGraph, evidence: tuple[Evidence, ...], findings, good: Claim):
    given = [diagnosis(next(i for i in IDS if good.disease_id in IDS[i]), good)]
    assert ground(given, evidence, findings, toy_graph) == (tuple(given), ())


BAD = {
    "evidence that does not exist": (PATIENT, claim(ALPHA, VERY_LARGE, "E99"), "E99 does not exist"),
    "evidence by a wrong name": (PATIENT, claim(ALPHA, VERY_LARGE, "e1"), "e1 does not exist"),
    "evidence by an id of the world": (PATIENT, claim(ALPHA, None, "PMID:90000001"), "PMID:90000001 does not exist"),
    "no citation": (PATIENT, claim(ALPHA, VERY_LARGE), "it cites nothing"),
    "no citation of a case": (PATIENT, claim(ALPHA, None), "it cites nothing"),
    "one of two citations does not exist": (PATIENT, claim(ALPHA, VERY_LARGE, "E1", "E0"), "E0 does not exist"),
    "another disease's statement": (PATIENT, claim(ALPHA, VERY_LARGE, "E6"), f"E6 is about {GAMMA}"),
    "one of two citations is of another disease": (
        PATIENT,
        claim(ALPHA, VERY_LARGE, "E1", "E6"),
        f"E6 is about {GAMMA}",
    ),
    "another disease's case": (PATIENT, claim(ALPHA, None, "E11"), f"E11 is about {GAMMA}"),
    "another disease's absence": (PATIENT, claim(ALPHA, BRITTLE, "E7"), f"E7 is about {GAMMA}"),
    "another finding": (PATIENT, claim(ALPHA, VERY_LARGE, "E2"), f"E2 does not speak of {VERY_LARGE}"),
    "a sibling of the finding": (patient(LARGE), claim(ALPHA, LARGE, "E2"), f"E2 does not speak of {LARGE}"),
    "a finding of another organ": (PATIENT, claim(ALPHA, BRITTLE, "E1"), f"E1 does not speak of {BRITTLE}"),
    "a case without the finding": (PATIENT, claim(ALPHA, BRITTLE, "E10"), f"E10 does not speak of {BRITTLE}"),
    "present in both, said to be against": (
        PATIENT,
        against(ALPHA, VERY_LARGE, "E1"),
        "E1 says the opposite of the claim",
    ),
    "absent in both, said to be against": (PATIENT, against(ALPHA, BRITTLE, "E3"), "E3 says the opposite of the claim"),
    "present and denied, said to be for": (
        patient(RED_STRIPED),
        claim(BETA, RED_STRIPED, "E8"),
        "E8 says the opposite of the claim",
    ),
    "excluded and seen, said to be for": (
        patient(no=[LARGE]),
        claim(GAMMA, LARGE, "E6"),
        "E6 says the opposite of the claim",
    ),
    "a case that has it, said to be against": (
        PATIENT,
        against(ALPHA, VERY_LARGE, "E10"),
        "E10 says the opposite of the claim",
    ),
    "a case that has what is excluded, said to be for": (
        PATIENT,
        claim(BETA, BRITTLE, "E12"),
        "E12 says the opposite of the claim",
    ),
    "a special form is denied, the patient has the general": (
        patient(BRITTLE),
        against(GAMMA, BRITTLE, "E7"),
        f"E7 does not rule out what is said of {BRITTLE}",
    ),
    "a special form is excluded, the disease has the general": (
        patient(no=[RED_STRIPED]),
        against(ALPHA, RED_STRIPED, "E2"),
        f"E2 does not rule out what is said of {RED_STRIPED}",
    ),
    "for, about what the patient was not said to have": (
        patient(STRIPED),
        claim(ALPHA, VERY_LARGE, "E1"),
        f"E1 is cited for {VERY_LARGE}, which the patient was not said to have",
    ),
    "said to be missing, but implied": (
        PATIENT,
        against(ALPHA, WOBBLING, "E5"),
        f"E5 is cited for the lack of {WOBBLING}, which the patient's findings imply",
    ),
    "said to be expected, but denied by the source": (
        patient(STRIPED),
        against(BETA, RED_STRIPED, "E8"),
        "E8 does not say that it is expected",
    ),
    "a statement for a whole case": (
        PATIENT,
        claim(ALPHA, None, "E1"),
        "E1 is about one finding, and the claim names none",
    ),
    "a similar case said to be against": (PATIENT, against(ALPHA, None, "E10"), "E10 says the opposite of the claim"),
    "a case that shares nothing": (
        patient(WOBBLING),
        claim(BETA, None, "E12"),
        "E12 shares no finding with the patient",
    ),
    "a case that has what the patient lacks": (
        patient(WOBBLING, no=[LARGE, BRITTLE]),
        claim(BETA, None, "E12"),
        "E12 shares no finding with the patient",
    ),
    "a term that nobody knows": (
        PATIENT,
        claim(ALPHA, UNKNOWN_TERM, "E1"),
        f"{UNKNOWN_TERM} is not a term of the graph",
    ),
}


@pytest.mark.parametrize(("findings", "bad", "reason"), BAD.values(), ids=BAD)
def test_what_is_not_borne_is_removed(
    toy_graph: KnowledgeGraph, evidence: tuple[Evidence, ...], findings, bad: Claim, reason: str
):
    given = diagnosis(next(i for i in IDS if bad.disease_id in IDS[i]), bad)
    (grounded,), (removed,) = ground([given], evidence, findings, toy_graph)
    assert grounded == diagnosis(given.disease_id)
    assert (removed.claim, removed.reason) == (bad, reason)


def test_a_claim_about_another_disease_than_its_diagnosis(toy_graph: KnowledgeGraph, evidence: tuple[Evidence, ...]):
    stray = claim(GAMMA, VERY_LARGE, "E6")
    (grounded,), (removed,) = ground([diagnosis(ALPHA, stray)], evidence, PATIENT, toy_graph)
    assert grounded.claims == ()
    assert removed.reason == f"it is about {GAMMA}, not about {ALPHA}"


def test_a_disease_that_nobody_knows(toy_graph: KnowledgeGraph, evidence: tuple[Evidence, ...]):
    invented = claim("OMIM:1", VERY_LARGE, "E1")
    (grounded,), (removed,) = ground([diagnosis("OMIM:1", invented)], evidence, PATIENT, toy_graph)
    assert grounded.claims == ()
    assert removed.reason == "OMIM:1 is not a disease of the graph"


def test_good_claims_stay_beside_bad_ones(toy_graph: KnowledgeGraph, evidence: tuple[Evidence, ...]):
    good, late = claim(ALPHA, VERY_LARGE, "E1"), claim(ALPHA, BRITTLE, "E3")
    bad, worse = claim(ALPHA, VERY_LARGE, "E2"), claim(BETA, None, "E99")
    given = [diagnosis(ALPHA, good, bad, late), diagnosis(BETA, worse), diagnosis(GAMMA)]
    grounded, removed = ground(given, evidence, PATIENT, toy_graph)
    assert [d.claims for d in grounded] == [(good, late), (), ()]
    assert [r.claim for r in removed] == [bad, worse]


def test_an_excluded_finding_by_its_old_id_is_known(toy_graph: KnowledgeGraph, evidence: tuple[Evidence, ...]):
    given = diagnosis(ALPHA, against(ALPHA, BRITTLE, "E3"))
    assert ground([given], evidence, patient(OLD_BRITTLE), toy_graph) == ((given,), ())


# A model's words

ON_ALPHA = claim(ALPHA, VERY_LARGE, "E1")
LACKING = against(BETA, BRITTLE, "E12")
EXPECTED = against(ALPHA, STRIPED, "E2")
EXPECTING = patient(VERY_LARGE)  # was not asked about stripes

GOOD_WORDS = {
    "as the source words it": (ON_ALPHA, "Very large zorb is seen in 7 of 8 patients"),
    "a plural, another case, a synonym": (
        claim(GAMMA, VERY_LARGE, "E6"),
        "The patient's zorbomegaly fits Gamma dysplasia",
    ),
    "the general follows": (claim(GAMMA, VERY_LARGE, "E6"), "The patient has a large zorb, seen in 10 of 10 patients"),
    "its citation repeated": (ON_ALPHA, "Very large zorb was found in 7 of 8 patients [E1]."),
    "a quote": (ON_ALPHA, "Very large zorb is “seen in 7 of 8 patients”"),
    "another quote": (ON_ALPHA, 'The source: "Very large zorb, seen in 7 of 8 patients."'),
    "an absence in both": (claim(ALPHA, BRITTLE, "E3"), "Brittle flim is absent here and reported absent"),
    "lacking what the disease has": (LACKING, "Brittle flim is not present here but was reported"),
    "expected": (EXPECTED, "Striped zorb, seen in 3 of 4 male patients, is expected and not mentioned"),
    "a case": (claim(ALPHA, None, "E10"), "A published patient with Alpha syndrome, type II had a striped zorb"),
}


@pytest.mark.parametrize(("pointing", "text"), GOOD_WORDS.values(), ids=GOOD_WORDS)
def test_words_of_a_model_that_are_kept(toy_graph: KnowledgeGraph, evidence, pointing: Claim, text: str):
    findings = EXPECTING if pointing.term_id == STRIPED else PATIENT
    said = replace(pointing, text=text, by_model=True)
    given = (diagnosis(pointing.disease_id, said), *(diagnosis(d) for d in IDS if d != pointing.disease_id))
    assert ground(given, evidence, findings, toy_graph) == (given, ())


BAD_WORDS = {
    "another disease": (ON_ALPHA, "Very large zorb is seen in measles", "says “measle”"),
    "another candidate": (ON_ALPHA, "Very large zorb fits Beta disease", "names another candidate"),
    "another finding": (ON_ALPHA, "Very large zorb and wobbling flim are seen", "says “wobbling”"),
    "evidence that is not cited": (ON_ALPHA, "Very large zorb is seen [E4]", "U+005B"),
    "a bare number of evidence": (ON_ALPHA, "Very large zorb is seen, see E4", "says “e4”"),
    "a number": (ON_ALPHA, "Very large zorb is seen in 8 of 8 patients", "says “8 of 8”"),
    "half a number": (ON_ALPHA, "Very large zorb is seen in 8 patients", "says “8”"),
    "a number in words": (ON_ALPHA, "Very large zorb is seen in seven patients", "says “seven”"),
    "a judgement": (ON_ALPHA, "Very large zorb proves Alpha syndrome, type II", "says “prove”"),
    "the other direction": (ON_ALPHA, "Very large zorb speaks against it", "says “against”"),
    "no absence": (claim(ALPHA, BRITTLE, "E3"), "Brittle flim is not absent", "negates a negation"),
    "a negation": (ON_ALPHA, "Very large zorb is not seen", "says “not”"),
    "for, where it is against": (LACKING, "No brittle flim supports Beta disease", "says “support”"),
    "no word of the absence": (claim(ALPHA, BRITTLE, "E3"), "Brittle flim is reported", "says nothing of an absence"),
    "has what is only expected": (
        EXPECTED,
        "The patient has a striped zorb, which is not seen",
        "says “striped”",
    ),
    "turned round behind a name": (
        claim(ALPHA, WOBBLING_STRIPES, "E5"),
        "The patient has wobbling flim, and not striped",
        "says “not”",
    ),
    "has the special form": (claim(GAMMA, BRITTLE, "E7"), "The patient lacks a brittle tip of the flim", None),
    "what a case has not": (claim(ALPHA, None, "E10"), "A published patient had brittle flim", "says “brittle”"),
    "a quote that nobody wrote": (ON_ALPHA, 'Very large zorb: "seen in patients"', "quotes what"),
    "a quote of other evidence": (ON_ALPHA, 'Very large zorb: "seen in 3 of 4"', "quotes what"),
    "an empty quote": (ON_ALPHA, 'Very large zorb ""', "quotes what"),
    "a quote without an end": (ON_ALPHA, 'Very large zorb "seen', "opens a quotation"),
    "a picture": (ON_ALPHA, "Very large zorb ![x](http://a.b/c)", "U+0021"),
    "a tag": (ON_ALPHA, "Very large zorb <b>", "U+003C"),
    "an unseen sign": (ON_ALPHA, "Very large\u200b zorb", "U+FFFD"),  # as it is listed
    "look-alike letters": (ON_ALPHA, "Very large z\u043erb", "says “very”"),
    "nothing that can be checked": (ON_ALPHA, "It fits the patient", "names neither"),
    "nothing": (ON_ALPHA, " [E1]", "says nothing"),
}


@pytest.mark.parametrize(("pointing", "text", "reason"), BAD_WORDS.values(), ids=BAD_WORDS)
def test_words_of_a_model_that_are_removed(toy_graph: KnowledgeGraph, evidence, pointing: Claim, text, reason):
    findings = EXPECTING if pointing.term_id == STRIPED else PATIENT
    said = replace(pointing, text=text, by_model=True)
    given = [diagnosis(pointing.disease_id, said), *(diagnosis(d) for d in IDS if d != pointing.disease_id)]
    grounded, removed = ground(given, evidence, findings, toy_graph)
    if reason is None:  # who lacks the whole lacks the tip
        assert removed == ()
        return
    assert all(d.claims == () for d in grounded)
    assert [r.claim for r in removed] == [said]
    assert reason in removed[0].reason


def test_the_programs_words_are_not_looked_at(toy_graph: KnowledgeGraph, evidence: tuple[Evidence, ...]):
    given = diagnosis(ALPHA, replace(ON_ALPHA, text="measles <b> E99"))
    assert ground([given], evidence, PATIENT, toy_graph) == ((given,), ())


def test_prose_may_be_quoted_and_not_retold(toy_graph: KnowledgeGraph, evidence: tuple[Evidence, ...]):
    """In prose the order of the words is their sense."""
    passage = replace(
        evidence[0],
        evidence_id="E13",
        kind=EvidenceKind.PASSAGE,
        text="In most patients the zorb wobbles.",
        association=None,
    )
    quoted = replace(claim(ALPHA, VERY_LARGE, "E13"), text='Very large zorb: "the zorb wobbles"', by_model=True)
    retold = replace(quoted, text="Very large zorb: in most patients the zorb wobbles")
    ((grounded,), (removed,)) = ground([diagnosis(ALPHA, quoted, retold)], (*evidence, passage), PATIENT, toy_graph)
    assert grounded.claims == (quoted,)
    assert (removed.claim, removed.reason) == (retold, "its text says “most”, which the evidence does not")


ALL = tuple(diagnosis(d) for d in IDS)
GOOD_PROSE = {
    "one sentence": "Very large zorb fits Alpha syndrome, type II [E1].",
    "two evidences": "Very large zorb fits Alpha syndrome, type II [E1] [E4].",
    "a sentence in parts": "Very large zorb speaks for Alpha syndrome, type II [E1], but brittle flim is absent [E3].",
    "for and against": "Very large zorb is present [E6], while Beta disease is reported without red striped zorb [E8].",
    "two diseases": "Large zorb is seen in Gamma dysplasia and in Alpha syndrome, type II [E6] [E1].",
    "what a case had": "A published patient with Beta disease had large zorb [E12].",
}


@pytest.mark.parametrize("text", GOOD_PROSE.values(), ids=GOOD_PROSE)
def test_prose_that_is_kept(toy_graph: KnowledgeGraph, evidence: tuple[Evidence, ...], text: str):
    assert ground_prose(text, ALL, evidence, PATIENT, toy_graph) == (text, ())


def test_citations_are_written_one_way(toy_graph: KnowledgeGraph, evidence: tuple[Evidence, ...]):
    text = "Very large zorb fits Alpha syndrome, type II [E1, E4]."
    shown, removed = ground_prose(text, ALL, evidence, PATIENT, toy_graph)
    assert (shown, removed) == ("Very large zorb fits Alpha syndrome, type II [E1] [E4].", ())


BAD_PROSE = {
    "no citation": ("Very large zorb fits Alpha syndrome, type II.", "it cites nothing"),
    "a citation that does not exist": ("Very large zorb fits [E1] [E99].", "E99 does not exist"),
    "an end without a citation": ("Very large zorb fits [E1], so it is measles.", "its end cites nothing"),
    "a citation before the words": ("[E1] Very large zorb fits.", "its end cites nothing"),
    "citations alone": ("[E1] [E2].", "it cites before it says anything"),
    "what is not cited": ("Measles is seen in 7 of 8 patients [E1].", "it says “measle”, which the evidence does not"),
    "one bad part": ("Very large zorb fits [E1] and Beta disease [E3].", "it names another candidate, Beta disease"),
    "evidence of another disease": (
        "Very large zorb fits Gamma dysplasia [E1].",
        "it names another candidate, Gamma dysplasia",
    ),
    "the other direction": (
        "Very large zorb speaks against it [E1].",
        "it says “against”, which the evidence does not",
    ),
    "an absence turned round": ("Brittle flim fits Alpha syndrome, type II [E3].", "it says nothing of an absence"),
    "two that do not go together": (
        "Very large zorb and brittle flim fit [E1] [E3].",
        "E1, E3 speak of what is absent and of what is not",
    ),
    "an invented quote": ('"Very large zorb in everybody" [E1].', "it quotes what is not in the evidence"),
}


@pytest.mark.parametrize(("text", "reason"), BAD_PROSE.values(), ids=BAD_PROSE)
def test_prose_that_is_removed(toy_graph: KnowledgeGraph, evidence: tuple[Evidence, ...], text: str, reason: str):
    good = GOOD_PROSE["one sentence"]
    shown, (removed,) = ground_prose(f"{good} {text} {good}", ALL, evidence, PATIENT, toy_graph)
    assert shown == f"{good} {good}"
    assert (removed.claim.text, removed.reason) == (text, reason)


def commented(summary: str = "", *, asks: str | None = None, claims=()) -> Reading:
    questions = (OpenQuestion(term_id=asks, text="?"),) if asks else ()
    commentary = Commentary(model="m", rung=Rung.PLAIN, summary=summary, questions=questions, notes=("n",))
    return Reading(diagnoses=(diagnosis(ALPHA, *claims),), evidence=(), commentary=commentary)


@pytest.mark.parametrize(
    ("reading", "is_left"),
    [
        (commented(), False),
        (commented("Very large zorb fits."), False),
        (commented("Very large zorb fits [E1]."), True),
        (commented(asks=LARGE), True),
        (commented(asks=UNKNOWN_TERM), False),  # no evidence speaks of it
        (commented(claims=[ON_ALPHA]), False),
        (commented(claims=[replace(ON_ALPHA, text="Very large zorb", by_model=True)]), True),
    ],
)
def test_a_commentary_of_which_nothing_is_left(toy_graph: KnowledgeGraph, evidence, reading: Reading, is_left: bool):
    _, commentary, _ = ground_reading(replace(reading, evidence=evidence), PATIENT, toy_graph)
    assert commentary is not None
    assert commentary.rung is (Rung.PLAIN if is_left else Rung.READER)
    assert commentary.notes == (("n",) if is_left else ("n", NOTHING_LEFT))
