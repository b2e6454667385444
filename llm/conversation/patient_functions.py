"""What can be said of diseases in this patient: standing, reasons, differences, what to look for, similar patients.

Every statement about a disease cites what the sources say; ranks, probabilities and likelihood ratios are computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from kg.common_schema import Setting
from kg.schema import Finding, Match
from llm.conversation.case import Case, word_list, word_probability, word_ratio, word_standing
from llm.conversation.schema import Request, Result, Sentence, Topic
from llm.grounding import ground
from llm.questions import askable, rank_questions
from llm.reader.ranking import MIN_SHARED, claims_about, word_shared
from llm.schema import Diagnosis, Question
from retrieval.candidates import in_order
from retrieval.cases import CaseLibrary
from retrieval.everyday import EverydayRanker, can_rank
from retrieval.findings import merge_findings, without_contradicted
from retrieval.schema import CaseHit, PublishedCase

N_LISTED = 5
"""Diagnoses, cases and findings that a list has."""
N_COMPARED = 4
"""Diseases that are compared at most."""
N_EXPECTED = 4
N_TESTED = 3
"""Diseases of which tests are named."""
N_TESTS = 6
"""Tests, and genes, of one disease."""
N_CONTRASTS = 3
MIN_CONTRAST = float(np.log(2))
"""A finding tells diseases apart where its likelihood ratios differ by a factor of two."""
MAX_LOG_ODDS = float(np.log(10_000))
MIN_DIFFERENCE = float(np.log(1.05))
"""Below it two likelihood ratios are the same."""
MIN_PROBABILITY = 0.3
"""Share of a disease's patients from which on a finding is worth looking for."""


def say_standing(case: Case, request: Request) -> Result:
    """The differential, and how sure it is; before it, where that is asked for, what must not be missed."""
    diagnoses = case.differential.diagnoses or case.differential.candidates
    sentences = [
        Sentence(text=f"Number {d.rank} is {d.name}, with a probability of {word_probability(d.probability)}.")
        for d in diagnoses[:N_LISTED]
    ]
    rest = max(0.0, 1.0 - sum(d.probability for d in diagnoses))
    sentences.append(Sentence(text=f"That it is none of the {len(diagnoses)} shown: {word_probability(rest)}."))
    if case.differential.abstained:
        sentences.insert(0, Sentence(text=case.differential.abstained))
    urgent = _urgent(case) if request.topic is Topic.URGENCY else ()
    return Result(sentences=(*urgent, *sentences))


NO_TRIAGE = (
    "How soon this patient must be seen, and where, no source here decides. That nothing is listed does not mean that "
    "nothing is urgent."
)
NO_URGENT = "By these findings nothing is listed that must not be missed."
NO_URGENT_HERE = "What must not be missed is listed in general practice and emergency, not in the genetics clinic."


def _urgent(case: Case) -> Iterator[Sentence]:
    yield Sentence(text=NO_TRIAGE)
    for condition in case.differential.urgent:
        entry = case.graph.entry_id(condition.disease_id)
        flags = [*condition.present, *condition.to_ask] if entry else []
        said = f"Not to be missed: {condition.name} ({condition.urgency}), {word_probability(condition.probability)}"
        here = f"; red flags here: {word_list([f.label for f in condition.present])}" if condition.present else ""
        ask = f"; to ask for: {word_list([f.label for f in condition.to_ask])}" if condition.to_ask else ""
        cited = tuple(dict.fromkeys(case.book.cite_red_flag(entry, f) for f in flags)) if entry else ()
        yield Sentence(text=f"{said}{here}{ask}.", evidence_ids=cited)
    if not case.differential.urgent:
        is_clinic = case.differential.setting is Setting.GENETICS_CLINIC
        yield Sentence(text=NO_URGENT_HERE if is_clinic else NO_URGENT)


def explain_diseases(case: Case, request: Request) -> Result:
    """Why, or why not, each disease: its rank, what speaks for and against it, what is missing."""
    sentences = [s for d in request.disease_ids for s in _explain(case, d)]
    return Result(sentences=tuple(sentences))


