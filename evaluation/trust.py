"""Whether a ranker's reasons are its reasons, and whether its questions help: asked of a sample of patients.

*Deletion* (DeYoung et al., ACL 2020, doi:10.18653/v1/2020.acl-main.408): the findings that the ranker says speak most
for its first diagnosis are taken away, and as many of the others; the probability must fall more without the first.

*Questions*: all but three of a patient's findings are hidden, and three questions are answered, asked one after the
other as the product would ask, at random, or the commonest first. All ask for findings of the same candidates. The
better the questions, the further up the right disease is in the end. Answered in two ways:

- ``record``: by the hidden part of the record alone; what it does not tell is passed over and costs nothing. Since
  records tell what patients have, that favours whoever asks for what nearly nobody has.
- ``completed``: every question, by the record, and where it is silent by how often patients with the right disease have
  the finding, of all that is known with the patient's own publication: drawn once for each patient and finding.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evaluation.metrics import ClusterBootstrap, Rate, percent
from evaluation.schema import Case, Prediction, Trust
from kg.likelihood import LikelihoodModel
from kg.schema import Finding
from llm.questions import N_ASKED_FOR, N_WEIGHED, askable, rank_questions
from retrieval.answers import AnswerRanker
from retrieval.candidates import Ranker
from retrieval.demographics import Demographics

MIN_FINDINGS = 4
"""Present findings of a patient whose findings are deleted."""
N_CITED = 20
"""Candidates among which the reasons for the first are weighed."""
N_SHOWN, N_QUESTIONS = 3, 3
N_DRAWN = 4
"""Courses of random questions of each patient, of which the mean counts: one alone is mostly luck."""
MIN_HIDDEN = 5
"""Present findings that are hidden of a patient who is asked about, at least."""
UNLISTED = 101
"""Rank of a disease that is not among the first hundred."""
POLICIES = ("gain", "random", "frequent")
"""The product's: expected information gain; at random; the commonest finding first."""
ANSWERERS = ("record", "completed")
"""Who answers: the record alone; the record, and what is known of the disease where it is silent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustSummary:
    """Means over the patients who were asked about."""

    n: int
    drop_cited: Rate
    drop_uncited: Rate
    n_asked: int
    """Of whom questions were asked; where it is 0, nothing is known below."""
    rank_before: Rate | None
    ranks_after: Mapping[str, Mapping[str, Rate]]
    """By who answers and by policy."""
    gain_over: Mapping[str, Mapping[str, Rate]]
    """Mean difference of the ranks after questions of another policy and after the product's; above 0: better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Answers questions about a patient whose findings are hidden."""

    told: Mapping[str, bool]
    """Term -> whether the patient has it, as far as the hidden part of the record says."""
    truth: LikelihoodModel | None = None
    """Completes it, by how often the right disease has a finding; None: the rest is not answered."""
    disease: int | None = None
    """The right one, index into the groups of ``truth``; None where that has no such entry: as anybody has findings."""
    seed: str = ""
    """Of what is drawn: the same finding is answered alike whenever it is asked for."""

    def can_answer(self, term_id: str) -> bool:
        """Whether there is an answer."""
        return self.truth is not None or term_id in self.told

    def answer(self, term_id: str) -> bool:
        """Whether the patient has it; for what can be answered."""
        if self.truth is None or term_id in self.told:
            return self.told[term_id]
        if self.disease is None:
            share = self.truth.background_of(term_id)
        else:
            share = float(self.truth.answer_probabilities([term_id], [self.disease])[0, 0])
        return random.Random(f"{self.seed} {term_id}").random() < share  # noqa: S311 - a sample


def summarise_trust(predictions: Sequence[Prediction], seed: int = 0) -> TrustSummary | None:
    """Means with intervals over publications; None where nobody was asked about."""
    examined = [(p.publication, p.trust) for p in predictions if p.trust is not None]
    if not examined:
        return None
    asked = [(publication, t) for publication, t in examined if t.ranks_after]

    def mean(of: Sequence[tuple[str, Trust]], value: Callable[[Trust], float]) -> Rate:
        bootstrap = ClusterBootstrap([publication for publication, _ in of], seed)
        return bootstrap.mean(np.array([value(trust) for _, trust in of], np.float64))

    def difference(answerer: str, policy: str) -> Callable[[Trust], float]:
        return lambda t: t.ranks_after[answerer][policy] - t.ranks_after[answerer]["gain"]

    answerers = ANSWERERS if asked else ()
    return TrustSummary(
        n=len(examined),
        drop_cited=mean(examined, lambda t: t.drop_cited),
        drop_uncited=mean(examined, lambda t: t.drop_uncited),
        n_asked=len(asked),
        rank_before=mean(asked, lambda t: float(t.rank_before or UNLISTED)) if asked else None,
        ranks_after={a: {p: mean(asked, lambda t, a=a, p=p: t.ranks_after[a][p]) for p in POLICIES} for a in answerers},  # type: ignore[misc]
        gain_over={a: {p: mean(asked, difference(a, p)) for p in POLICIES[1:]} for a in answerers},
    )


def word_trust(summary: TrustSummary) -> list[str]:
    """The section of a report."""
    falls = (
        f"Of {summary.n:,} patients. Without the third of the findings that the ranker says speak most for its first "
        f"diagnosis, its probability falls by {percent(summary.drop_cited)} points; without as many others by "
        f"{percent(summary.drop_uncited)}."
    )
    if summary.rank_before is None:
        return ["## Reasons and questions", "", falls]
    ranks = (
        f"Mean rank of the right disease ({UNLISTED}: not listed) of {summary.n_asked:,} patients with {N_SHOWN} of "
        f"their findings: {_told(summary.rank_before)}; after {N_QUESTIONS} answered questions:"
    )
    heads = ["| answers | questions | mean rank | further down than the product's |", "|---|---|---|---|"]
    lines = ["## Reasons and questions", "", falls, "", ranks, "", *heads]
    for answerer, by_policy in summary.ranks_after.items():
        for policy, rank in by_policy.items():
            difference = summary.gain_over[answerer].get(policy)
            lines.append(f"| {answerer} | {policy} | {_told(rank)} | {_told(difference) if difference else ''} |")
    return lines


