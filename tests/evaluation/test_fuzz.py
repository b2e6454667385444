"""Random texts: the same under a seed, of the kinds that are promised, and read without a fault."""

import pytest

from evaluation.fuzz import FuzzResult, fuzz, main, random_texts, wordings_for_fuzzing
from kg.schema import Finding
from retrieval.lexicon import Lexicon
from retrieval.multilingual import MultilingualReader
from tests.toy import LARGE

WORDINGS = ("large zorb", "佐布增大", "zorbo grande")


class Wrong(MultilingualReader):
    """A reader that quotes one letter too few, and stumbles over one text."""

    def find_findings(self, text, language=None):
        if text == "stone":
            raise IndexError(text)
        return (Finding(term_id=LARGE, label="Large zorb", quote=text[:-1], start=0, end=len(text)),)


def test_the_texts_are_the_same_under_a_seed_and_mix_scripts_and_controls():
    texts = list(random_texts(WORDINGS, 200, seed=1))
    assert texts == list(random_texts(WORDINGS, 200, seed=1)) != list(random_texts(WORDINGS, 200, seed=2))
    whole = "".join(texts)
    assert all(
        piece in whole for piece in (*WORDINGS, "\0", "\u202e", "<p>", "HP:9999999", "🧠", "\ud800", "|") if piece
    )
    assert "" in texts


def test_the_reader_of_a_small_ontology_has_no_fault(toy_graph, tmp_path):
    reader = MultilingualReader(toy_graph.ontology, Lexicon(toy_graph.ontology), folder=tmp_path)
    result = fuzz(reader, list(random_texts(WORDINGS, 200)))
    assert result.faults == ()
    assert result.n_texts == 200
    assert result.n_findings > 0
    assert result.n_refused > 0


def test_faults_are_found_and_named(toy_graph):
    reader = Wrong(toy_graph.ontology, Lexicon(toy_graph.ontology))
    result = fuzz(reader, ["stone", "a zorb"])
    assert result.faults == (
        *[("stone", "IndexError('stone')")] * 4,
        *[("a zorb", f"quote of {LARGE}")] * 4,
    )
    assert (result.n_findings, result.n_refused) == (1, 0)


def test_a_result_in_a_line():
    result = FuzzResult(n_texts=1000, n_findings=5, n_refused=2, faults=(), seconds=1.26, slowest_s=0.5)
    assert str(result) == "1,000 texts: 5 findings, 2 refused, 0 faults; 1.3 s of processor time, the slowest 0.50 s"


@pytest.mark.release
def test_the_reader_of_the_release_has_no_fault(capsys, release_graph):
    assert main(["--n", "300", "--seed", "3"]) == 0
    assert capsys.readouterr().out.startswith("300 texts: ")
    assert len(wordings_for_fuzzing(release_graph.ontology)) > 40_000
