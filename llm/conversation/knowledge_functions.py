"""What the sources say of terms, diseases and genes, whoever the patient is; every statement cites where it stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from math import inf

from kg.phrases import Phrase, first_of, joined, phrase, word_list
from kg.schema import Association, Disease, Finding, Predicate
from llm.conversation.case import Case, said_of, word_standing
from llm.conversation.schema import Request, Result, Sentence, Topic
from retrieval.evidence import word_one_in, word_share
from retrieval.passages import Passage
from retrieval.words import derivation_of, inflection_of

NO_PAGES = phrase("Pages about diseases are not installed here: citedx data pull medquad.")
N_LISTED = 5
N_FEATURES = 8
N_GENE_DISEASES = 10
N_PASSAGES = 2
MAX_QUOTED = 320
"""Characters of a passage that are quoted; the evidence has the whole."""
KINDS: dict[Topic, tuple[str, ...]] = {
    Topic.TREATMENT: ("treatment",),
    Topic.OUTLOOK: ("outlook", "complications"),
    Topic.CAUSE: ("causes", "genetic changes"),
    Topic.TESTS: ("exams and tests",),
    Topic.URGENCY: ("outlook", "complications"),
    Topic.ANY: (),
}
"""Kinds of MedQuAD's answers."""
_OF_DISEASES = re.compile(r"\b(?:diseases?|disorders?|conditions?|syndromes?)\b", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_WORD = re.compile(r"[a-z]{4,}")
_PASSING_WORDS = """
    about affect affects after also associated been before being between cause causes common could disease does during
    expect from happen happens have help information kind know known like make mean more most much need often patient
    patients people person possible really should some syndrome tell than that their them there these they this type
    under what when where whether which while will with without would your
    """
_PASSING = frozenset(_PASSING_WORDS.split())
"""Words of a question that no passage needs to have."""


def say_term(case: Case, request: Request) -> Result:
    """What terms mean, and where they are seen."""
    sentences = [s for f in request.findings for s in _term(case, f.term_id)]
    return Result(sentences=tuple(sentences))


def _term(case: Case, term_id: str) -> Iterator[Sentence]:
    term, ontology = case.graph.term(term_id), case.graph.ontology
    cited = (case.book.cite_term(term.term_id),)
    meaning = term.definition or phrase("the ontology gives no definition.")
    name = case.label(term.term_id)
    yield Sentence(
        text=phrase("{name} ({id}): {meaning}", name=name, id=term.term_id, meaning=meaning), evidence_ids=cited
    )
    also = [s.text for s in term.synonyms if s.scope == "EXACT"][:N_LISTED]
    if also:
        yield Sentence(text=phrase("Also called {names}.", names=word_list(also)), evidence_ids=cited)
    parents = [case.label(p) for p in ontology.parents(term.term_id)]
    if parents:
        yield Sentence(text=phrase("It is a kind of: {names}.", names=word_list(parents)), evidence_ids=cited)
    children = [case.label(c) for c in ontology.children(term.term_id)]
    if children:
        names = first_of(children, N_LISTED) if len(children) > N_LISTED else joined(children, ", ")
        yield Sentence(text=phrase("More specific: {names}.", names=names))
    n = _n_diseases(case, term.term_id)
    yield Sentence(text=phrase("The graph states it, or something more specific, of {n} diseases.", n=n))
    yield from _in_differential(case, Finding(term_id=term.term_id, label=term.name))


def _in_differential(case: Case, finding: Finding) -> Iterator[Sentence]:
    stated = [(case.name(d), *case.statement(d, finding)) for d in case.shown_ids[:N_LISTED]]
    told = [(said_of(name, words), cited) for name, words, cited in stated if cited]
    if told:
        text = phrase("In the differential: {parts}.", parts=joined((words for words, _ in told), "; "))
        yield Sentence(text=text, evidence_ids=_together(cited for _, cited in told))


def say_findings(case: Case, request: Request) -> Result:
    """How often findings are seen in diseases; without diseases, in those of the differential."""
    diseases = request.disease_ids or case.shown_ids
    sentences: list[Sentence] = []
    is_covered = False
    for finding in request.findings:
        sentences += _of_the_patient(case, finding)
        silent = []
        for disease_id in diseases:
            words, cited = case.statement(disease_id, finding)
            if cited:
                is_covered = True
                text = phrase(
                    "{name}: {finding}, {words}.",
                    name=case.name(disease_id),
                    finding=case.label(finding.term_id),
                    words=words,
                )
                sentences.append(Sentence(text=text, evidence_ids=cited))
            else:
                silent.append(case.name(disease_id))
        label = case.label(finding.term_id)
        if silent:
            text = phrase("{finding} is not stated of {names}.", finding=label, names=word_list(silent))
            sentences.append(Sentence(text=text))
        if not request.disease_ids:
            n = _n_diseases(case, finding.term_id)
            text = phrase(
                "The graph states {finding}, or something more specific, of {n} diseases.", finding=label, n=n
            )
            sentences.append(Sentence(text=text))
            is_covered = is_covered or n > 0
    return Result(sentences=tuple(sentences), is_covered=is_covered)


def _n_diseases(case: Case, term_id: str) -> int:
    """Diseases of which a source states a term, or a more specific one."""
    stated = case.graph.diseases_of(term_id, descendants=True)
    return len({case.index_of(a.disease_id) for a in stated if not a.excluded})


def _of_the_patient(case: Case, finding: Finding) -> Iterator[Sentence]:
    ancestors = case.graph.ontology.ancestors
    for mine in case.findings:
        label: str = case.label(mine.term_id)
        if mine.quote:
            label = phrase("{finding} (“{quote}”)", finding=label, quote=mine.quote)
        if not mine.excluded and finding.term_id in ancestors(mine.term_id):
            yield Sentence(text=phrase("This patient has {finding}.", finding=label))
        elif mine.excluded and mine.term_id in ancestors(finding.term_id):
            yield Sentence(text=phrase("This patient has no {finding}.", finding=label))


def describe_diseases(case: Case, request: Request) -> Result:
    """What diseases are: a page's words, what is seen most, genes, inheritance, course, how common they are."""
    sentences: list[Sentence] = []
    for disease_id in request.disease_ids:
        sentences += _quoted(case, disease_id, ("information",), n=1)
        sentences += _most_frequent(case, disease_id)
        for part in (_genes_of, _inheritance_of, _course_of, _prevalence_of):
            sentences += part(case, disease_id)
    if not sentences:
        names = word_list(map(case.name, request.disease_ids))
        text = phrase("The sources have nothing on {names} but the name.", names=names)
        return Result(sentences=(Sentence(text=text),), is_covered=False)
    return Result(sentences=tuple(sentences))


def _most_frequent(case: Case, disease_id: str) -> Iterator[Sentence]:
    """What is seen in most of many patients: one statement a term, counts of a handful last."""
    stated: dict[str, Association] = {}
    associations = (a for d in case.graph.equivalents(disease_id) for a in case.graph.findings_of(d))
    for a in sorted((a for a in associations if not a.excluded and a.frequency), key=_telling, reverse=True):
        stated.setdefault(a.term_id, a)
    terms = case.graph.ontology.most_specific(stated)[:N_FEATURES]
    for term_id in terms:
        words, cited = case.statement(disease_id, Finding(term_id=term_id, label=""))
        yield Sentence(text=phrase("{label} is {how}.", label=case.label(term_id), how=words), evidence_ids=cited)


def _telling(a: Association) -> tuple[bool, float, int]:
    assert a.frequency is not None  # noqa: S101 - chosen by the caller
    return a.frequency.m is None or a.frequency.m >= N_LISTED, a.frequency.midpoint, a.frequency.m or 0


def say_genes(case: Case, request: Request) -> Result:
    """Genes of diseases, and diseases of genes."""
    sentences = [s for d in request.disease_ids for s in _genes_of(case, d)]
    silent = [case.name(d) for d in request.disease_ids if not _has_genes(case, d)]
    if asks_which_fits(case, request):
        sentences += _fit_of_genes(case, request.gene_ids)
    else:
        sentences += [s for g in request.gene_ids for s in _diseases_of(case, g)]
    if silent:
        sentences.append(Sentence(text=phrase("The sources name no gene of {names}.", names=word_list(silent))))
    return Result(sentences=tuple(sentences), is_covered=len(silent) < len(request.disease_ids + request.gene_ids))


def _has_genes(case: Case, disease_id: str) -> bool:
    return any(case.graph.genes_of(d) for d in case.graph.equivalents(disease_id))


def _genes_of(case: Case, disease_id: str) -> Iterator[Sentence]:
    genes = {d: case.graph.genes_of(d) for d in case.graph.equivalents(disease_id)}
    symbols = dict.fromkeys(g.symbol for found in genes.values() for g in found)
    if symbols:
        cited = tuple(case.book.cite_genes(d, found) for d, found in genes.items() if found)
        said = {"name": case.name(disease_id), "genes": word_list(symbols)}
        text = (
            phrase("{name}: gene {genes}.", **said) if len(symbols) == 1 else phrase("{name}: genes {genes}.", **said)
        )
        yield Sentence(text=text, evidence_ids=cited)


def asks_which_fits(case: Case, request: Request) -> bool:
    """Whether several genes are to be held against the patient, and not their diseases to be listed."""
    return case.has_patient and len(request.gene_ids) > 1 and not _OF_DISEASES.search(request.words)


def best_of_gene(case: Case, gene_id: str) -> str:
    """The disease of a gene that stands first in the case; the first by name where none is a candidate."""
    return case.graph.equivalents(_by_standing(case, gene_id)[0].disease_id)[0]


def _fit_of_genes(case: Case, gene_ids: Sequence[str]) -> Iterator[Sentence]:
    """Of each gene the disease that fits the patient best, the genes in the order of these."""
    diseases = {g: _by_standing(case, g) for g in gene_ids}
    yield Sentence(text=phrase("By the findings alone; no variant is weighed."))
    for gene_id in sorted(gene_ids, key=lambda g: _rank(case, diseases[g][0])):
        (best, *others), symbol = diseases[gene_id], case.graph.gene(gene_id).symbol
        if _rank(case, best) == inf:
            n = _counted(1 + len(others))
            yield Sentence(text=phrase("{symbol}: no candidate has it; it has {n}.", symbol=symbol, n=n))
            continue
        said, cited = _of_gene(case, best)
        said = phrase("{symbol}: {disease}", symbol=symbol, disease=said)
        if others:
            more = phrase("1 more disease") if len(others) == 1 else phrase("{n} more diseases", n=len(others))
            said = phrase("{said}; {n} of this gene", said=said, n=more)
        yield Sentence(text=phrase("{said}.", said=said), evidence_ids=cited)


def _diseases_of(case: Case, gene_id: str) -> Iterator[Sentence]:
    gene, diseases = case.graph.gene(gene_id), _by_standing(case, gene_id)
    name, n = f"{gene.symbol} ({gene.gene_id})", _counted(len(diseases))
    yield Sentence(text=phrase("{gene} is associated with {n}.", gene=name, n=n))
    for disease in diseases[:N_GENE_DISEASES]:
        said, cited = _of_gene(case, disease)
        yield Sentence(text=phrase("{said}.", said=said), evidence_ids=cited)
    if len(diseases) > N_GENE_DISEASES:
        yield Sentence(text=phrase("And {n} more.", n=len(diseases) - N_GENE_DISEASES))


def _by_standing(case: Case, gene_id: str) -> list[Disease]:
    """Diseases of a gene, entries of one disease once, those first that stand first in the case."""
    entries = {case.index_of(d.disease_id): d for d in reversed(case.graph.diseases_of_gene(gene_id))}
    return sorted(entries.values(), key=lambda d: (_rank(case, d), d.name))


def _rank(case: Case, disease: Disease) -> float:
    rank = case.standing_of(disease.disease_id).rank if case.has_patient else None
    return inf if rank is None else rank


def _of_gene(case: Case, disease: Disease) -> tuple[str, tuple[str, ...]]:
    """A disease of a gene with its place in the case, and the evidence."""
    name = f"{disease.name} ({disease.disease_id})"
    cited = case.book.cite_genes(disease.disease_id, case.graph.genes_of(disease.disease_id))
    if not case.has_patient:
        return name, (cited,)
    standing = word_standing(case.standing_of(disease.disease_id))
    return phrase("{name}, {standing}", name=name, standing=standing), (cited,)


def _counted(n: int) -> Phrase:
    return phrase("1 disease") if n == 1 else phrase("{n} diseases", n=n)


def say_inheritance(case: Case, request: Request) -> Result:
    """How diseases are inherited."""
    return _per_disease(case, request, _inheritance_of, ("inheritance",), phrase("how it is inherited"))


def say_course(case: Case, request: Request) -> Result:
    """When diseases begin and how they go on."""
    return _per_disease(case, request, _course_of, (), phrase("when it begins"))


def say_prevalence(case: Case, request: Request) -> Result:
    """How common diseases are."""
    return _per_disease(case, request, _prevalence_of, ("frequency",), phrase("how common it is"))


def _per_disease(
    case: Case,
    request: Request,
    say: Callable[[Case, str], Iterator[Sentence]],
    kinds: Collection[str],
    what: Phrase,
) -> Result:
    """What the graph says of each disease; where it is silent, what a page of these kinds says."""
    sentences: list[Sentence] = []
    silent = []
    for disease_id in request.disease_ids:
        said = list(say(case, disease_id)) or (list(_quoted(case, disease_id, kinds)) if kinds else [])
        sentences += said
        if not said:
            silent.append(case.name(disease_id))
    if silent:
        text = phrase("The sources do not say {what}: {names}.", what=what, names=word_list(silent))
        sentences.append(Sentence(text=text))
    return Result(sentences=tuple(sentences), is_covered=len(silent) < len(request.disease_ids))


def _stated(case: Case, disease_id: str, predicate: Predicate) -> Iterator[Sentence]:
    """Statements of a predicate, by term."""
    by_term: dict[str, list[Association]] = {}
    for entry in case.graph.equivalents(disease_id):
        for a in case.graph.associations_of(entry):
            if a.predicate is predicate and not a.excluded:
                by_term.setdefault(a.term_id, []).append(a)
    if by_term:
        cited = _together((case.book.cite_association(a) for a in found[:1]) for found in by_term.values())
        terms = word_list(_with_share(case, t, found) for t, found in by_term.items())
        yield Sentence(text=phrase("{name}: {terms}.", name=case.name(disease_id), terms=terms), evidence_ids=cited)


def _with_share(case: Case, term_id: str, stated: Iterable[Association]) -> str:
    """A term, with the share of patients where a statement has one."""
    label = case.label(term_id)
    share = next((word_share(a.frequency) for a in stated if a.frequency), None)
    return label if share is None else phrase("{what} ({more})", what=label, more=share)


_inheritance_of = partial(_stated, predicate=Predicate.INHERITANCE)
_course_of = partial(_stated, predicate=Predicate.CLINICAL_COURSE)


def _prevalence_of(case: Case, disease_id: str) -> Iterator[Sentence]:
    prevalence = case.graph.prevalence_of(disease_id)
    if prevalence:
        cited = (case.book.cite_prevalence(prevalence),)
        text = phrase("{name}: about {share}.", name=case.name(disease_id), share=word_one_in(prevalence))
        yield Sentence(text=text, evidence_ids=cited)


def find_passages(case: Case, request: Request) -> Result:
    """What pages say of diseases on a topic, in their own words."""
    sentences: list[Sentence] = []
    silent = []
    for disease_id in request.disease_ids:
        said = list(_quoted(case, disease_id, KINDS[request.topic], words=request.words))
        sentences += said
        if not said:
            silent.append(case.name(disease_id))
    about = phrase("this") if request.topic is Topic.ANY else phrase(request.topic.value)
    if case.sources.pages is None:
        sentences.append(Sentence(text=NO_PAGES))
    elif silent:
        text = phrase("No page in the sources speaks of {topic} in {names}.", topic=about, names=word_list(silent))
        sentences.append(Sentence(text=text))
    return Result(sentences=tuple(sentences), is_covered=len(silent) < len(request.disease_ids))


def _quoted(
    case: Case, disease_id: str, kinds: Collection[str], *, words: str = "", n: int = N_PASSAGES
) -> Iterator[Sentence]:
    """The beginnings of passages of these kinds, one a page; of any kind, those that have the question's words."""
    pages = case.sources.pages
    passages: Sequence[Passage] = pages.of_disease(disease_id, kinds) if pages else ()
    if not kinds:
        passages = _with_words(passages, _asked(words, case.name(disease_id)))
    first_of_page = {p.reference: p for p in reversed(passages)}
    for passage in [p for p in passages if first_of_page[p.reference] is p][:n]:
        cited = (case.book.cite_passage(passage, disease_id),)
        page = passage.reference.split("/")[2] if "//" in passage.reference else passage.reference
        said = {"page": page, "title": passage.title, "quote": quote(passage.text)}
        yield Sentence(text=phrase("{page} on {title}: “{quote}”", **said), evidence_ids=cited)


def quote(text: str) -> str:
    """The first sentences of a passage, as far as they are short; a heading's question is passed over."""
    sentences = _SENTENCE.split(text)
    if len(sentences) > 1 and sentences[0].endswith("?"):
        sentences = sentences[1:]
    quoted = sentences[0]
    for sentence in sentences[1:]:
        if len(quoted) + len(sentence) >= MAX_QUOTED:
            break
        quoted = f"{quoted} {sentence}"
    return quoted if len(quoted) <= MAX_QUOTED else quoted[:MAX_QUOTED].rsplit(" ", 1)[0] + " …"


def _asked(words: str, name: str) -> set[str]:
    """Stems of the question's words that say what is asked, without those of the disease's name."""
    return _stems(words) - _stems(name)


def _stems(text: str) -> set[str]:
    return {derivation_of(inflection_of(w)) for w in _WORD.findall(text.casefold()) if w not in _PASSING}


def _with_words(passages: Iterable[Passage], stems: set[str]) -> list[Passage]:
    return [p for p in passages if stems and stems <= _stems(p.text)]


def _together(ids: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(i for some in ids for i in some))
