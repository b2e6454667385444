"""What can be said of diseases in this patient: standing, reasons, differences, what to look for, similar patients.

Every statement about a disease cites what the sources say; ranks, probabilities and likelihood ratios are computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from kg.common_schema import Setting
from kg.phrases import first_of, joined, phrase, term_name, word_list
from kg.schema import Finding, Match
from llm.conversation.case import Case, said_of, with_ratio, word_probability, word_ratio
from llm.conversation.comparison_functions import MIN_CONTRAST, N_CONTRASTS
from llm.conversation.schema import Request, Result, Sentence, Topic
from llm.grounding import ground
from llm.questions import askable
from llm.reader.ranking import MIN_SHARED, claims_about, word_shared
from llm.schema import Diagnosis, Question
from retrieval.candidates import in_order
from retrieval.cases import CaseLibrary
from retrieval.everyday import can_rank
from retrieval.findings import merge_findings, without_contradicted
from retrieval.schema import CaseHit, PublishedCase, RedFlag

N_LISTED = 5
"""Diagnoses, cases and findings that a list has."""
N_EXPECTED = 4
N_TESTED = 3
"""Diseases of which tests are named."""
N_TESTS = 6
"""Tests, and genes, of one disease."""
MIN_PROBABILITY = 0.3
"""Share of a disease's patients from which on a finding is worth looking for."""


def say_standing(case: Case, request: Request) -> Result:
    """The differential, and how sure it is; before it, where that is asked for, what must not be missed."""
    diagnoses = case.differential.diagnoses or case.differential.candidates
    sentences = [
        Sentence(
            text=phrase(
                "Number {rank} is {name}, with a probability of {share}.",
                rank=d.rank,
                name=d.name,
                share=word_probability(d.probability),
            )
        )
        for d in diagnoses[:N_LISTED]
    ]
    rest = word_probability(max(0.0, 1.0 - sum(d.probability for d in diagnoses)))
    sentences.append(Sentence(text=phrase("That it is none of the {n} shown: {share}.", n=len(diagnoses), share=rest)))
    if case.differential.abstained:
        sentences.insert(0, Sentence(text=case.differential.abstained))
    urgent = _urgent(case) if request.topic is Topic.URGENCY else ()
    return Result(sentences=(*urgent, *sentences))


NO_TRIAGE = phrase(
    "How soon this patient must be seen, and where, no source here decides. That nothing is listed does not mean that "
    "nothing is urgent."
)
NO_URGENT = phrase("By these findings nothing is listed that must not be missed.")
NO_URGENT_HERE = phrase(
    "What must not be missed is listed in general practice and emergency, not in the genetics clinic."
)


def _urgent(case: Case) -> Iterator[Sentence]:
    yield Sentence(text=NO_TRIAGE)
    for condition in case.differential.urgent:
        entry = case.graph.entry_id(condition.disease_id)
        flags = [*condition.present, *condition.to_ask] if entry else []
        said = phrase(
            "Not to be missed: {name} ({urgency}), {share}",
            name=condition.name,
            urgency=phrase(condition.urgency),
            share=word_probability(condition.probability),
        )
        here = phrase("red flags here: {flags}", flags=word_list(map(_flag, condition.present)))
        ask = phrase("to ask for: {flags}", flags=word_list(map(_flag, condition.to_ask)))
        parts = [said, *([here] if condition.present else []), *([ask] if condition.to_ask else [])]
        cited = tuple(dict.fromkeys(case.book.cite_red_flag(entry, f) for f in flags)) if entry else ()
        yield Sentence(text=phrase("{parts}.", parts=joined(parts, "; ")), evidence_ids=cited)
    if not case.differential.urgent:
        is_clinic = case.differential.setting is Setting.GENETICS_CLINIC
        yield Sentence(text=NO_URGENT_HERE if is_clinic else NO_URGENT)


def _flag(flag: RedFlag) -> str:
    return term_name(flag.term_id, flag.label)


