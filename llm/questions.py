"""The question that would help most: the finding whose answer is expected to change the differential most.

Expected information gain (Lindley 1956) over the listed candidates and "any other disease", which answers as the
average disease does: the mean over answers of what they tell, as Kullback and Leibler's divergence of D | answer from
D, in bits, by the ranker's probabilities and the graph's likelihoods. The mean is over questions that get an answer:
what a patient has is known or soon seen, what a patient lacks was often never looked for, so that "no" comes for
``TOLD_ABSENT`` of the absences only. Decision 0040.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice

import numpy as np

from kg.arrays import Doubles
from kg.equivalence import terms_called
from kg.graph import KnowledgeGraph
from kg.likelihood import LikelihoodModel
from kg.ontology import Ontology
from kg.phrases import Phrase, phrase, term_name
from kg.schema import Association, Finding, Term
from llm.schema import Question
from retrieval.schema import Ranking

N_ASKED_FOR = 20
"""Candidates whose findings are asked for."""
N_WEIGHED = 100
"""Candidates over which an answer is weighed."""
N_KINDS = 100
"""Of a finding that is called abnormal; one with more is a part of the body ("Abnormality of the skeletal system")."""
OBLIGATE = 0.95
"""Share of the patients who have what the disease's name says."""
TOLD_ABSENT = 0.3
"""Share of what a patient lacks that can be said to be absent; docs/log.md has others."""


def next_questions(
    model: LikelihoodModel,
    ranked: Ranking,
    findings: Sequence[Finding],
    n: int = 3,
    *,
    unknown: Collection[str] = (),
) -> tuple[Question, ...]:
    """The n most informative yes-no questions, best first; none where there is nothing to tell apart.

    Asked are findings annotated for one of the first candidates that neither imply nor follow from what is known, nor
    from each other, and are not, nor are below, what nobody can answer for (``unknown``).

    Args:
        model: how often the diseases have each finding.
        ranked: over the same, by the ranker, for these findings.
        findings: the patient's.
        n: number of questions.
        unknown: terms.
    """
    diseases, log_probabilities = ranked
    ontology = model.graph.ontology
    terms = [t for t in askable(model, findings, diseases[:N_ASKED_FOR]) if ontology.ancestors(t).isdisjoint(unknown)]
    shares = np.exp(log_probabilities[:N_WEIGHED]).tolist()
    gains = rank_questions(model, diseases[:N_WEIGHED], shares, terms)
    telling = islice(_apart(((t, gain) for t, gain in gains if gain > 0), ontology), n)
    return tuple(Question(term_id=t, text=_ask(t, ontology), gain=gain) for t, gain in telling)


def _apart(ranked: Iterable[tuple[str, float]], ontology: Ontology) -> Iterator[tuple[str, float]]:
    """Those of which none implies one before it, or is implied by it: they are asked at the same time."""
    kept: list[str] = []
    for term_id, gain in ranked:
        if all(term_id not in ontology.ancestors(t) and t not in ontology.ancestors(term_id) for t in kept):
            kept.append(term_id)
            yield term_id, gain


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
    told = no * told_absent
    bits = yes * _divergence(if_yes, prior) + told * _divergence(if_no, prior)
    gains: Doubles = np.maximum(bits / np.maximum(yes + told, 1e-12), 0.0)
    return gains


def _p_yes(model: LikelihoodModel, diseases: Sequence[int], terms: Sequence[str]) -> Doubles:
    """P(term | disease), and last of any other disease, shape [n_terms, n_diseases + 1]."""
    background = [min(float(model.background_of(t)), 1.0) for t in terms]
    return np.column_stack([model.answer_probabilities(terms, diseases).astype(np.float64), background])


def _divergence(after: Doubles, before: Doubles) -> Doubles:
    """Of probabilities after each question, shape [n_questions, n], from those before it, in bits."""
    ratio = np.maximum(after, 1e-12) / np.maximum(before, 1e-12)
    bits: Doubles = np.sum(after * np.log2(ratio), axis=1)
    return bits


def askable(model: LikelihoodModel, findings: Sequence[Finding], diseases: Sequence[int]) -> list[str]:
    """Findings stated of these diseases (indices into the model's groups) that neither imply nor follow from others.

    A finding that is called as one of them is the diagnosis, not a question about it, and so is what all have and its
    name ends with ("shock" of hypovolemic shock). What names a part of the body where something is abnormal is no sign
    that anybody could look for. Who has said "head pain" is not asked about pain, though headache is no kind of it in
    the HPO.
    """
    ontology, graph = model.graph.ontology, model.graph
    known = {t for f in findings for t in ontology.ancestors(f.term_id)}
    mentioned = {f.term_id for f in findings}
    entries = [d for i in diseases for d in model.groups[i]]
    statements = [a for d in entries for a in graph.findings_of(d) if not a.excluded]
    stated = {a.term_id for a in statements}
    diagnoses = terms_called((graph.disease(d).name for d in entries), stated, ontology)
    diagnoses |= {a.term_id for a in statements if _is_restated(a, graph)}
    said = {ending for f in findings if not f.excluded for ending in _endings(ontology.term(f.term_id))}
    asked = {t for t in stated - known - diagnoses if ontology.name(t).casefold() not in said}
    return sorted(t for t in asked if not ontology.ancestors(t) & mentioned and not _is_of_a_part(t, ontology))


def _is_restated(association: Association, graph: KnowledgeGraph) -> bool:
    frequency, disease = association.frequency, graph.disease(association.disease_id).name.casefold()
    is_always = frequency is not None and frequency.midpoint >= OBLIGATE
    return is_always and disease.endswith(f" {graph.ontology.name(association.term_id).casefold()}")


def _endings(term: Term) -> Iterator[str]:
    """What a term's wordings are a kind of: "arterial hypertension" and "hypertension" of "pulmonary arterial ..."."""
    for text in (term.name, *(s.text for s in term.synonyms)):
        words = text.casefold().split()
        yield from (" ".join(words[start:]) for start in range(1, len(words)))


def _is_of_a_part(term_id: str, ontology: Ontology) -> bool:
    return ontology.name(term_id).startswith("Abnormal") and len(ontology.descendants(term_id)) > N_KINDS


def _ask(term_id: str, ontology: Ontology) -> Phrase:
    return phrase("Does the patient have {finding}?", finding=term_name(term_id, _in_sentence(ontology.name(term_id))))


def _in_sentence(name: str) -> str:
    """A label inside a sentence: lower case unless its first word is a name or an abbreviation."""
    first = name.split(" ", 1)[0]
    return name if any(c.isupper() for c in first[1:]) or first.endswith(("'s", "’s")) else name[0].lower() + name[1:]