def _explain(case: Case, disease_id: str) -> Iterator[Sentence]:
    yield Sentence(text=_word_standing(case, disease_id))
    candidate = case.candidate(disease_id)
    if not candidate.passages and not case.sources.model.is_described[case.index_of(disease_id)]:
        yield Sentence(text=f"The sources state no finding of {case.name(disease_id)}, so it cannot be weighed.")
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
        ratio = "" if weight is None else f" (likelihood ratio {word_ratio(weight)})"
        # A general term that is stated of many other diseases explains a finding and still speaks against.
        supports = claim.supports and (weight is None or weight > 0)
        said.append(Sentence(text=f"{claim.text}{ratio}.", evidence_ids=claim.evidence_ids, supports=supports))
    yield from sorted(said, key=lambda s: not s.supports)
    risks = {risk.term_id for risk in candidate.risks}
    unexplained = [
        f"{case.label(m.finding.term_id)} (likelihood ratio {word_ratio(weights[m.finding.term_id])})"
        for m in candidate.explanation.matches
        if m.match is Match.UNEXPLAINED and m.finding.term_id not in risks
    ]
    if unexplained:
        yield Sentence(text=f"The sources do not state of it: {word_list(unexplained)}.", supports=False)
    yield from _contrast_with_best(case, candidate.disease_id)


def _word_standing(case: Case, disease_id: str) -> str:
    standing, name = case.standing_of(disease_id), case.name(disease_id)
    if standing.rank is None:
        return f"{name} is not among the {standing.n_ranked} candidates that the graph and published cases bring up."
    return f"{name} is {word_standing(standing)}."


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
    named = [f"{_label(case, f)} (likelihood ratio {word_ratio(b)} against {word_ratio(w)})" for f, b, w in telling]
    cited = [i for f, _, _ in telling for i in case.statement(better, f)[1][:1]]
    lead = (
        f"Over the second, {case.name(worse)}, it is favoured most by"
        if is_first
        else f"The first, {case.name(better)}, explains better"
    )
    yield Sentence(text=f"{lead}: {word_list(named)}.", evidence_ids=tuple(dict.fromkeys(cited)), supports=is_first)


def compare_diseases(case: Case, request: Request) -> Result:
    """Findings of the patient, and findings to look for, that tell diseases apart; their genes."""
    ids = request.disease_ids[:N_COMPARED]
    sentences = [Sentence(text=_word_standing(case, d)) for d in ids]
    sentences += _differences(case, ids)
    sentences += _telling_apart(case, ids)
    return Result(sentences=tuple(sentences))


def _differences(case: Case, disease_ids: Sequence[str]) -> Iterator[Sentence]:
    """The patient's findings, the most telling first; where none tells much, those that do most."""
    rows = [(f, [case.log_ratio(f, d) for d in disease_ids]) for f in case.findings]
    rows = [row for row in rows if max(row[1]) - min(row[1]) > MIN_DIFFERENCE]
    rows.sort(key=lambda row: min(row[1]) - max(row[1]))
    telling = [(f, ratios) for f, ratios in rows if max(ratios) - min(ratios) > MIN_CONTRAST]
    for finding, ratios in telling[: 2 * N_LISTED] or rows[:N_CONTRASTS]:
        parts, cited = _stated_of(case, disease_ids, finding, ratios)
        favoured = case.name(disease_ids[int(np.argmax(ratios))])
        little = "" if telling else " a little"
        yield Sentence(text=f"{_label(case, finding)} favours {favoured}{little}: {parts}.", evidence_ids=cited)
    gap = _word_gap(case, disease_ids)
    if gap:
        yield gap
    elif not rows:
        yield Sentence(text="None of the patient's findings tells them apart.")