def explain_diseases(case: Case, request: Request) -> Result:
    """Why, or why not, each disease: its rank, what speaks for and against it, what is missing."""
    sentences = [s for d in request.disease_ids for s in _explain(case, d)]
    return Result(sentences=tuple(sentences))


def _explain(case: Case, disease_id: str) -> Iterator[Sentence]:
    yield Sentence(text=case.word_standing(disease_id))
    candidate = case.candidate(disease_id)
    if not candidate.passages and not case.sources.model.is_described[case.index_of(disease_id)]:
        name = case.name(disease_id)
        yield Sentence(text=phrase("The sources state no finding of {name}, so it cannot be weighed.", name=name))
        return
    claims = tuple(claims_about(candidate, case.graph, case.book, n_expected=N_EXPECTED))
    diagnosis = Diagnosis(
        disease_id=candidate.disease_id,
        name=candidate.name,
        rank=candidate.rank,
        probability=candidate.probability,
        claims=claims,
        equivalent_ids=candidate.equivalent_ids,
    )
    (grounded,), _ = ground([diagnosis], case.book.evidence, case.findings, case.graph)
    weights = {c.term_id: c.weight for c in candidate.contributions}
    said = []
    for claim in grounded.claims:
        weight = weights.get(claim.term_id or "")
        text = claim.text if weight is None else with_ratio(claim.text, weight)
        # A general term that is stated of many other diseases explains a finding and still speaks against.
        supports = claim.supports and (weight is None or weight > 0)
        said.append(Sentence(text=phrase("{said}.", said=text), evidence_ids=claim.evidence_ids, supports=supports))
    yield from sorted(said, key=lambda s: not s.supports)
    risks = {risk.term_id for risk in candidate.risks}
    unexplained = [
        with_ratio(case.label(m.finding.term_id), weights[m.finding.term_id])
        for m in candidate.explanation.matches
        if m.match is Match.UNEXPLAINED and m.finding.term_id not in risks
    ]
    if unexplained:
        text = phrase("The sources do not state of it: {findings}.", findings=word_list(unexplained))
        yield Sentence(text=text, supports=False)
    yield from _contrast_with_best(case, candidate.disease_id)


def _contrast_with_best(case: Case, disease_id: str) -> Iterator[Sentence]:
    """What the first diagnosis explains better; of the first, what it explains better than the second."""
    ids = [c.disease_id for c in case.differential.candidates[:2]]
    same = case.graph.equivalents(disease_id)
    if not ids or (ids[0] in same and len(ids) < 2):
        return
    is_first = ids[0] in same
    better, worse = (ids[0], ids[1]) if is_first else (ids[0], disease_id)
    gaps = [(f, case.log_ratio(f, better), case.log_ratio(f, worse)) for f in case.findings]
    telling = sorted((g for g in gaps if g[1] - g[2] > MIN_CONTRAST), key=lambda g: g[2] - g[1])[:N_CONTRASTS]
    if not telling:
        return
    named = [
        phrase(
            "{finding} (likelihood ratio {better} against {worse})",
            finding=case.named(f),
            better=word_ratio(b),
            worse=word_ratio(w),
        )
        for f, b, w in telling
    ]
    cited = [i for f, _, _ in telling for i in case.statement(better, f)[1][:1]]
    findings = word_list(named)
    text = (
        phrase("Over the second, {name}, it is favoured most by: {findings}.", name=case.name(worse), findings=findings)
        if is_first
        else phrase("The first, {name}, explains better: {findings}.", name=case.name(better), findings=findings)
    )
    yield Sentence(text=text, evidence_ids=tuple(dict.fromkeys(cited)), supports=is_first)


def say_next_steps(case: Case, request: Request) -> Result:
    """What to ask or examine next, before it the tests where they are asked for; with a disease, of that disease."""
    diseases = request.disease_ids or case.shown_ids[:N_TESTED]
    sentences = list(_tests(case, diseases)) if request.topic is Topic.TESTS else []
    if request.disease_ids:
        sentences += [s for d in request.disease_ids for s in _to_look_for(case, d)]
    elif case.differential.questions:
        sentences.append(Sentence(text=WOULD_CHANGE_MOST))
        sentences += [_word_question(case, q) for q in case.differential.questions]
    if not sentences:
        return Result(sentences=(Sentence(text=NOTHING_MORE),), is_covered=False)
    return Result(sentences=tuple(sentences))


