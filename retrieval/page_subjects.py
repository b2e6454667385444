"""Which disease a page is about, strictly: the disease itself, none that is wider or narrower.

The graph files a page under the disease that is nearest to it (``is_described_by``), which is right for reading on and
too little for stating facts: a page about one form of Charcot-Marie-Tooth disease is filed under the whole family. Here
a page counts where it is called like the disease; or has the disease's name as a synonym, and shares a telling word or
the concept of the UMLS with it; or is called like such a page.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from kg.equivalence import name_key
from kg.graph import KnowledgeGraph
from kg.schema import RelationKind
from kg.sources.medquad import Document
from retrieval.mining_cues import SAME_DISEASE

_COMMON_WORDS = """
    acute adult blood bone brain cancer childhood chronic condition congenital deficiency disease diseases disorder
    disorders eye familial heart hereditary infection juvenile kidney liver lung problems skin syndrome tumor
    """
_GENERIC_WORDS = frozenset(_COMMON_WORDS.split())
"""Words that many names of diseases share."""
_SAME_WORDS = {"carcinoma": "cancer", "neoplasm": "cancer", "tumor": "cancer", "failure": "insufficiency"}
_EMPTY_WORDS = frozenset({"disorder", "malignant"})
_SPARED = ({"disease"}, {"syndrome"})
"""What one name may lack, but not swap: Cushing's disease is one cause of Cushing's syndrome."""
_ASIDE = re.compile(r"['’]s\b|\(.*?\)")
_SMALL_WORDS = frozenset({"of", "the", "and"})
_MAX_SHORT = 8  # letters


class PageSubject:
    """The disease of a page, and what the page may call it.

    Args:
        document: the page.
        disease_id: its disease.
        names: of the disease's entries.
    """

    def __init__(self, document: Document, disease_id: str, names: Sequence[str]) -> None:
        self.url = document.url
        self.disease_id = disease_id
        known = (document.focus, *document.synonyms, *names)
        self._names = [frozenset(name_key(name)) for name in known]
        self._words = frozenset(word for name in self._names for word in name)
        self._short = {n.casefold() for n in document.synonyms if n.isupper() and len(n) < _MAX_SHORT}
        self._short |= {_initials(name) for name in known}

    def is_own(self, words: str) -> bool:
        """Whether some words are nothing but words of the disease's names."""
        return self._words.issuperset(name_key(words))

    def is_meant(self, phrase: str) -> bool:
        """Whether a phrase means the disease: "the condition", a telling word or all of a name, its initials."""
        if SAME_DISEASE.search(phrase):
            return True
        words = frozenset(name_key(phrase))
        is_named = bool((self._words - _GENERIC_WORDS) & words) or any(name <= words for name in self._names)
        return is_named or not self._short.isdisjoint(phrase.replace(".", "").casefold().split())


class PageSubjects:
    """The diseases of pages.

    Args:
        graph: says under which disease a page is filed, and what diseases are called.
        documents: all pages, since one may be called like another.
    """

    def __init__(self, graph: KnowledgeGraph, documents: Iterable[Document]) -> None:
        self._graph = graph
        filed = [(d, disease_id) for d in documents if (disease_id := self._filed_under(d))]
        self._titled = {disease_id for d, disease_id in filed if self._is_called(d, disease_id)}
        self._aliases: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        for document, disease_id in filed:
            if self._is_called(document, disease_id) or self._has_synonym(document, disease_id):
                self._aliases[disease_id].update(map(name_key, (document.focus, *document.synonyms)))

    def subject_of(self, document: Document) -> PageSubject | None:
        """What a page is about; None where it is about no disease, or about a wider or narrower one."""
        disease_id = self._filed_under(document)
        if disease_id is None:
            return None
        is_alias = name_key(document.focus) in self._aliases.get(disease_id, ())
        if not is_alias and not self._is_called(document, disease_id):
            return None
        return PageSubject(document, disease_id, self._names_of(disease_id))

    def _names_of(self, disease_id: str) -> list[str]:
        return [self._graph.diseases[i].name for i in self._graph.equivalents(disease_id)]

    def _filed_under(self, document: Document) -> str | None:
        described = self._graph.relations.of((document.url,), (RelationKind.DESCRIBED_BY,))
        diseases = {r.subject_id for r in described}
        return min(diseases) if len(diseases) == 1 else None

    def _is_called(self, document: Document, disease_id: str) -> bool:
        focus = _core(document.focus)
        differences = [focus ^ _core(name) for name in self._names_of(disease_id)]
        return any(not difference or difference in _SPARED for difference in differences)

    def _has_synonym(self, document: Document, disease_id: str) -> bool:
        """Whether a page that no other rivals has a name of the disease as a synonym, and not that of a wider one."""
        if disease_id in self._titled:
            return False
        synonyms, focus = set(map(name_key, document.synonyms)), set(name_key(document.focus))
        names = [set(key) for key in map(name_key, self._names_of(disease_id)) if key in synonyms]
        shares_concept = any(self._graph.entry_id(f"UMLS:{c}") == disease_id for c in document.cuis)
        return any(not name < focus and (shares_concept or (focus & name) - _GENERIC_WORDS) for name in names)


def _core(name: str) -> frozenset[str]:
    """Words of a name as they are compared, without those that say nothing."""
    return frozenset(_SAME_WORDS.get(w, w) for w in name_key(_ASIDE.sub("", name))) - _EMPTY_WORDS


def _initials(name: str) -> str:
    """What a page shortens a name to: "pad" of "Peripheral Artery Disease"; a name of one word stays."""
    initials = "".join(word[0] for word in re.findall(r"[^\W\d_]+", name) if word not in _SMALL_WORDS)
    return (initials if len(initials) > 1 else name).casefold()
