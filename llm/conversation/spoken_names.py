"""Diseases as people call them: abbreviations, British and American spelling, the synonyms of the common conditions.

Promise: a name in another spelling, or a usual abbreviation, leads to the entries that it means, and to nothing else.
Deliberately not here: names as the entries have them, and parts of names (``retrieval.disease_names``).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache

from kg.common_schema import CommonCondition
from kg.graph import KnowledgeGraph
from retrieval.disease_names import DiseaseMention
from retrieval.words import inflection_of

MAX_WORDS = 8
_MIN_LETTERS = 5
"""Of a name of one word, as in ``retrieval.disease_names``; a shorter one is an abbreviation."""
_USUAL = """
ACS acute coronary syndrome | AKI acute kidney injury | AMI myocardial infarction | CAP pneumonia | CHF heart failure
| CMV cytomegalovirus infection | COPD chronic obstructive pulmonary disease | CVA ischemic stroke | DM diabetes
mellitus | DVT deep vein thrombosis | EDH epidural hematoma | GBS guillain-barre syndrome | GCA giant cell arteritis |
GORD gastroesophageal reflux disease | HF heart failure | HIV hiv infection | HTN hypertension | IBD inflammatory
bowel disease | ICH intracerebral hemorrhage | LRTI lower respiratory tract infection | MI myocardial infarction | MND
amyotrophic lateral sclerosis | NSTEMI myocardial infarction | OSA obstructive sleep apnea | PE pulmonary embolism |
PMR polymyalgia rheumatica | PUD peptic ulcer | PVD peripheral arterial disease | SAH subarachnoid hemorrhage | SDH
subdural hematoma | STEMI myocardial infarction | SVT supraventricular tachycardia | T1DM type 1 diabetes mellitus |
T2DM type 2 diabetes mellitus | TB tuberculosis | TIA transient ischemic attack | UC ulcerative colitis | UTI urinary
tract infection | VF ventricular fibrillation
"""
"""What clinicians write, and no table at hand has or one has for something rarer: ``TIA``, for an aganglionosis."""
_ABBREVIATION = re.compile(r"\b(?=\w*[A-Z]\w*[A-Z])[A-Z][A-Za-z0-9]{1,6}(?:-[A-Za-z0-9]+)?\b")
_SHAPE = re.compile(r"[A-Z][A-Za-z0-9-]{1,6}")
_WORD = re.compile(r"[^\W_]+(?:['’]s\b)?")
_SMALL = re.compile(r"\b[a-z]{4,}\b")
_SAY_NOTHING = frozenset({"type", "of", "the", "and", "an"})

_GENERIC = frozenset(map(inflection_of, ("syndrome", "disease", "disorder", "infection")))
_NO_DISEASE_WORDS = """
abdomen arm back belly blood bone bowel brain chest ear emergency eye face finger foot gut hair hand head heart hospital
jaw joint kidney leg limb liver lung mouth muscle neck nerve nose palate reaction risk skin spine stomach throat tongue
tooth
"""
_NO_DISEASE = frozenset(map(inflection_of, _NO_DISEASE_WORDS.split()))
"""Words that end some name of a disease, and by themselves name a part of the body or belong to a question."""
_NUMBER = re.compile(r"\d+[a-z]?|[ivx]+|[a-z]")

_Key = tuple[str, ...]
_inflected = lru_cache(maxsize=1 << 16)(inflection_of)


class SpokenNames:
    """Finds diseases by what no entry is called.

    Args:
        graph: its entries.
        conditions: common ones; those of other graphs are passed over.
        synonyms: disease id -> other names.
        descriptions: running text about diseases, to tell words from names by.
    """

    def __init__(
        self,
        graph: KnowledgeGraph,
        conditions: Iterable[CommonCondition] = (),
        synonyms: Mapping[str, Sequence[str]] | None = None,
        descriptions: Iterable[str] = (),
    ) -> None:
        self._graph = graph
        self._conditions = tuple(conditions)
        self._synonyms = synonyms or {}
        self._descriptions = tuple(descriptions)

    def find(self, text: str, covered: Collection[int] = ()) -> tuple[DiseaseMention, ...]:
        """Where a text has such names, in its order: the longest counts; abbreviations are in capitals.

        A synonym of one word ("rupture", "mole") counts only where a disease is asked for, see ``called``.

        Args:
            text: is searched.
            covered: offsets of characters that are read otherwise.
        """
        words = [w for w in _WORD.finditer(text) if w.start() not in covered]
        found, start = [], 0
        while start < len(words):
            for stop in range(min(len(words), start + MAX_WORDS), start, -1):
                span = words[start:stop]
                ids = self._ids_of(text[span[0].start() : span[-1].end()], covered, span[0].start())
                if ids:
                    found.append(
                        DiseaseMention(disease_ids=ids, start=span[0].start(), end=span[-1].end(), is_whole=True)
                    )
                    start = stop - 1
                    break
            start += 1
        return tuple(found)

    def called(self, phrase: str) -> tuple[str, ...]:
        """Entries that a whole phrase names, an abbreviation in small letters too; empty for none."""
        return self._abbreviated(phrase.strip()) or tuple(self._by_key.get(_key(phrase), ()))

    def with_words(self, phrase: str) -> tuple[str, ...]:
        """Entries whose names have all words of a phrase in any spelling, the shortest name first.

        One word of running text names a disease only as the last of its name ("pneumonia"): nobody who says
        "hospital" means hospital-acquired pneumonia.
        """
        wanted = set(_key(phrase))
        if not wanted - _GENERIC:
            return ()
        found = {
            i
            for key, ids in self._by_key.items()
            if wanted <= set(key)
            for i in ids
            if len(wanted) > 1 or self.may_mean(i, phrase)
        }
        names = self._graph.diseases
        own = {i for i in found if wanted <= set(_key(names[i].name))}  # synonyms count where no entry has the words
        return tuple(sorted(own or found, key=lambda i: (len(names[i].name.split()), i)))

    def may_mean(self, disease_id: str, word: str) -> bool:
        """Whether a single word of a disease's name can stand for it."""
        said = _inflected(word)
        if said in _GENERIC or said in _NO_DISEASE:
            return False
        if self._ordinary.isdisjoint((word.casefold(), said)):
            return True
        names = (self._graph.diseases[disease_id].name, *self._synonyms_of.get(disease_id, ()))
        return any(_last_word(name) == said or _bare(_key(name)) == (said,) for name in names)

    @cached_property
    def _ordinary(self) -> frozenset[str]:
        """Words that stand in small letters in definitions of signs and descriptions of conditions, so are no name."""
        definitions = (t.definition for t in self._graph.ontology.terms.values())
        texts = (*definitions, *self._descriptions)
        return frozenset(w for text in texts for w in _SMALL.findall(text))

    def is_name(self, disease_id: str, phrase: str) -> bool:
        """Whether a phrase is the whole name of a disease or one of its synonyms, but for words such as "syndrome"."""
        wanted = _bare(_key(phrase))
        names = (self._graph.diseases[disease_id].name, *self._synonyms_of.get(disease_id, ()))
        return any(_bare(_key(name)) == wanted for name in names)

    def is_common(self, phrase: str) -> bool:
        """Whether a phrase names a common condition, whether this graph has it or not."""
        return phrase.strip().upper() in _EXPANDED or _key(phrase) in self._common

    @cached_property
    def _common(self) -> frozenset[_Key]:
        return frozenset(_key(n) for c in self._conditions for n in (c.name, *c.synonyms))

    def _ids_of(self, phrase: str, covered: Collection[int], start: int) -> tuple[str, ...]:
        if any(i in covered for i in range(start, start + len(phrase))) or re.search(r"[.;:?!()\n]", phrase):
            return ()
        if _ABBREVIATION.fullmatch(phrase):
            return self._abbreviated(phrase)
        key = _key(phrase)
        ids = self._by_key.get(key, ())
        if len(key) == 1:
            ids = [i for i in ids if len(key[0]) >= _MIN_LETTERS and _key(self._graph.diseases[i].name) == key]
        return tuple(ids)

    @cached_property
    def _by_key(self) -> dict[_Key, list[str]]:
        """Entries by the inflections of their name's words, in which British and American spelling are one."""
        found: dict[_Key, list[str]] = defaultdict(list)
        for name, disease_id in self._named():
            if disease_id not in found[_key(name)]:
                found[_key(name)].append(disease_id)
        return found

    def _named(self) -> Iterator[tuple[str, str]]:
        yield from ((d.name, d.disease_id) for d in self._graph.diseases.values())
        yield from self._said_of_conditions

    @cached_property
    def _said_of_conditions(self) -> list[tuple[str, str]]:
        entries = ((c, self._graph.entry_id(c.disease_id)) for c in self._conditions)
        return [(s, entry) for c, entry in entries if entry for s in c.synonyms]

    @cached_property
    def _synonyms_of(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for said, disease_id in self._said_of_conditions:
            found[disease_id].append(said)
        return found

    def _abbreviated(self, said: str) -> tuple[str, ...]:
        """Entries of what it usually means, or kinds of that; never a rare namesake of what is usual."""
        wanted = said.upper()
        if meanings := self._meanings.get(wanted):
            exact = [i for name in meanings for i in self._by_key.get(_key(name), ())]
            return tuple(dict.fromkeys(exact)) or self.with_words(meanings[0])
        return self._abbreviations.get(wanted, ())

    @cached_property
    def _meanings(self) -> dict[str, tuple[str, ...]]:
        """Names of what clinicians and the table of common conditions abbreviate."""
        found: dict[str, list[str]] = defaultdict(list)
        for condition in self._conditions:
            for said in condition.synonyms:
                if _SHAPE.fullmatch(said):
                    found[said.upper()].append(condition.name)
        return {said: tuple(names) for said, names in found.items()} | {a: (name,) for a, name in _EXPANDED.items()}

    @cached_property
    def _abbreviations(self) -> dict[str, tuple[str, ...]]:
        """What pages call diseases, then what the ontology calls terms of a disease's name."""
        pages = ((s, d) for d, names in self._synonyms.items() for s in names)
        terms = (
            (s.text, d)
            for t in self._graph.ontology.terms.values()
            for s in t.synonyms
            if s.kind == "abbreviation"
            for d in self._by_key.get(_key(t.name), ())
        )
        found: dict[str, tuple[str, ...]] = {}
        for source in (pages, terms):
            own: dict[str, list[str]] = defaultdict(list)
            for said, disease_id in source:
                if _SHAPE.fullmatch(said) and said.upper() not in found:
                    own[said.upper()].append(disease_id)
            found |= {said: tuple(dict.fromkeys(ids)) for said, ids in own.items()}
        return found


_EXPANDED = dict(part.strip().split(" ", 1) for part in " ".join(_USUAL.split()).split("|"))


def _last_word(name: str) -> str:
    """The word that says what a disease is: the last one before a comma or a bracket, numbers left out."""
    words = [w for w in _WORD.findall(re.split(r"[,(]", name)[0]) if not _NUMBER.fullmatch(w.casefold())]
    return _inflected(words[-1]) if words else ""


def _bare(key: _Key) -> _Key:
    return tuple(w for w in key if w not in _GENERIC and not _NUMBER.fullmatch(w))


def _key(name: str) -> _Key:
    return tuple(sorted(_inflected(w) for w in _WORD.findall(name) if w.casefold() not in _SAY_NOTHING))