def _told(rate: Rate) -> str:
    return f"{rate.value:.1f} ({rate.low:.1f} to {rate.high:.1f})"


def examine(ranker: Ranker, model: LikelihoodModel, case: Case, truth: LikelihoodModel, seed: int = 0) -> Trust | None:
    """Both tests of one patient; None of a patient with too few findings, or without a candidate.

    Args:
        ranker: over what may be known of the patient.
        model: over the same.
        case: the patient.
        truth: over all that is known, to complete the record by.
        seed: of what is hidden, asked at random and drawn, together with the patient's id.
    """
    ranker = AnswerRanker(ranker, model)
    present = [f for f in case.findings if not f.excluded]
    drawn = random.Random(f"{seed} {case.case_id}")  # noqa: S311 - a sample
    deletion = _delete(ranker, case, drawn) if len(present) >= MIN_FINDINGS else None
    if deletion is None:
        return None
    if len(present) < N_SHOWN + MIN_HIDDEN:
        return Trust(drop_cited=deletion[0], drop_uncited=deletion[1])
    right = {model.group_index[g] for g in case.gold_ids if g in model.group_index}
    order = list(present)
    drawn.shuffle(order)
    shown = order[:N_SHOWN]
    record = Record(told=_answers([f for f in case.findings if f not in shown], shown, model))
    disease = next((truth.group_index[g] for g in case.gold_ids if g in truth.group_index), None)
    completed = replace(record, truth=truth, disease=disease, seed=f"{seed} {case.case_id}")

    def rank_after(policy: str, answerer: Record) -> float:
        courses = range(N_DRAWN if policy == "random" else 1)
        told = [_ask(policy, ranker, model, case.person, shown, answerer, drawn) for _ in courses]
        return float(np.mean([_rank_of(right, ranker, findings, case.person) for findings in told]))

    return Trust(
        drop_cited=deletion[0],
        drop_uncited=deletion[1],
        rank_before=_rank_of(right, ranker, shown, case.person),
        ranks_after={
            name: {policy: rank_after(policy, answerer) for policy in POLICIES}
            for name, answerer in zip(ANSWERERS, (record, completed), strict=True)
        },
    )


def _delete(ranker: Ranker, case: Case, drawn: random.Random) -> tuple[float, float] | None:
    """Falls of the first diagnosis' probability: without a third of the findings, cited and others."""
    findings = sorted(case.findings, key=lambda f: (f.term_id, f.excluded))
    diseases, log_probabilities = ranker.rank(findings, case.person)
    if not diseases:
        return None
    weights = ranker.weigh(findings, diseases[:N_CITED], case.person)[:, 0]
    present = [i for i, f in enumerate(findings) if not f.excluded]
    ranked = sorted(present, key=lambda i: -weights[i])
    n = max(1, len(ranked) // 3)
    before = float(np.exp(log_probabilities[0]))

    def left(removed: Sequence[int]) -> float:
        found, logs = ranker.rank([f for i, f in enumerate(findings) if i not in removed], case.person)
        return next((float(np.exp(p)) for d, p in zip(found, logs, strict=True) if d == diseases[0]), 0.0)

    return before - left(ranked[:n]), before - left(drawn.sample(ranked[n:], n))


def _answers(hidden: Sequence[Finding], shown: Sequence[Finding], model: LikelihoodModel) -> dict[str, bool]:
    """What the hidden part of a record answers: term -> whether the patient has it.

    Who has a finding has what it is a kind of; who lacks one lacks all kinds of it.
    """
    ontology = model.graph.ontology
    known = {a for f in shown if not f.excluded for a in ontology.ancestors(f.term_id)}
    has = {a for f in hidden if not f.excluded for a in ontology.ancestors(f.term_id)} - known
    has &= ontology.phenotypic_abnormalities
    lacks = {d for f in hidden if f.excluded for d in ontology.descendants(f.term_id)}
    return dict.fromkeys(sorted(lacks), False) | dict.fromkeys(sorted(has), True)


def _ask(
    policy: str,
    ranker: Ranker,
    model: LikelihoodModel,
    person: Demographics,
    findings: Sequence[Finding],
    record: Record,
    drawn: random.Random,
) -> list[Finding]:
    """The findings after the questions."""
    told, ontology = list(findings), model.graph.ontology
    for _ in range(N_QUESTIONS):
        diseases, logs = ranker.rank(told, person)
        open_questions = [t for t in askable(model, told, diseases[:N_ASKED_FOR]) if record.can_answer(t)]
        if not open_questions:
            break
        if policy == "gain":
            shares = np.exp(logs[:N_WEIGHED]).tolist()
            asked = rank_questions(model, diseases[:N_WEIGHED], shares, open_questions)[0][0]
        elif policy == "random":
            asked = drawn.choice(open_questions)
        else:
            asked = max(open_questions, key=model.background_of)
        told.append(Finding(term_id=asked, label=ontology.name(asked), excluded=not record.answer(asked), asked=True))
    return told


def _rank_of(right: set[int], ranker: Ranker, findings: Sequence[Finding], person: Demographics) -> int:
    diseases, _ = ranker.rank(findings, person)
    return next((i for i, d in enumerate(diseases[: UNLISTED - 1], start=1) if d in right), UNLISTED)