def _word_gap(case: Case, disease_ids: Sequence[str]) -> Sentence | None:
    """What the likeliest of the diseases has before the least likely, by its parts; None where there is no gap."""
    by_share = sorted((case.candidate(d) for d in disease_ids), key=lambda c: -c.score)
    first, last = by_share[0], by_share[-1]
    gap = first.score - last.score
    if not MIN_CONTRAST < gap < np.inf:
        return None
    findings = sum(c.log_lr for c in first.contributions) - sum(c.log_lr for c in last.contributions)
    parts = {
        "the findings together": findings,
        "how common the two are": first.log_prior - last.log_prior,
        "the story's own words": first.log_text - last.log_text,
        "what the story tells beside findings": first.log_history - last.log_history,
    }
    is_everyday = isinstance(case.ranker, EverydayRanker)
    if not is_everyday:
        parts["what the ranking learned from published patients makes of that"] = gap - sum(parts.values())
    said = [f"{what} {_word_odds(x)}" for what, x in parts.items() if abs(x) > MIN_DIFFERENCE]
    tempered = f"; {TEMPERED}" if is_everyday else ""
    n = (len(first.cases), len(last.cases))
    similar = (
        f" Of the published patients most like this one {n[0]} have the one and {n[1]} the other." if any(n) else ""
    )
    prevalences = (case.graph.prevalence_of(c.disease_id) for c in (first, last))
    shares = f"{word_probability(first.probability)} against {word_probability(last.probability)}"
    return Sentence(
        text=f"What puts {first.name} before {last.name} ({shares}), in odds: {word_list(said)}{tempered}.{similar}",
        evidence_ids=tuple(case.book.cite_prevalence(p) for p in prevalences if p),
    )


TEMPERED = "of their product the ranking takes a root, since what belongs to one disease comes together"


def _word_odds(log_odds: float) -> str:
    """``12 to 1``, ``1 to 3.4``; beyond ten thousand the number says nothing more."""
    if abs(log_odds) > MAX_LOG_ODDS:
        return "over 10,000 to 1" if log_odds > 0 else "1 to over 10,000"
    return f"{word_ratio(log_odds)} to 1" if log_odds >= 0 else f"1 to {word_ratio(-log_odds)}"


def _telling_apart(case: Case, disease_ids: Sequence[str]) -> Iterator[Sentence]:
    """What was not mentioned and would tell the diseases apart."""
    model = case.sources.model
    indices = [case.index_of(d) for d in disease_ids]
    terms = askable(model, case.findings, indices)
    shares = [1 / len(indices)] * len(indices)
    for term_id, gain in rank_questions(model, indices, shares, terms)[:N_CONTRASTS]:
        if gain <= 0:
            continue
        finding = Finding(term_id=term_id, label=case.label(term_id))
        parts, cited = _stated_of(case, disease_ids, finding)
        yield Sentence(text=f"Worth looking for: {finding.label}: {parts}.", evidence_ids=cited)


def _stated_of(
    case: Case, disease_ids: Sequence[str], finding: Finding, log_ratios: Sequence[float] = ()
) -> tuple[str, tuple[str, ...]]:
    """``A: seen in 3 of 4 patients (likelihood ratio 56); B: not stated``, and the evidence."""
    parts: list[str] = []
    cited: list[str] = []
    for n, disease_id in enumerate(disease_ids):
        words, ids = case.statement(disease_id, finding)
        ratio = f" (likelihood ratio {word_ratio(log_ratios[n])})" if len(log_ratios) else ""
        parts.append(f"{case.name(disease_id)}: {words}{ratio}")
        cited += ids
    return "; ".join(parts), tuple(dict.fromkeys(cited))


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
        return Result(sentences=(Sentence(text="The sources name no finding that would tell more."),), is_covered=False)
    return Result(sentences=tuple(sentences))


WOULD_CHANGE_MOST = "What would change the order most, if it were known, the most telling first:"


def _word_question(case: Case, question: Question) -> Sentence:
    """A question with the first diseases of which a source states the finding, and the first one if it is not there."""
    finding = Finding(term_id=question.term_id, label="")
    listed = dict.fromkeys((*case.shown_ids, *(c.disease_id for c in case.differential.candidates)))
    stated = [(d, *case.statement(d, finding)) for d in listed]
    told = [(d, words, cited) for d, words, cited in stated if cited][:N_CONTRASTS]
    parts = [f"{case.name(d)}: {words}" for d, words, _ in told]
    first = next(iter(listed), None)
    if first is not None and first not in {d for d, _, _ in told}:
        parts.append(f"{case.name(first)}: not stated")
    cited = tuple(dict.fromkeys(i for _, _, ids in told for i in ids))
    return Sentence(text=f"{question.text} {'; '.join(parts)}.", evidence_ids=cited)


