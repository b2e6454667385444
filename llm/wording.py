"""A language model's words held against what they rest on: it may say no more than the cited evidence says.

The rule is strict and simple. What is left of a text once the whole names of its own disease and findings are taken
out must consist of words and numbers of the cited evidence, and of the joining words listed here. It negates where,
and only where, what it rests on is an absence; it says "for" or "against" only as the evidence does; of the patient
it says only what the patient is known to have or lack. What is in quotation marks must be in the evidence, letter for
letter.

Every word is checked and their order is not: a text that puts supported words together wrongly passes. Judgements
("typical", "always", "most likely") are no joining words, so no model can make one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass


def _stem(word: str) -> str:
    """The word without a plural s."""
    return word.removesuffix("s") or word


def _listed(words: str) -> frozenset[str]:
    return frozenset(map(_stem, words.split()))


JOINING_WORDS = _listed(
    """
    a an the this that these those which who whose whereas while and or but both also as at by from in into of on
    through to with within among between it its they their there here is are was were be been being has have had having
    s case cases patient patients disease diseases disorder disorders diagnosis diagnoses condition conditions finding
    findings feature features sign signs symptom symptoms phenotype presentation evidence source sources statement
    statements annotation annotations literature report reports reported publication publications published described
    documented recorded noted seen observed found frequency frequencies count counted similar
    """
)
"""Words that tie a sentence together and say nothing of a disease; a plural s aside."""

WORDS_FOR = _listed(
    """
    for support supports supported supporting fit fits fitting match matches matched matching agree agrees agreed
    agreeing consistent compatible explain explains explained explaining favour favours favor favors speak speaks
    present
    """
)
"""Words that may be used only where the evidence speaks for the disease."""

WORDS_AGAINST = _listed(
    """
    against contradict contradicts contradicted contradicting conflict conflicts conflicting oppose opposes opposed
    speak speaks expected mentioned present
    """
)
"""Words that may be used only where the evidence speaks against the disease."""

NEGATIONS = _listed(
    "not no nor neither never none absent absence excluded excludes without lack lacks lacked lacking missing"
)
"""Words that turn a statement round."""

_DIRECTED = {True: WORDS_FOR, False: WORDS_AGAINST, None: frozenset({"for"})}

OF_THE_PATIENT = frozenset({"patient", "here", "present"})
"""Words that speak of this patient, unless it is a published or counted one: "a published patient", "1 patient"."""

_NEW_START = frozenset({"|", "and", "but", "while", "wherea"})  # a name, or the stem of a word that joins

CITATION = re.compile(r"\[(E[0-9]+(?: ?[,;] ?E[0-9]+)*)\]")
"""``[E3]`` or ``[E3, E4]``."""

_WORD = re.compile(r"[^\W_]+%?")
_POINT = re.compile(r"(?<=[0-9])[.,](?=[0-9])")  # 3.5 and 1,000 are one number
_QUOTED = re.compile('"([^"]*)"|“([^”]*)”|„([^“”]*)[“”]|«([^»]*)»|‹([^›]*)›|「([^」]*)」')
_QUOTE_MARKS = frozenset('"“”„«»‹›「」')
_PUNCTUATION = frozenset(" .,;:()'’/-–—+%") | _QUOTE_MARKS


@dataclass(frozen=True, slots=True, kw_only=True)
class Backing:
    """What a text may say."""

    names: frozenset[str] = frozenset()
    """Whole names that it may use: of the cited evidence's disease and terms, and of the findings it bears on."""
    not_the_patients: frozenset[str] = frozenset()
    """Those of them that are findings which the patient is not known to have, or to lack."""
    other_names: frozenset[str] = frozenset()
    """Names of the other diseases of the differential; they win over a part of the text's own."""
    statements: tuple[str, ...] = ()
    """What the evidence says beside names: their words and numbers may be used."""
    quotable: tuple[str, ...] = ()
    """Whole texts of the cited evidence."""
    quoted_only: bool = False
    """The evidence is prose, whose sense lies in its order: it may be quoted, not retold."""
    supports: bool | None = None
    """For or against the disease; None: neither may be said."""
    negated: bool = False
    """Whether an absence is spoken of, in the patient or in the source."""


def fault_of_words(text: str, backing: Backing) -> str | None:
    """Why a text says more than it rests on; None if it does not."""
    usual = _PUNCTUATION.union(*backing.names)
    strange = next((c for c in text if not c.isalnum() and c not in usual), None)
    if strange is not None:
        return f"holds the sign U+{ord(strange):04X}, which no statement needs"
    fault = _fault_of_quotes(text, backing.quotable)
    if fault is not None:
        return fault
    if backing.quoted_only:
        text = _QUOTED.sub(" ", text)
    words = words_of(text)
    left = without_names(
        words, backing.names - backing.not_the_patients if _speaks_of_patient(words) else backing.names
    )
    named = next((n for n in sorted(backing.other_names) if len(without_names(left, [n])) < len(left)), None)
    if named is not None:
        return f"names another candidate, {named}"
    return _fault_of_left(left, backing)


