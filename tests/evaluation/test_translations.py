"""Reading back: what is counted, on toy terms."""

import json

import pytest

from evaluation.schema import Case
from evaluation.translations import _FRAMES, read_back, read_notes, word_case
from kg.errors import SourceError
from kg.translations import TRANSLATED, Language
from retrieval.lexicon import Lexicon
from retrieval.multilingual import MultilingualReader
from tests.babelon import write_babelon
from tests.toy import BRITTLE, LARGE, STRIPED, WOBBLING, patient

CASE = Case(case_id="1", findings=patient(LARGE, STRIPED, no=[BRITTLE]), gold_ids=(), publication="")


@pytest.fixture(scope="module")
def reader(toy_graph, tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    chinese = {LARGE: "佐布增大", BRITTLE: "弗利姆易碎", STRIPED: "佐布条纹", WOBBLING: "弗利姆晃动"}
    spanish = {LARGE: "Zorbo grande", BRITTLE: "Flimo frágil", STRIPED: "Zorbo rayado", WOBBLING: "Flimo tembloroso"}
    write_babelon(folder, Language.CHINESE, chinese)
    write_babelon(folder, Language.SPANISH, spanish)
    return MultilingualReader(toy_graph.ontology, Lexicon(toy_graph.ontology), folder=folder)


def test_a_case_in_words(reader):
    text, told = word_case(CASE, _FRAMES[Language.CHINESE][0], reader, Language.CHINESE, WOBBLING)
    assert text == "患儿表现为佐布增大及佐布条纹。无弗利姆易碎。母亲有弗利姆晃动。"
    assert told == {LARGE: False, STRIPED: False, BRITTLE: True}
    text, _ = word_case(CASE, _FRAMES[Language.SPANISH][0], reader, Language.SPANISH, "")
    assert text == "El paciente presenta zorbo grande y zorbo rayado. No presenta flimo frágil. "


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_frame_is_read_back(reader, language):
    cases = [CASE] * len(_FRAMES[language])
    agreement = read_back(cases, reader, language, 0)
    assert len(cases) == 8
    assert (agreement.n_told, agreement.n_right, agreement.n_read) == (24, 24, 24)
    assert (agreement.n_right_present, agreement.n_told_present, agreement.n_flipped) == (16, 16, 0)
    assert agreement.precision == agreement.recall == 1.0


def test_notes_are_counted(reader, tmp_path):
    path = tmp_path / "notes_es.json"
    notes = [
        {"text": "Niña con zorbo grande, sin zorbo rayado.", "present": {LARGE: "", BRITTLE: ""}, "excluded": {}},
        {"text": "El niño no presenta flimo frágil.", "present": {BRITTLE: ""}, "excluded": {}},
        {"text": "Der Patient hat Fieber.", "present": {LARGE: ""}, "excluded": {}},  # not read
    ]
    path.write_text(json.dumps(notes), encoding="utf-8")
    agreement = read_notes(path, reader, Language.SPANISH)
    assert (agreement.n_texts, agreement.n_told, agreement.n_read, agreement.n_right) == (3, 4, 3, 1)
    assert agreement.n_flipped == 1
    assert agreement.precision == pytest.approx(1 / 3)
    assert agreement.recall == 0.25
    assert "precision 33.3%, recall 25.0% of 4 findings in 3 texts" in str(agreement)


def test_another_file_is_refused(reader, tmp_path):
    path = tmp_path / "notes_es.json"
    path.write_text('[{"text": "a"}]', encoding="utf-8")
    with pytest.raises(SourceError, match="is not a list of notes"):
        read_notes(path, reader, Language.SPANISH)
    path.write_bytes(b'[{"text": "a story"}]\xff')
    with pytest.raises(SourceError, match=r"present and excluded: byte 0xff is not UTF-8$"):
        read_notes(path, reader, Language.SPANISH)
