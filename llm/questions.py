"""The question that would help most: the finding whose answer is expected to change the differential most.

Expected information gain (Lindley 1956) over the shown candidates and "any other disease", which answers as the
average disease does: H(D) - sum over answers of P(answer) H(D | answer), in bits.
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


def next_questions(
    model: LikelihoodModel, findings: Sequence[Finding], candidates: Sequence[Candidate], n: int = 3
) -> tuple[Question, ...]:
    """The n most informative yes-no questions, best first; none where there is nothing to tell apart.

    Asked are findings annotated for a candidate that neither imply nor follow from what is known.
    """
    considered = candidates[:N_CANDIDATES]
    diseases = [model.group_index[c.disease_id] for c in considered]
    terms = _askable(model, findings, considered)
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


def information_gain(prior: Doubles, p_yes: Doubles) -> Doubles:
    """Expected information gain in bits.

    Args:
        prior: probabilities over the hypotheses, shape [n], sum 1.
        p_yes: probability of "yes" to each question under each hypothesis, shape [n_questions, n].

    Returns:
        Gains, shape [n_questions], each from 0 to 1.
    """
    joint_yes, joint_no = p_yes * prior, (1 - p_yes) * prior
    yes, no = joint_yes.sum(axis=1), joint_no.sum(axis=1)
    if_yes = _entropy(joint_yes / np.maximum(yes, 1e-12)[:, None])
    if_no = _entropy(joint_no / np.maximum(no, 1e-12)[:, None])
    gains: Doubles = _entropy(prior[None, :]) - yes * if_yes - no * if_no
    return np.maximum(gains, 0.0)


def _entropy(p: Doubles) -> Doubles:
    bits: Doubles = -np.sum(p * np.log2(np.maximum(p, 1e-12)), axis=1)
    return bits


def _askable(model: LikelihoodModel, findings: Sequence[Finding], candidates: Sequence[Candidate]) -> list[str]:
    ontology, graph = model.graph.ontology, model.graph
    known = {t for f in findings for t in ontology.ancestors(f.term_id)}
    mentioned = {f.term_id for f in findings}
    annotated = {
        a.term_id for c in candidates for d in c.equivalent_ids for a in graph.findings_of(d) if not a.excluded
    }
    return sorted(t for t in annotated if t not in known and not (ontology.ancestors(t) & mentioned))


def _in_sentence(name: str) -> str:
    """A label inside a sentence: lower case unless its first word is a name or an abbreviation."""
    first = name.split(" ", 1)[0]
    return name if any(c.isupper() for c in first[1:]) or first.endswith(("'s", "’s")) else name[0].lower() + name[1:]
