"""The question that would help most: the finding whose answer is expected to change the differential most.

Expected information gain (Lindley 1956) over the shown candidates and "any other disease", which answers as the
average disease does: the mean over answers of what they tell, as Kullback and Leibler's divergence of D | answer from
D, in bits. The best by the likelihoods are read again by the ranker with either answer. The mean is over questions
that get an answer: what a patient has is known or soon seen, what a patient lacks was often never looked for, so that
"no" comes for ``TOLD_ABSENT`` of the absences only.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from kg.equivalence import terms_called
from kg.likelihood import LikelihoodModel
from kg.schema import Finding
from llm.schema import Question
from retrieval.candidates import Ranker
from retrieval.demographics import UNKNOWN, Demographics
from retrieval.schema import Candidate

Doubles = NDArray[np.float64]

N_CANDIDATES = 20
"""Candidates over which questions are weighed."""
N_REREAD = 12
"""Questions whose answers the ranker reads: each costs it one reading of the candidates, of the "yes"."""
TOLD_ABSENT = 0.3
"""Share of what a patient lacks that can be said to be absent; docs/log.md has others."""


def next_questions(
    model: LikelihoodModel,
    ranker: Ranker,
    findings: Sequence[Finding],
    candidates: Sequence[Candidate],
    n: int = 3,
    *,
    person: Demographics = UNKNOWN,
    unknown: Collection[str] = (),
) -> tuple[Question, ...]:
    """The n most informative yes-no questions, best first; none where there is nothing to tell apart.

    Asked are findings annotated for a candidate that neither imply nor follow from what is known, and are not, nor
    are below, what nobody can answer for (``unknown``).
    """
    considered = candidates[:N_CANDIDATES]
    diseases = [model.group_index[c.disease_id] for c in considered]
    ancestors = model.graph.ontology.ancestors
    terms = [t for t in askable(model, findings, diseases) if ancestors(t).isdisjoint(unknown)]
    shares = [c.probability for c in considered]
    ranked = choose_questions(model, ranker, findings, person, diseases, shares, terms)[:n]
    ontology = model.graph.ontology
    return tuple(
        Question(term_id=t, text=f"Does the patient have {_in_sentence(ontology.name(t))}?", gain=gain)
        for t, gain in ranked
        if gain > 0
    )


def choose_questions(
    model: LikelihoodModel,
    ranker: Ranker,
    findings: Sequence[Finding],
    person: Demographics,
    diseases: Sequence[int],
    probabilities: Sequence[float],
    terms: Sequence[str],
) -> list[tuple[str, float]]:
    """The best terms to ask about, at most ``N_REREAD``, the most informative first, and the gain of each in bits.

    The best by the likelihoods alone are read again by the ranker with either answer: what an answer tells is how far
    the ranker's own probabilities move.

    Args:
        model: how often the diseases have each finding.
        ranker: reads the patient with each answer.
        findings: what is known, at least one present.
        person: age and sex.
        diseases: indices into the model's groups.
        probabilities: of them; what is missing to 1 is any other disease.
        terms: to choose among.
    """
    chosen = [t for t, _ in rank_questions(model, diseases, probabilities, terms)[:N_REREAD]]
    if not chosen:
        return []
    answers = [Finding(term_id=t, label="", excluded=no, asked=True) for no in (False, True) for t in chosen]
    read = np.exp(ranker.reread([findings, *([*findings, answer] for answer in answers)], diseases, person))
    now, if_yes, if_no = read[0], read[1 : len(chosen) + 1], read[len(chosen) + 1 :]
    yes = _p_yes(model, diseases, chosen) @ now
    gains = _mean_told(yes, _divergence(if_yes, now), 1 - yes, _divergence(if_no, now)).tolist()
    return sorted(zip(chosen, gains, strict=True), key=lambda ranked: -ranked[1])


def rank_questions(
    model: LikelihoodModel, diseases: Sequence[int], probabilities: Sequence[float], terms: Sequence[str]
) -> list[tuple[str, float]]:
    """Terms to ask about, the most informative first, ties in their order, and the gain of each in bits.

    Args:
        model: how often the diseases have each finding.
        diseases: indices into its groups.
        probabilities: of them; what is missing to 1 is any other disease.
        terms: to choose among.
    """
    if not len(diseases) or not terms:
        return []
    prior = np.append(probabilities, max(0.0, 1.0 - sum(probabilities)))
    gains = information_gain(prior, _p_yes(model, diseases, terms)).tolist()
    return sorted(zip(terms, gains, strict=True), key=lambda ranked: -ranked[1])


def information_gain(prior: Doubles, p_yes: Doubles, told_absent: float = TOLD_ABSENT) -> Doubles:
    """Expected information gain of a question that gets an answer, in bits.

    Args:
        prior: probabilities over the hypotheses, shape [n], sum 1.
        p_yes: probability of "yes" to each question under each hypothesis, shape [n_questions, n].
        told_absent: 0..1, how often "no" is an answer where it is true; 1: always, which is the mutual information of
            answer and hypothesis.

    Returns:
        Gains, at least 0, shape [n_questions].
    """
    joint_yes, joint_no = p_yes * prior, (1 - p_yes) * prior
    yes, no = joint_yes.sum(axis=1), joint_no.sum(axis=1)
    if_yes, if_no = (joint / np.maximum(joint.sum(axis=1), 1e-12)[:, None] for joint in (joint_yes, joint_no))
    return _mean_told(yes, _divergence(if_yes, prior), no, _divergence(if_no, prior), told_absent)


def _p_yes(model: LikelihoodModel, diseases: Sequence[int], terms: Sequence[str]) -> Doubles:
    """P(term | disease), and last of any other disease, shape [n_terms, n_diseases + 1]."""
    background = [min(float(model.background_of(t)), 1.0) for t in terms]
    return np.column_stack([model.answer_probabilities(terms, diseases).astype(np.float64), background])


def _divergence(after: Doubles, before: Doubles) -> Doubles:
    """Of probabilities after each question, shape [n_questions, n], from those before it, in bits."""
    ratio = np.maximum(after, 1e-12) / np.maximum(before, 1e-12)
    bits: Doubles = np.sum(after * np.log2(ratio), axis=1)
    return bits


def _mean_told(yes: Doubles, by_yes: Doubles, no: Doubles, by_no: Doubles, told_absent: float = TOLD_ABSENT) -> Doubles:
    """What an answer tells, over those that are given; probabilities of the answers, and what each tells in bits."""
    told = no * told_absent
    gains: Doubles = (yes * by_yes + told * by_no) / np.maximum(yes + told, 1e-12)
    return np.maximum(gains, 0.0)


def askable(model: LikelihoodModel, findings: Sequence[Finding], diseases: Sequence[int]) -> list[str]:
    """Findings stated of these diseases (indices into the model's groups) that neither imply nor follow from others.

    A finding that is called as one of them is the diagnosis, not a question about it.
    """
    ontology, graph = model.graph.ontology, model.graph
    known = {t for f in findings for t in ontology.ancestors(f.term_id)}
    mentioned = {f.term_id for f in findings}
    entries = [d for i in diseases for d in model.groups[i]]
    stated = {a.term_id for d in entries for a in graph.findings_of(d) if not a.excluded}
    diagnoses = terms_called((graph.disease(d).name for d in entries), stated, ontology)
    return sorted(t for t in stated - known - diagnoses if not ontology.ancestors(t) & mentioned)


def _in_sentence(name: str) -> str:
    """A label inside a sentence: lower case unless its first word is a name or an abbreviation."""
    first = name.split(" ", 1)[0]
    return name if any(c.isupper() for c in first[1:]) or first.endswith(("'s", "’s")) else name[0].lower() + name[1:]