NOTHING_MORE = phrase("The sources name no finding that would tell more.")
WOULD_CHANGE_MOST = phrase("What would change the order most, if it were known, the most telling first:")


def _word_question(case: Case, question: Question) -> Sentence:
    """A question with the first diseases of which a source states the finding, and the first one if it is not there."""
    finding = Finding(term_id=question.term_id, label="")
    listed = dict.fromkeys((*case.shown_ids, *(c.disease_id for c in case.differential.candidates)))
    stated = [(d, *case.statement(d, finding)) for d in listed]
    told = [(d, words, cited) for d, words, cited in stated if cited][:N_CONTRASTS]
    parts = [said_of(case.name(d), words) for d, words, _ in told]
    first = next(iter(listed), None)
    if first is not None and first not in {d for d, _, _ in told}:
        parts.append(said_of(case.name(first), phrase("not stated")))
    cited = tuple(dict.fromkeys(i for _, _, ids in told for i in ids))
    text = phrase("{question} {parts}.", question=question.text, parts=joined(parts, "; "))
    return Sentence(text=text, evidence_ids=cited)


def _tests(case: Case, disease_ids: Sequence[str]) -> Iterator[Sentence]:
    """Tests that sources name for diseases, and genes to sequence; whose there are none, is said."""
    silent = []
    for disease_id in disease_ids:
        tests = list(case.sources.tests_of(disease_id).items())[:N_TESTS]
        genes = {d: found for d in case.graph.equivalents(disease_id) if (found := case.graph.genes_of(d))}
        name = case.name(disease_id)
        if tests:
            cited = tuple(case.book.cite_test(disease_id, test, provenance) for test, provenance in tests)
            text = phrase("Tests for {name}: {tests}.", name=name, tests=word_list(t for t, _ in tests))
            yield Sentence(text=text, evidence_ids=cited)
        if genes:
            symbols = list(dict.fromkeys(g.symbol for found in genes.values() for g in found))
            cited = tuple(case.book.cite_genes(d, found) for d, found in genes.items())
            text = phrase("To sequence for {name}: {genes}.", name=name, genes=first_of(symbols, N_TESTS))
            yield Sentence(text=text, evidence_ids=cited)
        if not tests and not genes:
            silent.append(name)
    if silent:
        yield Sentence(text=phrase("The sources name no test of {names}.", names=word_list(silent)))


def _to_look_for(case: Case, disease_id: str) -> Iterator[Sentence]:
    """Findings that are frequent in a disease, rare elsewhere, and not mentioned, the most telling first."""
    model, index = case.sources.model, case.index_of(disease_id)
    weighed = []
    for term_id in askable(model, case.findings, [index]):
        p = float(model.probability(term_id)[index])
        if p >= MIN_PROBABILITY:
            weighed.append((p * np.log(p / max(model.background_of(term_id), 1e-6)), term_id))
    weighed.sort(key=lambda w: (-w[0], w[1]))
    chosen = case.graph.ontology.most_specific(t for _, t in weighed)[:N_LISTED]
    for term_id in chosen:
        words, cited = case.statement(disease_id, Finding(term_id=term_id, label=""))
        text = phrase(
            "To look for in {name}: {finding}, {words}.",
            name=case.name(disease_id),
            finding=case.label(term_id),
            words=words,
        )
        yield Sentence(text=text, evidence_ids=cited)


NOTHING_LEFT = phrase("Without that no finding is left to rank by; the case stays as it is.")


