"""How a story words a finding: which of the ontology's wordings, and how it stands in a sentence.

Promise: a phrase is the term's name or an exact synonym, no more than inflected; one that names another term too is not
used where there is a choice. Deliberately not done here: paraphrases; people word findings in more ways than the
ontology does, so what is read from such stories is an upper bound.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from kg.ontology import Ontology
from kg.schema import Term

_PLAIN = frozenset({"", "uk_spelling", "plural_form"})


class Register(Enum):
    """Kinds of wordings (``kg.schema.Synonym.kind``) that a text draws from: the first group that a term has any of.

    The name and a synonym of no special kind are of the kind "".
    """

    FORMAL = (_PLAIN,)
    ANY = (_PLAIN | {"layperson"},)
    NOTES = (frozenset({"abbreviation"}), _PLAIN)
    LAY = (frozenset({"layperson"}), _PLAIN)


_UNFIT = re.compile(  # for a list in a sentence: punctuation of its own, or a clause
    r"[,:;.()\[\]<>=]|\b(?:is|are|was|were|be|has|have|does|do|can|cannot|sticks?|fails?|turns?)\b"
    r"|\b(?:abnormal|increased|decreased|reduced|elevated|raised|absent|low|high|delayed)$"
    r"|-(?:eyed|jointed|legged)$",
    re.I,
)
_DENYING = re.compile(
    r"\b(?:abs(?:ent|ence)|lack(?:s|ing)?|lost|missing|no|not|never|without|unable|inability|cannot|non\w*)\b",
    re.I,
)
# "Intellectual disability, mild"
_TURNED = re.compile(r"(?P<head>[^,]+), (?P<tail>[\w-]+)")
_ARTICLE = re.compile(r"(?:an?|the) ")  # "an opening in the wall of the heart"
_SINGLE = re.compile(r"\b(?:single|left|right|one)\b", re.IGNORECASE)
# before, noun, after: "single transverse palmar " + "crease" + " of the hand"
_HEAD = re.compile(
    r"(?P<before>(?:.*? )??)(?P<noun>[^\W\d_]+)"
    r"(?P<after>(?: (?:of|in|with|on|to|at|from|between|due|by|for|without)\b.*)?)"
)

# Heads of names that stand in the singular where a text says "seizures", "low-set ears", "a ventricular septal defect".
_OF_PAIRS_AND_EVENTS = """
seizure spasm infection fracture contracture cyst nodule convulsion attack headache ear eye eyebrow eyelash eyelid
fissure finger toe thumb nail fingernail toenail hand limb arm leg cheek nipple earlobe palm sole knee elbow kidney
metacarpal metatarsal freckle bruise reflex ulcer lipoma neurofibroma
"""
_IN_PLURAL = frozenset(_OF_PAIRS_AND_EVENTS.split())
_IRREGULAR = {"foot": "feet", "tooth": "teeth", "phalanx": "phalanges", "vertebra": "vertebrae"}
_SINGULAR_IN_S = re.compile(r"(?:ss|us|is|tes|[^cst]ies)$")  # stenosis, diabetes, caries
_OF_SINGLE_THINGS = """
defect palate philtrum forehead bridge nose vermilion face hernia mouth neck gait chin uvula tongue murmur hairline
columella occiput crease aneurysm tumor tumour mass disorder anomaly malformation lip jaw trunk voice cry callosum heart
valve chest thorax ridge tip nevus coloboma fistula cataract tremor rash stroke skull head septum sign cleft sacrum
sternum penis goiter hump dimple pit tag cough ventricle
"""
_WITH_ARTICLE = frozenset(_OF_SINGLE_THINGS.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """A finding as it stands in a sentence."""

    term_id: str
    listed: str
    """Without an article: "low-set ears", "ventricular septal defect"."""
    is_plural: bool
    article: str = ""
    """``a``, ``an`` or nothing."""
    when: str = ""
    """Its onset, "at birth"; empty where unknown."""
    is_complaint: bool = False
    """People come with it; it is not first seen at the examination."""
    system: str = ""
    """Organ system, "Nervous system"."""

    @property
    def full(self) -> str:
        """With its article: "a ventricular septal defect"."""
        return f"{self.article} {self.listed}".lstrip()

    @property
    def capitalised(self) -> str:
        """At the beginning of a line."""
        return capitalised(self.listed)


def capitalised(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


class Wordings:
    """The wordings of an ontology's terms, and how they stand in a sentence."""

    def __init__(self, ontology: Ontology) -> None:
        self._ontology = ontology
        meant: dict[str, set[str]] = defaultdict(set)
        in_small, in_capitals = set[str](), set[str]()
        for term in ontology.terms.values():
            for text, _ in _wordings(term):
                meant[text.casefold()].add(term.term_id)
                in_capitals.update(re.findall(r"(?<=[\w’'] )[A-Z][a-z]+", text))
            for text in (*(w for w, _ in _wordings(term)), term.definition):
                in_small.update(re.findall(r"\b[a-z]+\b", text))
        self._ambiguous = {text for text, terms in meant.items() if len(terms) > 1}
        self._eponyms = {word for word in in_capitals if word.lower() not in in_small}

    def choose(self, term_id: str, register: Register, rng: random.Random, *, denied: bool = False) -> Phrase:
        """A wording of a term, at random among those that fit.

        Args:
            term_id: a current or older id.
            register: which kinds of synonyms.
            rng: chooses.
            denied: the sentence says that the finding is absent, so a wording that says so too ("no eyeball") is not
                used where there is another.

        Raises:
            UnknownIdError: no term has, or had, this id.
        """
        term = self._ontology.term(term_id)
        fit = [(_turned(text), kind) for text, kind in _wordings(term) if self._fits(text)]
        if denied:
            fit = [(text, kind) for text, kind in fit if not _DENYING.search(text)] or fit
        groups = ([text for text, kind in fit if kind in kinds] for kinds in register.value)
        text = rng.choice(next(filter(None, groups), [_turned(term.name)]))
        return self._phrase(term.term_id, self._in_sentence(text))

    def system(self, term_id: str) -> str:
        """Organ system of a term as a heading ("Nervous system"); "General" where none is named after an organ."""
        above = sorted(self._ontology.ancestors(term_id) & self._ontology.top_level)
        names = (self._ontology.name(t) for t in above)
        organs = (re.sub(r"^Abnormality of (?:the )?", "", name) for name in names if name.startswith("Abnormality of"))
        return capitalised(next(organs, "general"))

    def _fits(self, text: str) -> bool:
        return text.casefold() not in self._ambiguous and not _UNFIT.search(_turned(text))

    def _in_sentence(self, text: str) -> str:
        """With a small first letter, unless the word is an acronym, a formula or a person's name."""
        first = text.split()[0]
        stem = re.split(r"[/'’-]", first)[0]
        keeps = len(stem) == 1 or not first[1:].islower() or stem in self._eponyms
        return text if keeps else text[:1].lower() + text[1:]

    def _phrase(self, term_id: str, text: str) -> Phrase:
        article, _, rest = text.partition(" ") if _ARTICLE.match(text) else ("", "", text)
        match = _HEAD.fullmatch(rest)
        before, noun, after = (match["before"], match["noun"], match["after"]) if match else ("", rest, "")
        if (plural := _plural(noun)) and not (article or _SINGLE.search(before)):
            return Phrase(term_id=term_id, listed=f"{before}{plural}{after}", is_plural=True)
        if not article and (plural or noun.lower() in _WITH_ARTICLE):
            article = "an" if _sounds_open(rest) else "a"
        return Phrase(term_id=term_id, listed=rest, is_plural=not article and _is_plural(noun), article=article)


