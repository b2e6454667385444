"""Stories in three languages, read into one ontology."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import NotReadyError, UnknownIdError, UsageError
from kg.translations import TRANSLATED, Language
from retrieval.errors import UnsupportedLanguageError
from retrieval.findings import MAX_CHARACTERS
from retrieval.lexicon import Lexicon, load_lexicon
from retrieval.multilingual import MultilingualReader
from tests.babelon import write_babelon
from tests.toy import BRITTLE, FLIM, LARGE, OLD_LARGE, STRIPED, UNKNOWN_TERM

NOTES = Path(__file__).parents[1] / "data"


@pytest.fixture(scope="module")
def reader(toy_graph, tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    write_babelon(folder, Language.CHINESE, {LARGE: "佐布增大", BRITTLE: "弗利姆易碎", STRIPED: "佐布条纹"})
    write_babelon(folder, Language.SPANISH, {LARGE: "Zorbo grande", BRITTLE: "Flimo frágil", STRIPED: "Zorbo rayado"})
    return MultilingualReader(toy_graph.ontology, Lexicon(toy_graph.ontology), folder=folder)


def read(reader: MultilingualReader, text: str) -> list[tuple[str, bool, str]]:
    found = reader.find_findings(text)
    assert all(text[f.start : f.end] == f.quote for f in found)
    return [(f.term_id, f.excluded, f.quote) for f in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A girl with a large zorb, no brittle flim.", [(LARGE, False, "large zorb"), (BRITTLE, True, "brittle flim")]),
        ("患儿佐布增大，无弗利姆易碎。", [(LARGE, False, "佐布增大"), (BRITTLE, True, "弗利姆易碎")]),
        (
            "Niña con zorbo grande, sin flimo frágil.",
            [(LARGE, False, "zorbo grande"), (BRITTLE, True, "flimo frágil")],
        ),
        ("母亲佐布条纹，患儿佐布增大", [(LARGE, False, "佐布增大")]),
        ("无佐布增大。近日佐布增大。", [(LARGE, False, "佐布增大")]),  # the first that is not denied
        ("患儿3岁，无 brittle flim，佐布增大", [(BRITTLE, True, "brittle flim"), (LARGE, False, "佐布增大")]),
        (f"患儿佐布条纹，{OLD_LARGE}", [(STRIPED, False, "佐布条纹"), (LARGE, False, OLD_LARGE)]),
    ],
)
def test_the_same_findings_in_each_language(reader, text, expected):
    assert read(reader, text) == expected


def test_labels_of_findings_are_english_and_others_are_to_be_had(reader):
    (finding,) = reader.find_findings("患儿佐布增大。")
    assert finding.label == "Large zorb"
    assert reader.label(LARGE, Language.CHINESE) == "佐布增大"
    assert reader.label(OLD_LARGE, Language.SPANISH) == "Zorbo grande"
    assert reader.label(LARGE, Language.ENGLISH) == "Large zorb"
    assert reader.label(FLIM, Language.CHINESE) == reader.label(FLIM, Language.ENGLISH)  # not translated


def test_another_language_is_refused(reader):
    with pytest.raises(UnsupportedLanguageError, match="German"):
        reader.find_findings("Der Patient hat Fieber und ein large zorb.")


@pytest.mark.parametrize("text", ["", "  \n", "a" * (MAX_CHARACTERS + 1), "佐" * (MAX_CHARACTERS + 1)])
def test_empty_and_overlong_texts_are_refused(reader, text):
    with pytest.raises(UsageError):
        reader.find_findings(text)


def test_unknown_ids_are_refused(reader):
    with pytest.raises(UnknownIdError, match=UNKNOWN_TERM):
        reader.find_findings(f"患儿佐布增大，{UNKNOWN_TERM}")


def test_without_translations_english_works_and_others_name_the_command(toy_graph, tmp_path):
    reader = MultilingualReader(toy_graph.ontology, Lexicon(toy_graph.ontology), folder=tmp_path)
    assert read(reader, "A large zorb") == [(LARGE, False, "large zorb")]
    for text in ("患儿抽搐", "Niño con fiebre"):
        with pytest.raises(NotReadyError, match="citedx data pull translations"):
            reader.find_findings(text)


TOLD = {Language.CHINESE: "佐布增大", Language.SPANISH: "zorbo grande"}


@given(before=st.text(), after=st.text(), language=st.sampled_from(TRANSLATED))
def test_any_text_is_read_with_exact_quotes(reader, before, after, language):
    text = f"{before}. {TOLD[language]}. {after}"
    if "HP:" not in text:
        statements = reader.find_statements(text, language)
        assert TOLD[language] in {s.finding.quote for s in statements}
        assert all(s.finding.quote == text[s.finding.start : s.finding.end] for s in statements)


@pytest.mark.data
@pytest.mark.release
@pytest.mark.parametrize("language", TRANSLATED)
def test_written_notes_are_read_with_the_right_polarity(release_graph, language):
    reader = MultilingualReader(release_graph.ontology, load_lexicon(release_graph))
    n_told = n_right = 0
    for note in json.loads((NOTES / f"notes_{language}.json").read_text(encoding="utf-8")):
        assert reader.detect(note["text"]) is language
        told = dict.fromkeys(note["present"], False) | dict.fromkeys(note["excluded"], True)
        found = {f.term_id: f.excluded for f in reader.find_findings(note["text"])}
        assert [t for t in told if t in found and found[t] is not told[t]] == []
        n_told += len(told)
        n_right += sum(t in found for t in told)
    assert n_right > 0.85 * n_told


@pytest.mark.data
@pytest.mark.release
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Como antecedente, sistema nervioso central normal y depresión del ST.", []),
        ("Temblor aleteante ausente; vejiga hiperactiva.", ["no Asterixis", "Spastic/hyperactive bladder"]),
        ("精神状态可，痛觉正常，止痛药无效，血常规红细胞正常。", []),
        ("口角偏斜，饮水呛咳，肝脾未触及。", ["Facial palsy", "Dysphagia", "no Hepatosplenomegaly"]),
    ],
)
def test_common_words_are_no_findings(release_graph, text, expected):
    reader = MultilingualReader(release_graph.ontology, load_lexicon(release_graph))
    found = [f"{'no ' * f.excluded}{f.label}" for f in reader.find_findings(text)]
    assert [f for f in found if f not in ("no Hepatomegaly", "no Splenomegaly")] == expected
