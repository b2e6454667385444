"""Which words of a question are genes."""

import pytest

from llm.conversation.gene_symbols import find_symbols, unknown_symbols

KNOWN = {"FLM1", "ZRB1", "C9ORF72", "PTH", "AR", "DMD"}


def found(question: str) -> list[str]:
    return [symbol for _, symbol in sorted(find_symbols(question, KNOWN).items())]


def unknown(question: str) -> list[str]:
    places = {start for start, _ in find_symbols(question, KNOWN)}
    return list(unknown_symbols(question, KNOWN, places, ()))


@pytest.mark.parametrize(
    ("question", "symbols"),
    [
        ("why not FLM1?", ["FLM1"]),
        ("WHY NOT FLM1?", ["FLM1"]),
        ("FLM1, DMD", ["FLM1", "DMD"]),
        ("Which of FLM1, C9orf72 and DMD fits best?", ["FLM1", "C9ORF72", "DMD"]),
        ("is it the gene flm1?", ["FLM1"]),
        ("a variant in zrb1?", []),
        ("the zrb1 variant?", ["ZRB1"]),
        # Abbreviations of other things, unless a gene is meant.
        ("Could the low PTH explain this?", []),
        ("Is it AR or AD?", []),
        ("AR?", ["AR"]),
        ("FLM1, PTH and AR", ["FLM1", "PTH", "AR"]),
        ("Is the AR variant relevant?", ["AR"]),
    ],
)
def test_symbols(question, symbols):
    assert found(question) == symbols


@pytest.mark.parametrize(
    ("question", "symbols"),
    [
        ("FLM1, QQX7 and ZRB1?", ["QQX7"]),
        ("FLM1 and QQX7?", ["QQX7"]),
        ("FLM1, QQX and ZRB1?", ["QQX"]),
        ("QQX and FLM1?", []),  # may be anything
        ("Should we do MRI, EEG and FLM1?", []),
        ("Does FLM1 R168X explain this?", []),
        ("T2 and FLM1?", []),
        ("QQX7 and QQX8?", []),
    ],
)
def test_unknown_symbols_beside_known_ones(question, symbols):
    assert unknown(question) == symbols
