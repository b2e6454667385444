"""What sources name as risk factors of diseases, and how much one raises the odds of a disease.

A risk factor is no finding of the disease: hypertension does not belong to stable angina as chest pain does, and who
has it is no less likely to have angina than somebody of whom nothing is said. So a finding that a source states as a
risk factor of a disease has a likelihood ratio of at least ``RATIO`` there, and so has what a story tells of the
patient that is no finding: smoking, recent surgery, a medicine, and where a source names the family a relative who has
the disease (``retrieval.history``). Deliberately not here: age and sex, which the share of the visits has, and
published scores (``retrieval.risk``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kg.arrays import Doubles, Floats
from kg.circumstances import CircumstanceTable, has_finding
from kg.common_schema import FactKind
from kg.graph import KnowledgeGraph
from kg.likelihood import LikelihoodModel
from kg.ontology import Ontology
from kg.schema import Finding, Provenance, RelationKind
from kg.sources.common_conditions import CommonConditions

RATIO = 3.0
"""A judgement: established risk factors double to quintuple the risk; no source here says by how much."""
FAMILY_HISTORY = "family history"
"""As sources name it: of the disease itself."""
_LEAST_LETTERS = 4
"""Of a disease's name that is looked for in a story; shorter ones are acronyms, which stand for many things."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskFactor:
    """A source says that something makes a disease likelier."""

    disease_id: str
    disease: str
    name: str
    factor_id: str = ""
    term_id: str | None = None
    provenance: Provenance

    @property
    def is_of_family(self) -> bool:
        """Whether it is a relative with the same disease."""
        return self.name.casefold() == FAMILY_HISTORY


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentRisk:
    """Something that the patient has, or that is told of the patient, and is a risk factor of a disease."""

    factor: RiskFactor
    term_id: str = ""
    """The finding's; the factor's may be more general. Empty where it is a circumstance."""
    circumstance: str = ""
    """Or a relative with the disease."""
    quote: str = ""
    """The words that tell it."""


def stated_risk_factors(graph: KnowledgeGraph, common: CommonConditions) -> tuple[RiskFactor, ...]:
    """All that the project's table and the graph's sources name."""
    names = {c.disease_id: c.name for c in common.conditions}
    own = [
        RiskFactor(
            disease_id=f.fact.disease_id,
            disease=names[f.fact.disease_id],
            name=f.fact.name,
            term_id=f.fact.term_id,
            provenance=f.fact.provenance,
        )
        for f in common.facts
        if f.fact.kind is FactKind.RISK_FACTOR
    ]
    stated = [
        RiskFactor(
            disease_id=r.subject_id,
            disease=graph.diseases[r.subject_id].name,
            name=graph.relations.concept(r.object_id).name,
            factor_id=r.object_id,
            term_id=r.term_id,
            provenance=r.provenance,
        )
        for r in graph.relations.relations
        if r.kind is RelationKind.RISK_FACTOR
    ]
    return (*own, *stated)


def relative_with(disease: str) -> str:
    """What a history calls a relative with a disease."""
    return f"relative with {disease}"


def family_names(factors: Iterable[RiskFactor], common: CommonConditions, ontology: Ontology) -> dict[str, str]:
    """Names of the diseases that a source says are likelier where a relative has them -> what a history calls that."""
    synonyms = {c.name: c.synonyms for c in common.conditions}
    names: dict[str, str] = {}
    for disease in dict.fromkeys(f.disease for f in factors if f.is_of_family):
        terms = [ontology.term(t) for t in ontology.with_wording(disease)[:1]]
        wordings = [text for term in terms for text in (term.name, *(s.text for s in term.synonyms))]
        for name in (disease, *synonyms.get(disease, ()), *wordings):
            if len(name) >= _LEAST_LETTERS:
                names.setdefault(name, relative_with(disease))
    return names


class RiskOdds:
    """Likelihood ratios with what is stated as a risk factor.

    Args:
        model: over the diseases.
        factors: those that are neither a finding nor a circumstance, or of diseases that the model doesn't have, are
            passed over.
        circumstances: which factors each is.
    """

    def __init__(self, model: LikelihoodModel, factors: Iterable[RiskFactor], circumstances: CircumstanceTable) -> None:
        self._model = model
        self._circumstances = circumstances
        self._factors: dict[str, dict[int, RiskFactor]] = defaultdict(dict)
        """By term, by name of the circumstance, and by relative."""
        for factor in factors:
            disease, ontology = model.group_index.get(factor.disease_id), model.graph.ontology
            if disease is None:
                continue
            circumstance = circumstances.of_factor(factor.factor_id, factor.name)
            terms = (factor.term_id or "", *(circumstance.term_ids if circumstance else ()))
            keys = [ontology.current_id(t) for t in terms if t in ontology]
            if circumstance:
                keys.append(circumstance.name)
            if factor.is_of_family:
                keys.append(relative_with(factor.disease))
            for key in keys:
                self._factors[key].setdefault(disease, factor)

    def log_lrs(self, findings: Sequence[Finding]) -> Floats:
        """Those of the model, at least ``RATIO`` where a present finding is a risk factor; [n_findings, n_diseases]."""
        log_lrs = self._model.log_lrs(findings)
        for row, finding in enumerate(findings):
            for term_id in self._terms_of(finding):
                diseases = list(self._factors[term_id])
                log_lrs[row, diseases] = np.maximum(log_lrs[row, diseases], np.log(RATIO, dtype=np.float32))
        return log_lrs

    def log_odds(self, findings: Sequence[Finding], history: Mapping[str, str]) -> Doubles:
        """What circumstances and relatives that are told add to the log-odds of each disease, shape [n_diseases]."""
        log_odds = np.zeros(self._model.n_diseases)
        for name in self._told(findings, history):
            log_odds[list(self._factors[name])] += np.log(RATIO)
        return log_odds

    def present(
        self, disease_id: str, findings: Sequence[Finding], history: Mapping[str, str]
    ) -> tuple[PresentRisk, ...]:
        """The findings and circumstances that are risk factors of a disease, each with one statement that says so."""
        disease = self._model.group_index[disease_id]
        stated = {f.term_id: [self._factors[t].get(disease) for t in sorted(self._terms_of(f))] for f in findings}
        first = ((term_id, next(filter(None, factors), None)) for term_id, factors in stated.items())
        told = ((name, self._factors[name].get(disease)) for name in self._told(findings, history))
        return (
            *(PresentRisk(term_id=term_id, factor=factor) for term_id, factor in first if factor),
            *(PresentRisk(circumstance=name, quote=history[name], factor=factor) for name, factor in told if factor),
        )

    def _told(self, findings: Sequence[Finding], history: Mapping[str, str]) -> list[str]:
        """Circumstances and relatives that raise any disease's odds and that no finding says already."""
        ontology, known = self._model.graph.ontology, self._circumstances.circumstances
        present = [f.term_id for f in findings if not f.excluded]
        counted = [name for name in history if name in self._factors]
        return [n for n in counted if n not in known or not has_finding(present, known[n].term_ids, ontology)]

    def _terms_of(self, finding: Finding) -> frozenset[str]:
        """A present finding and what it is a kind of, as far as that is a risk factor of a disease."""
        above = () if finding.excluded else self._model.graph.ontology.ancestors(finding.term_id)
        return frozenset(above) & self._factors.keys()