def _tests(case: Case, disease_ids: Sequence[str]) -> Iterator[Sentence]:
    """Tests that sources name for diseases, and genes to sequence; whose there are none, is said."""
    silent = []
    for disease_id in disease_ids:
        tests = list(case.sources.tests_of(disease_id).items())[:N_TESTS]
        genes = {d: found for d in case.graph.equivalents(disease_id) if (found := case.graph.genes_of(d))}
        name = case.name(disease_id)
        if tests:
            cited = tuple(case.book.cite_test(disease_id, test, provenance) for test, provenance in tests)
            yield Sentence(text=f"Tests for {name}: {word_list([t for t, _ in tests])}.", evidence_ids=cited)
        if genes:
            symbols = list(dict.fromkeys(g.symbol for found in genes.values() for g in found))
            more = f" and {len(symbols) - N_TESTS} more" if len(symbols) > N_TESTS else ""
            shown = ", ".join(symbols[:N_TESTS]) if more else word_list(symbols)
            cited = tuple(case.book.cite_genes(d, found) for d, found in genes.items())
            yield Sentence(text=f"To sequence for {name}: {shown}{more}.", evidence_ids=cited)
        if not tests and not genes:
            silent.append(name)
    if silent:
        yield Sentence(text=f"The sources name no test of {word_list(silent)}.")


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
        text = f"To look for in {case.name(disease_id)}: {case.label(term_id)}, {words}."
        yield Sentence(text=text, evidence_ids=cited)


NOTHING_LEFT = "Without that no finding is left to rank by; the case stays as it is."


def say_what_if(case: Case, request: Request) -> Result:
    """The order of the diseases, had the patient these findings too, or not had them."""
    findings = _supposing(case, [replace(f, asked=True) for f in request.findings])
    if not can_rank(findings, case.ranker):
        return Result(sentences=(Sentence(text=NOTHING_LEFT),), is_covered=False)
    diseases, log_probabilities = case.ranker.rank(in_order(findings), case.differential.person)
    told = word_list([_label(case, f) for f in request.findings])
    sentences = [
        Sentence(text=f"If the patient also had {told}, the order would be as follows; the case stays as it is.")
    ]
    ranked = zip(diseases[:N_LISTED], log_probabilities, strict=False)
    for rank, (index, log_probability) in enumerate(ranked, start=1):
        disease_id = case.sources.model.groups[index][0]
        before = case.standing_of(disease_id)
        was = (
            "no candidate before"
            if before.rank is None
            else f"before: number {before.rank}, {word_probability(before.probability)}"
        )
        probability = word_probability(float(np.exp(log_probability)))
        now = f"Number {rank} would be {case.name(disease_id)}, {probability} ({was})"
        parts: list[str] = []
        cited: list[str] = []
        for finding in request.findings:
            words, ids = case.statement(disease_id, finding)
            parts.append(f"{case.label(finding.term_id)}: {words}")
            cited += ids
        sentences.append(Sentence(text=f"{now}. {'; '.join(parts)}.", evidence_ids=tuple(dict.fromkeys(cited))))
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
        return Result(sentences=(Sentence(text="There are no published cases here."),), is_covered=False)
    hits = _similar_cases(case, case.sources.library, request)
    n_least = min(MIN_SHARED, sum(not f.excluded for f in case.findings))
    hits = [h for h in hits if len(h.shared_term_ids) >= n_least]
    sentences = []
    for hit in sorted(hits, key=lambda h: -len(h.shared_term_ids))[:N_LISTED]:
        disease = case.graph.diseases.get(hit.case.disease_id)
        text = word_shared(hit, disease.name if disease else hit.case.disease_id, case.graph)
        if request.findings:
            text += f"; and {word_list([_label(case, f) for f in request.findings])}"
        sentences.append(Sentence(text=f"{text}.", evidence_ids=(case.book.cite_case(hit),)))
    if not sentences:
        named = [*map(case.name, request.disease_ids), *(case.label(f.term_id) for f in request.findings)]
        of = f" with {word_list(named)}" if named else ""
        text = f"No published patient{of} was found who shares findings with this one."
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


def _label(case: Case, finding: Finding) -> str:
    name = case.label(finding.term_id)
    return f"no {name}" if finding.excluded else name
