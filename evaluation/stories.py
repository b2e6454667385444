"""Patients' findings told as stories, and how much of them is read back.

Promise: a story says each finding of its case once, as present or as absent, in one of the styles of
``evaluation.story_styles``; it names neither diagnosis, nor gene, nor any id. The same seed and case give the same
story. Some styles also tell of a relative's finding and of what was normal, which are none of the patient's findings.

Stories made from the ontology's own wordings are easier to read than real ones: what is lost here is lost there too,
not the other way round. How well real texts are read is measured on annotated corpora.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from evaluation.schema import Case
from evaluation.story_sentences import Person, Told
from evaluation.story_styles import STYLES
from evaluation.story_wordings import Phrase, Register, Wordings
from kg.ontology import Ontology
from kg.schema import Finding
from retrieval.demographics import years_of

Reader = Callable[[str], tuple[Finding, ...]]
"""Text -> the patient's findings; may raise UsageError."""

RELATIVES_TERMS = tuple(
    f"HP:{number}"
    for number in (
        "0002076",  # migraine
        "0002099",  # asthma
        "0000822",  # hypertension
        "0005978",  # type 2 diabetes
        "0000821",  # hypothyroidism
        "0000545",  # myopia
        "0000787",  # kidney stones
        "0000716",  # depression
        "0001250",  # seizures
        "0000365",  # hearing impairment
    )
)
"""What many families have somebody with."""

_COMPLAINTS = (
    "HP:0001250",  # Seizure
    "HP:0000708",  # Atypical behavior
    "HP:0012531",  # Pain
    "HP:0025142",  # Constitutional symptom
    "HP:0011968",  # Feeding difficulties
    "HP:0012719",  # Functional abnormality of the gastrointestinal tract
)
"""Terms above what people tell; the rest is seen at the examination."""

_NORMAL = (
    (("HP:0001626", "HP:0002086"), "Heart and lungs were normal."),
    (("HP:0001626",), "Heart sounds were normal."),
    (("HP:0025031",), "The abdomen was soft."),
    (("HP:0000478",), "The pupils were equal and reactive to light."),
    (("HP:0000598",), "The ear drums were unremarkable."),
    ((), "Vital signs were within normal limits."),
    ((), "Immunisations are up to date."),
)
"""Organ systems, and what is said where the case has findings in the first of them, all excluded, and in the others
none that is present."""

