"""Symbols of genes in a question, told from the abbreviations that look like them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

_GENE = re.compile(r"\b(?:C\d{1,2}orf\d+|[A-Z][A-Z0-9]{1,9}(?:-[A-Z0-9]+)?)\b")
_NAMED = (
    re.compile(r"\bgenes?\s+([A-Za-z][A-Za-z0-9-]{1,9})\b"),
    re.compile(r"\b([A-Za-z][A-Za-z0-9-]{1,9})\s+(?:genes?|variants?|mutations?)\b"),
)
_EVERYDAY_SYMBOLS = """
    ACE ACTH AFP ALB AR ATM C3 CAD CAT CP CRP DES EGFR EPO GH HP HR IGF1 INS MB PC PTH REN TF TG TH TPO TTR
    """
_EVERYDAY = frozenset(_EVERYDAY_SYMBOLS.split())
"""Symbols that are abbreviations too ("low PTH", "AR or AD"): genes beside "gene" or "variant", in a list, or alone."""
_NO_GENE = re.compile(r"(?:MRI|EEG|ECG|EKG|EMG|CT|PET|WES|WGS|CGH|VUS|SNP|CMA|T[12]|DNA|RNA|AD|XL|[A-Z]\d+[A-Z])$")
"""Tests, inheritance and changes of an amino acid, in lists with genes."""
_LISTED = re.compile(r"\s*(?:[,;/&]|\band\b|\bor\b)\s*(?:\b(?:and|or)\b\s*)?", re.IGNORECASE)
"""What stands between two of a list."""


def find_symbols(question: str, known: Collection[str]) -> dict[tuple[int, int], str]:
    """Place of each symbol of a known gene -> the symbol in capitals; in any case beside "gene" and "variant".

    Args:
        question: in words.
        known: symbols in capitals.
    """
    places = {m.span(): m[0] for listed in _lists(question, known) for m in listed if _is_meant(m, listed, question)}
    for match in (m for pattern in _NAMED for m in pattern.finditer(question)):
        places[match.span(1)] = match[1]
    return {place: symbol.upper() for place, symbol in places.items() if symbol.upper() in known}


def unknown_symbols(
    question: str, known: Collection[str], of_genes: Collection[int], others: Collection[int]
) -> Iterator[str]:
    """Symbols of no known gene in a list with known genes.

    Args:
        question: in words.
        known: symbols in capitals.
        of_genes: where the known ones begin.
        others: places of what the question names beside genes.
    """
    for listed in _lists(question, known):
        if not any(m.start() in of_genes for m in listed):
            continue
        for match in listed:
            is_other = match[0].upper() in known or _NO_GENE.match(match[0]) or match.start() in others
            # Of two alone the other may be anything.
            if not is_other and (len(listed) > 2 or any(c.isdigit() for c in match[0])):
                yield match[0]


def _is_meant(symbol: re.Match[str], listed: Sequence[re.Match[str]], question: str) -> bool:
    has_others = any(m[0] not in _EVERYDAY and not _NO_GENE.match(m[0]) for m in listed)
    return symbol[0] not in _EVERYDAY or has_others or symbol[0] == question.strip(" .?!")


def _lists(question: str, known: Collection[str]) -> list[list[re.Match[str]]]:
    """What may be symbols, by the list that it stands in; of a question all in capitals what has a digit.

    Unless it is a list of known symbols and nothing else.
    """
    words = [w for w in re.split(r"[\s,;/&?.!]+", question) if w and w.upper() not in ("AND", "OR")]
    is_shouting = question.isupper() and len(words) > 1 and not all(w in known for w in words)
    lists: list[list[re.Match[str]]] = []
    for match in _GENE.finditer(question):
        if match[0] in ("AND", "OR") or (is_shouting and not any(c.isdigit() for c in match[0])):
            continue
        if lists and _LISTED.fullmatch(question, lists[-1][-1].end(), match.start()):
            lists[-1].append(match)
        else:
            lists.append([match])
    return lists