def _wordings(term: Term) -> Iterator[tuple[str, str]]:
    """The name and the exact synonyms, with their kinds."""
    yield term.name, ""
    for synonym in term.synonyms:
        if synonym.scope == "EXACT":
            yield synonym.text, synonym.kind


def _turned(text: str) -> str:
    """``Intellectual disability, mild`` -> ``Mild intellectual disability``."""
    match = _TURNED.fullmatch(text)
    if match is None:
        return text
    head = match["head"]
    small = head[:1].lower() + head[1:] if head[1:2].islower() else head
    return f"{capitalised(match['tail'])} {small}"


def _plural(noun: str) -> str:
    """Of a noun that texts have in the plural; empty for all others."""
    if noun.lower() in _IN_PLURAL:
        return f"{noun}{'es' if noun.endswith(('x', 'sh')) else 's'}"
    return _IRREGULAR.get(noun.lower(), "")


def _is_plural(noun: str) -> bool:
    return noun in _IRREGULAR.values() or (noun.endswith("s") and not _SINGULAR_IN_S.search(noun))


def _sounds_open(text: str) -> bool:
    """Whether "an" goes before it: spelt-out letters sound by their names ("an EEG", "a U-shaped")."""
    first = re.split(r"[\s-]", text, maxsplit=1)[0]
    if len(first) == 1 or (first.isupper() and first.isalpha()):
        return first[0] in "AEFHILMNORSX"
    return first[0].lower() in "aeiou" and not first.lower().startswith(("uni", "eu"))