def say_what_if(case: Case, request: Request) -> Result:
    """The order of the diseases, had the patient these findings too, or not had them."""
    findings = _supposing(case, [replace(f, asked=True) for f in request.findings])
    if not can_rank(findings, case.ranker):
        return Result(sentences=(Sentence(text=NOTHING_LEFT),), is_covered=False)
    diseases, log_probabilities = case.ranker.rank(in_order(findings), case.differential.person)
    supposed = phrase(
        "If the patient also had {findings}, the order would be as follows; the case stays as it is.",
        findings=word_list(case.named(f) for f in request.findings),
    )
    sentences = [Sentence(text=supposed)]
    ranked = zip(diseases[:N_LISTED], log_probabilities, strict=False)
    for rank, (index, log_probability) in enumerate(ranked, start=1):
        disease_id = case.sources.model.groups[index][0]
        before = case.standing_of(disease_id)
        was = (
            phrase("no candidate before")
            if before.rank is None
            else phrase("before: number {rank}, {share}", rank=before.rank, share=word_probability(before.probability))
        )
        now = phrase(
            "Number {rank} would be {name}, {share} ({was}).",
            rank=rank,
            name=case.name(disease_id),
            share=word_probability(float(np.exp(log_probability))),
            was=was,
        )
        parts: list[str] = []
        cited: list[str] = []
        for finding in request.findings:
            words, ids = case.statement(disease_id, finding)
            parts.append(said_of(case.label(finding.term_id), words))
            cited += ids
        text = joined([now, phrase("{parts}.", parts=joined(parts, "; "))], " ")
        sentences.append(Sentence(text=text, evidence_ids=tuple(dict.fromkeys(cited))))
    return Result(sentences=tuple(sentences))


def _supposing(case: Case, supposed: Sequence[Finding]) -> tuple[Finding, ...]:
    """The patient's findings, had the patient these too; what they contradict is gone."""
    ontology = case.graph.ontology
    denied = {f.term_id for f in supposed if f.excluded}
    kept = (f for f in case.findings if f.excluded or denied.isdisjoint(ontology.ancestors(f.term_id)))
    return without_contradicted(merge_findings(kept, supposed), ontology)


def find_cases(case: Case, request: Request) -> Result:
    """Published patients who share findings with the patient, of these diseases if any are named."""
    if case.sources.library is None:
        return Result(sentences=(Sentence(text=phrase("There are no published cases here.")),), is_covered=False)
    hits = _similar_cases(case, case.sources.library, request)
    n_least = min(MIN_SHARED, sum(not f.excluded for f in case.findings))
    hits = [h for h in hits if len(h.shared_term_ids) >= n_least]
    sentences = []
    for hit in sorted(hits, key=lambda h: -len(h.shared_term_ids))[:N_LISTED]:
        disease = case.graph.diseases.get(hit.case.disease_id)
        parts = [word_shared(hit, disease.name if disease else hit.case.disease_id, case.graph)]
        if request.findings:
            parts.append(phrase("and {findings}", findings=word_list(case.named(f) for f in request.findings)))
        text = phrase("{parts}.", parts=joined(parts, "; "))
        sentences.append(Sentence(text=text, evidence_ids=(case.book.cite_case(hit),)))
    if not sentences:
        named = [*map(case.name, request.disease_ids), *(case.label(f.term_id) for f in request.findings)]
        text = phrase("No published patient was found who shares findings with this one.")
        if named:
            text = phrase(
                "No published patient with {named} was found who shares findings with this one.", named=word_list(named)
            )
        return Result(sentences=(Sentence(text=text),), is_covered=False)
    return Result(sentences=tuple(sentences))


def _similar_cases(case: Case, library: CaseLibrary, request: Request) -> Sequence[CaseHit]:
    """The cases of the named diseases, and with the named findings, that resemble the patient most."""
    if not request.disease_ids and not request.findings:
        return case.hits
    wanted = {i for d in request.disease_ids for i in case.graph.equivalents(d)}

    def is_meant(published: PublishedCase) -> bool:
        is_of_disease = not wanted or published.disease_id in wanted
        return is_of_disease and all(_has(published, f, case) for f in request.findings)

    return library.only(is_meant).similar(case.findings)


def _has(published: PublishedCase, finding: Finding, case: Case) -> bool:
    """Whether a published case has a finding, or a more specific one."""
    return any(finding.term_id in case.graph.ontology.ancestors(t.term_id) for t in published.present)