_ONSETS = {
    "HP:0030674": "before birth",
    "HP:0003577": "at birth",
    "HP:0003623": "in the neonatal period",
    "HP:0003593": "in infancy",
    "HP:0011463": "in childhood",
    "HP:0003621": "in adolescence",
    "HP:0003581": "in adulthood",
    "HP:0011462": "in early adulthood",
    "HP:0003596": "in middle age",
    "HP:0003584": "late in life",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A case told."""

    case_id: str
    style: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Polarity:
    """Findings of one polarity, counted over stories; a finding is read where its very term is."""

    n_listed: int = 0
    n_read: int = 0
    n_right: int = 0

    @property
    def precision(self) -> float:
        """Share of what was read that is listed, 0..1; 0 where nothing was read."""
        return self.n_right / self.n_read if self.n_read else 0.0

    @property
    def recall(self) -> float:
        """Share of what is listed that was read, 0..1; 0 where nothing is listed."""
        return self.n_right / self.n_listed if self.n_listed else 0.0

    def __add__(self, other: Polarity) -> Polarity:
        return Polarity(
            n_listed=self.n_listed + other.n_listed,
            n_read=self.n_read + other.n_read,
            n_right=self.n_right + other.n_right,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBack:
    """What was read from stories against what they tell."""

    n_stories: int = 0
    present: Polarity = Polarity()
    absent: Polarity = Polarity()
    n_turned: int = 0
    """Findings read with the other polarity."""

    def __add__(self, other: ReadBack) -> ReadBack:
        return ReadBack(
            n_stories=self.n_stories + other.n_stories,
            present=self.present + other.present,
            absent=self.absent + other.absent,
            n_turned=self.n_turned + other.n_turned,
        )


class Storyteller:
    """Tells cases as stories.

    Args:
        ontology: where the wordings come from.
        seed: of all choices, with the case's id.
        relatives_terms: what relatives may have; those that the ontology does not know are passed over.
    """

    def __init__(self, ontology: Ontology, seed: int = 0, relatives_terms: Sequence[str] = RELATIVES_TERMS) -> None:
        self._ontology = ontology
        self._seed = seed
        self._wordings = Wordings(ontology)
        self._relatives_terms = tuple(t for t in relatives_terms if t in ontology)

    def tell(self, case: Case, style: str | None = None) -> Story:
        """The story of a case.

        Args:
            case: with at least one present finding.
            style: a name of ``STYLES``; default: drawn for the case.
        """
        rng = random.Random(f"{self._seed} {case.case_id}")  # noqa: S311 - a draw, not a secret
        drawn = rng.choice(sorted(STYLES))
        style = style or drawn
        register, write = STYLES[style]
        told = Told(
            person=describe_person(case.sex, case.age),
            present=[self._phrase(f, register, rng) for f in case.findings if not f.excluded],
            absent=[self._phrase(f, register, rng) for f in case.findings if f.excluded],
            relative=self._relative(case, register, rng),
            normal=self._normal(case, rng),
            rng=rng,
        )
        return Story(case_id=case.case_id, style=style, text=write(told))

    def _phrase(self, finding: Finding, register: Register, rng: random.Random) -> Phrase:
        phrase = self._wordings.choose(finding.term_id, register, rng, denied=finding.excluded)
        return replace(
            phrase,
            when="" if finding.excluded else word_onset(finding.onset),
            is_complaint=not self._ontology.ancestors(finding.term_id).isdisjoint(_COMPLAINTS),
            system=self._wordings.system(finding.term_id),
        )

    def _relative(self, case: Case, register: Register, rng: random.Random) -> str:
        """In half of the stories, something that the case's findings neither are nor imply nor are implied by."""
        ancestors = self._ontology.ancestors
        own = {f.term_id for f in case.findings}
        implied = {a for t in own for a in ancestors(t)}
        free = [t for t in self._relatives_terms if t not in implied and own.isdisjoint(ancestors(t))]
        if not free or rng.random() < 0.5:
            return ""
        return self._wordings.choose(rng.choice(free), register, rng).full

    def _normal(self, case: Case, rng: random.Random) -> list[str]:
        """At most two sentences that the case's findings bear out."""
        ancestors = self._ontology.ancestors
        present = {a for f in case.findings if not f.excluded for a in ancestors(f.term_id)}
        absent = {a for f in case.findings if f.excluded for a in ancestors(f.term_id)}
        true = [s for systems, s in _NORMAL if present.isdisjoint(systems) and absent.issuperset(systems[:1])]
        return rng.sample(true, min(len(true), rng.randint(0, 2)))


def read_stories(
    cases: Iterable[Case], teller: Storyteller, read: Reader
) -> tuple[tuple[Case, ...], tuple[Story, ...], Mapping[str, ReadBack]]:
    """The cases with the findings that are read from their stories, the stories, and what was read back by style."""
    told, stories = [], []
    by_style: dict[str, ReadBack] = defaultdict(ReadBack)
    for case in cases:
        story = teller.tell(case)
        found = read(story.text)
        told.append(replace(case, findings=tuple(replace(f, quote="", start=None, end=None) for f in found)))
        stories.append(story)
        by_style[story.style] += compare_findings(case.findings, found)
    return tuple(told), tuple(stories), {style: by_style[style] for style in STYLES if style in by_style}


def compare_findings(listed: Iterable[Finding], read: Iterable[Finding]) -> ReadBack:
    """One story's findings against its case's."""
    (has, has_not), (seen, not_seen) = _sides(listed), _sides(read)
    return ReadBack(
        n_stories=1,
        present=Polarity(n_listed=len(has), n_read=len(seen), n_right=len(has & seen)),
        absent=Polarity(n_listed=len(has_not), n_read=len(not_seen), n_right=len(has_not & not_seen)),
        n_turned=len(has & not_seen) + len(has_not & seen),
    )


def with_total(by_style: Mapping[str, ReadBack]) -> dict[str, ReadBack]:
    """With a line ``all`` where there is any style."""
    return {**by_style, "all": sum(by_style.values(), ReadBack())} if by_style else {}


def _sides(findings: Iterable[Finding]) -> tuple[set[str], set[str]]:
    kept = list(findings)
    return {f.term_id for f in kept if not f.excluded}, {f.term_id for f in kept if f.excluded}


def describe_person(sex: str | None, age: str | None) -> Person:
    """How a text speaks of somebody of this sex (``FEMALE``, ``MALE`` or None) and age (ISO 8601 or None)."""
    months = _months(age)
    letter = {"FEMALE": "F", "MALE": "M"}.get(sex or "", "")
    subject, possessive = {"F": ("she", "her"), "M": ("he", "his")}.get(letter, ("the patient", "the patient's"))
    word, short = _age_words(months)
    is_adult = months is not None and months >= 216
    if months is None:
        noun = {"F": "female patient", "M": "male patient"}.get(letter, "patient")
    else:
        noun = {"F": ("girl", "woman"), "M": ("boy", "man")}.get(letter, ("child", "adult"))[is_adult]
    return Person(
        age=word,
        short_age=short,
        noun=noun,
        subject=subject,
        possessive=possessive,
        letter=letter,
        is_adult=is_adult,
    )


def word_onset(onset: str | None) -> str:
    """``HP:0003577`` -> "at birth", ``P3Y`` -> "at the age of 3 years"; empty for what has no plain words."""
    if onset is None or onset in _ONSETS:
        return _ONSETS.get(onset or "", "")
    months = _months(onset)
    if months is None:
        return ""
    if months == 0:
        return "at birth"
    number, unit = (months // 12, "year") if months >= 24 else (months, "month")
    return f"at the age of {number} {unit}{'s' if number > 1 else ''}"


def _months(age: str | None) -> int | None:
    """Whole months of an ISO 8601 duration; None where it is none."""
    years = years_of(age or "")
    return None if years is None else int(12 * years + 0.02)  # a hair, for twelfths that are no round numbers


def _age_words(months: int | None) -> tuple[str, str]:
    """``7-year-old`` and ``7yo``; empty where unknown."""
    if months is None:
        return "", ""
    if months == 0:
        return "newborn", "newborn"
    return (f"{months // 12}-year-old", f"{months // 12}yo") if months >= 24 else (f"{months}-month-old", f"{months}mo")
