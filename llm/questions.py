"""The question that would help most: the finding whose answer is expected to change the differential most.

Expected information gain (Lindley 1956) over the shown candidates and "any other disease", which answers as the
average disease does: the mean over answers of what they tell, as Kullback and Leibler's divergence of D | answer from
D, in bits. It is the mean over questions that get an answer: what a patient has is known or soon seen, what a patient
lacks was often never looked for, so that "no" comes for ``TOLD_ABSENT`` of the absences only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kg.likelihood import LikelihoodModel
from kg.schema import Finding
from llm.schema import Question
from retrieval.schema import Candidate

Doubles = NDArray[np.float64]

N_CANDIDATES = 20
"""Candidates over which questions are weighed."""
TOLD_ABSENT = 0.1
"""Share of what a patient lacks that can be said to be absent; docs/log.md has others."""


def next_questions(
    model: LikelihoodModel, findings: Sequence[Finding], candidates: Sequence[Candidate], n: int = 3
) -> tuple[Question, ...]:
    """The n most informative yes-no questions, best first; none where there is nothing to tell apart.

    Asked are findings annotated for a candidate that neither imply nor follow from what is known.
    """
    considered = candidates[:N_CANDIDATES]
    diseases = [model.group_index[c.disease_id] for c in considered]
    terms = askable(model, findings, diseases)
    ranked = rank_questions(model, diseases, [c.probability for c in considered], terms)[:n]
    ontology = model.graph.ontology
    return tuple(
        Question(term_id=t, text=f"Does the patient have {_in_sentence(ontology.name(t))}?", gain=gain)
        for t, gain in ranked
        if gain > 0
    )


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
    columns = list(diseases)
    prior = np.append(probabilities, max(0.0, 1.0 - sum(probabilities)))
    background = [min(float(model.background_of(t)), 1.0) for t in terms]
    p_yes = np.array([[*model.probability(t)[columns], b] for t, b in zip(terms, background, strict=True)], np.float64)
    gains = information_gain(prior, p_yes).tolist()
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
    yes, no = joint_yes.sum(axis=1), told_absent * joint_no.sum(axis=1)
    told = yes * _divergence(joint_yes, prior) + no * _divergence(joint_no, prior)
    gains: Doubles = told / np.maximum(yes + no, 1e-12)
    return np.maximum(gains, 0.0)


def _divergence(joint: Doubles, prior: Doubles) -> Doubles:
    """Of the hypotheses after an answer from those before, in bits; joint probabilities of shape [n_questions, n]."""
    after = joint / np.maximum(joint.sum(axis=1), 1e-12)[:, None]
    ratio = after / np.maximum(prior, 1e-12)
    bits: Doubles = np.sum(after * np.log2(np.maximum(ratio, 1e-12)), axis=1)
    return bits


def askable(model: LikelihoodModel, findings: Sequence[Finding], diseases: Sequence[int]) -> list[str]:
    """Findings stated of these diseases (indices into the model's groups) that neither imply nor follow from others."""
    ontology, graph = model.graph.ontology, model.graph
    known = {t for f in findings for t in ontology.ancestors(f.term_id)}
    mentioned = {f.term_id for f in findings}
    stated = {a.term_id for i in diseases for d in model.groups[i] for a in graph.findings_of(d) if not a.excluded}
    return sorted(t for t in stated if t not in known and not (ontology.ancestors(t) & mentioned))


def _in_sentence(name: str) -> str:
    """A label inside a sentence: lower case unless its first word is a name or an abbreviation."""
    first = name.split(" ", 1)[0]
    return name if any(c.isupper() for c in first[1:]) or first.endswith(("'s", "’s")) else name[0].lower() + name[1:]
