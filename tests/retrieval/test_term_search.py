"""Terms while their name is being typed."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kg.ontology import PHENOTYPIC_ABNORMALITY, ROOT, Ontology
from kg.schema import Provenance, Synonym, Term
from kg.translations import Language, Translations
from retrieval.lexicon import Lexicon
from retrieval.linking import PhraseLinker
from retrieval.term_search import MAX_QUERY, TermSearch
from tests.fakes import HashEmbedder

SEIZURE, FOCAL, DEAF, HANDS, MODE = "HP:0001250", "HP:0007359", "HP:0000365", "HP:0012171", "HP:0000007"
NAMES = {
    SEIZURE: ("Seizure", "Epileptic fit"),
    FOCAL: ("Focal-onset seizure", "Partial seizure"),
    DEAF: ("Hearing impairment", "Deafness", "Hearing loss"),
    HANDS: ("Stereotypical hand wringing", "Hand-wringing"),
}


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    findings = (
        Term(
            term_id=term_id,
            name=name,
            synonyms=tuple(Synonym(text=s) for s in synonyms),
            parent_ids=(PHENOTYPIC_ABNORMALITY,),
        )
        for term_id, (name, *synonyms) in NAMES.items()
    )
    return Ontology(
        (
            Term(term_id=ROOT, name="All"),
            Term(term_id=PHENOTYPIC_ABNORMALITY, name="Phenotypic abnormality", parent_ids=(ROOT,)),
            Term(term_id=MODE, name="Autosomal recessive inheritance of seizures", parent_ids=(ROOT,)),
            *findings,
        ),
        {"HP:0002279": SEIZURE},
    )


@pytest.fixture(scope="module")
def search(ontology) -> TermSearch:
    chinese = Translations(
        language=Language.CHINESE,
        labels={SEIZURE: "癫痫发作", FOCAL: "局灶性癫痫发作", MODE: "癫痫遗传"},
        synonyms=((DEAF, "耳聋"),),
        provenance=Provenance(source="s", version="1", reference="", licence="none"),
    )
    return TermSearch(ontology, Lexicon(ontology), chinese)


def ids(search: TermSearch, query: str, limit: int = 8) -> list[str]:
    return [hit.term_id for hit in search.find(query, limit)]


def test_the_nearest_wording_comes_first(search):
    assert ids(search, "seizure") == [SEIZURE, FOCAL]
    assert ids(search, "SEIZ") == [SEIZURE, FOCAL]
    assert ids(search, "hear") == [DEAF]
    assert search.find("hearing l")[0].wording == "Hearing loss"


def test_every_word_begins_a_word_in_any_order(search):
    assert ids(search, "wring hand") == [HANDS]
    assert ids(search, "hand-wr") == [HANDS]
    assert ids(search, "onset seiz") == [FOCAL]
    assert ids(search, "izure") == []
    assert ids(search, "seizure hearing") == []


def test_each_term_once_and_no_more_than_asked_for(search):
    assert ids(search, "h") == [DEAF, HANDS]
    assert ids(search, "s", limit=1) == [SEIZURE]


def test_another_language(search):
    assert ids(search, "癫痫") == [SEIZURE, FOCAL]
    assert ids(search, "局灶") == [FOCAL]
    assert ids(search, "聋") == [DEAF]


def test_an_id_old_or_current_is_found_and_one_that_is_no_finding_is_not(search):
    assert ids(search, "hp:0001250") == [SEIZURE]
    assert ids(search, "HP:0002279") == [SEIZURE]
    assert ids(search, MODE) == []
    assert ids(search, "HP:9999999") == []
    assert ids(search, "recessive") == []


def test_other_words_for_a_whole_wording_are_left_to_the_lexicon(search):
    assert ids(search, "wringing of the hands") == [HANDS]


@pytest.mark.parametrize("query", ["", "  ", "?", "\n"])
def test_nothing_is_found_for_nothing(search, query):
    assert search.find(query) == ()


@example("A")  # the root of all findings is none
@given(st.text(max_size=2 * MAX_QUERY))
def test_what_is_found_begins_as_the_query_does_whatever_is_typed(search, query):
    for hit in search.find(query):
        assert hit.term_id in NAMES


@given(st.sampled_from(sorted(NAMES)), st.integers(1, 30))
def test_every_beginning_of_a_name_finds_it(search, term_id, n):
    assert term_id in ids(search, NAMES[term_id][0][:n])


def test_where_no_wording_begins_as_the_query_does_the_nearest_in_meaning_are_suggested(ontology):
    linker = PhraseLinker.build(ontology, HashEmbedder(4096))
    search = TermSearch(ontology, Lexicon(ontology), linker=linker)
    assert search.find("wringing when stereotypical hand")[0].term_id == HANDS
    assert search.find("seizure")[0].term_id == SEIZURE  # as without
    assert search.find("quite another matter") == ()