def plain(text: str, limit: int | None = None) -> str:
    """The text on one line, without characters that cannot be seen, cut to ``limit`` characters."""
    seen = "".join("\ufffd" if unicodedata.category(c)[0] == "C" and not c.isspace() else c for c in text)
    line = " ".join(seen.split())
    return line if limit is None or len(line) <= limit else line[:limit].rstrip() + "…"


def cited_ids(group: str) -> tuple[str, ...]:
    """``E3, E4`` -> both."""
    return tuple(i.strip() for i in re.split("[,;]", group))


def without_citations(text: str, evidence_ids: Collection[str]) -> str:
    """The text without citations of this evidence; those of other evidence stay."""
    with_space = re.compile(" ?" + CITATION.pattern)
    return plain(with_space.sub(lambda m: "" if set(cited_ids(m[1])) <= set(evidence_ids) else m[0], text))


def quotations(text: str) -> list[str]:
    """What stands between quotation marks, in its order."""
    return [next(g for g in match.groups() if g is not None) for match in _QUOTED.finditer(text)]


def words_of(text: str) -> list[str]:
    """Words and numbers in their order, case folded; a percent sign belongs to its number."""
    folded = unicodedata.normalize("NFC", text).casefold()
    return _WORD.findall(_POINT.sub("point", folded))


def without_names(words: list[str], names: Iterable[str]) -> list[str]:
    """The words with each whole name taken out, the longest first; ``|`` stands where it was."""
    text = f" {' '.join(_stem(w) for w in words)} "
    stemmed = {" ".join(_stem(w) for w in words_of(name)) for name in names}
    for name in sorted(stemmed - {""}, key=lambda n: (-len(n), n)):
        text = re.sub(f"(?<= ){re.escape(name)}(?= )", "|", text)
    return text.split()


def _speaks_of_patient(words: list[str]) -> bool:
    for i, word in enumerate(words):
        before = [w for w in words[:i] if w not in ("male", "female")][-1:]
        is_another = bool(before) and (before[0] in ("published", "reported", "described") or _has_digit(before[0]))
        if word in OF_THE_PATIENT and not is_another:
            return True
    return False


def _fault_of_left(left: list[str], backing: Backing) -> str | None:
    said = [without_names(words_of(s), backing.names) for s in backing.statements]
    numbers = {n for words in said for n in _numbers(words)}
    invented = next((n for n in _numbers(left) if n not in numbers), None)
    if invented is not None:
        return f"says “{_short(invented)}”, which the evidence does not"
    words = [w for w in left if w != "|" and not _has_digit(w)]
    negations = [w for w in words if w in NEGATIONS]
    if backing.negated != bool(negations):
        return (
            "says nothing of an absence" if backing.negated else f"says “{negations[0]}”, which the evidence does not"
        )
    if _negates_twice(left):
        return "negates a negation"
    allowed = JOINING_WORDS | {w for words in said for w in words} | _DIRECTED[backing.supports]
    unsupported = next((w for w in words if w not in NEGATIONS and w not in allowed), None)
    if unsupported is not None:
        return f"says “{_short(unsupported)}”, which the evidence does not"
    if left and len(words) == len(left):  # a quotation alone says enough
        return "names neither a finding nor a disease nor a number of the evidence"
    return None


def _negates_twice(left: list[str]) -> bool:
    """Two negations of one thing: "not absent"."""
    n_negations = 0
    for word in left:
        n_negations = 0 if word in _NEW_START else n_negations + (word in NEGATIONS)
        if n_negations > 1:
            return True
    return False


def _fault_of_quotes(text: str, quotable: Iterable[str]) -> str | None:
    sources = [_one_line(q) for q in quotable]
    for match in _QUOTED.finditer(text):
        quoted = _one_line(next(g for g in match.groups() if g is not None))
        if not quoted or not any(quoted in s for s in sources):
            return "quotes what is not in the evidence"
    if _QUOTE_MARKS & set(_QUOTED.sub("", text)):
        return "opens a quotation and does not close it"
    return None


def _numbers(words: list[str]) -> list[str]:
    """``7 of 8``, ``80% to 99%``, ``45%``: a number with those that it is tied to."""
    found, i = [], 0
    while i < len(words):
        start = i
        if _has_digit(words[i]):
            while i + 2 < len(words) and words[i + 1] in ("of", "to") and _has_digit(words[i + 2]):
                i += 2
            found.append(" ".join(words[start : i + 1]))
        i += 1
    return found


def _has_digit(word: str) -> bool:
    return any(c.isnumeric() for c in word)


def _one_line(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _short(word: str) -> str:
    return word if len(word) <= 30 else word[:30] + "…"
