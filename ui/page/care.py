"""Treatments of a disease and the patient's risks, for the page; looked up when somebody asks, since it takes a while.

What is said is what ``ui.care`` gives: nothing is judged here, and what no source says is said to be so.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from itertools import groupby
from urllib.parse import urlsplit

from kg.cautions import CheckedCaution
from kg.curie import url_of
from kg.graph import KnowledgeGraph
from kg.schema import Provenance
from kg.scores import Assessment
from kg.sources.scores import load_scores
from kg.treatments import Treatment, TreatmentKind, TreatmentReview
from retrieval.risk import DiseaseRisk
from ui.care import MORE_SOURCES, RiskReview, word_band
from ui.page.evidence import View
from ui.page.markup import link
from ui.page.words import Words
from ui.session import Care
from ui.statements import NO_SOURCE, NOT_COUNTED

NO_DOSE = "Decision support for professionals, not a medical device. No source here gives a dose, and none is shown."
_KINDS = {kind: str(kind).capitalize() for kind in TreatmentKind}


def care_view(care: Care | None, words: Words) -> View:
    """Treatments and tests of the chosen disease, then risk factors and scores of the patient."""
    if care is None:
        body = (
            f'<p class="empty">{escape(words("Choose “Treatment and risk” under a disease of the differential."))}</p>'
        )
    else:
        body = _treatments(care.treatments, care.graph, words) + _risks(care.risks, words)
        body += f'<p class="sources">{escape(words(NO_DOSE))}</p>'
    busy = f'<p class="busy">{escape(words("Looking for the answer"))} …</p>'
    return View(name="care", title=words("Treatment and risk"), body=f'{busy}<div class="care">{body}</div>')


def _treatments(review: TreatmentReview, graph: KnowledgeGraph, words: Words) -> str:
    against = TreatmentKind.AGAINST
    parts = [f"<h3>{escape(review.disease.name)}</h3>"]
    shown = [t for t in review.treatments if not t.is_withheld or t.kind is against]
    for kind, treatments in groupby(shown, key=lambda t: t.kind):
        parts.append(_group(_KINDS[kind], treatments, graph, words))
    withheld = [t for t in review.treatments if t.is_withheld and t.kind is not against]
    parts.append(_group("Not for this patient", withheld, graph, words))
    parts.append(_list("First tests", (_cited(f.name, [f.provenance]) for f in review.first_tests), words))
    decisive = (
        _cited(graph.ontology.name(d.association.term_id), d.association.provenance)
        + "".join(f" · {_cited(graph.relations.concept(t.subject_id).name, [t.provenance])}" for t in d.tests[:1])
        for d in review.decisive
    )
    parts.append(_list("Most supportive findings not yet mentioned", decisive, words))
    if not review.treatments:
        parts.append(f"<p>{escape(words('No source here names a treatment.'))}</p>")
    if review.unknown:
        unchecked = words("Not in these sources, so not checked: {names}", names="; ".join(review.unknown))
        parts.append(f'<p class="note">{escape(unchecked)}</p>')
    if not review.has_treatment_sources:
        parts.append(f'<p class="reference">{escape(MORE_SOURCES)}</p>')
    return "".join(parts)


def _group(title: str, treatments: Iterable[Treatment], graph: KnowledgeGraph, words: Words) -> str:
    treatments = list(treatments)
    unchecked = [t.name for t in treatments if t.is_unchecked]
    listed = _list(title, (_treatment(t, graph, words) for t in treatments), words)
    if not unchecked:
        return listed
    return f'{listed}<p class="reference">{escape(words(NO_SOURCE))}: {escape("; ".join(unchecked))}</p>'


def _treatment(treatment: Treatment, graph: KnowledgeGraph, words: Words) -> str:
    aim = "; ".join(words.label(i, graph.ontology.name(i)) for i in treatment.term_ids)
    said = _cited(f"{treatment.name} ({aim})" if aim else treatment.name, treatment.provenance)
    if treatment.is_disputed:
        said += f' <span class="beware">{escape(words("another source says the opposite"))}</span>'
    warnings = [_warning(c) for c in treatment.warnings]
    warnings += [
        _cited(f"{graph.diseases[r.object_id].name}: {r.note}", [r.provenance]) for r in treatment.contraindications
    ]
    said += "".join(f'<p class="beware">{w}</p>' for w in warnings)
    if treatment.untold:
        asked = words("not mentioned, would matter if present: {what}", what="; ".join(treatment.untold))
        said += f'<p class="reference">{escape(asked)}</p>'
    return said


def _warning(checked: CheckedCaution) -> str:
    caution = checked.caution
    of_part = f"{caution.treatment}: " if checked.is_of_part else ""
    why = f"{caution.weight}: {of_part}{' and '.join(map(str, caution.when))}: {caution.reason}"
    return _cited(why, [caution.provenance])


def _risks(review: RiskReview, words: Words) -> str:
    items = "".join(f"<li>{_disease_risk(r)}</li>" for r in review.risks)
    none = f"<p>{escape(words('None of the listed risk factors was mentioned.'))}</p>"
    title = escape(words("Risk factors of this patient, for any disease"))
    factors = f"<h3>{title}</h3>" + (f"<ul>{items}</ul>" if items else none)
    scores = "".join(_assessment(a, words) for a in review.assessments)
    return f'{factors}<p class="reference">{escape(words(NOT_COUNTED))}</p>{scores}'


def _disease_risk(risk: DiseaseRisk) -> str:
    matched = ", ".join(f"{_cited(m.factor.name, [m.factor.provenance])} ({escape(m.told)})" for m in risk.matched)
    return f"{escape(risk.disease)}: {matched}"


def _assessment(assessment: Assessment, words: Words) -> str:
    score, table = assessment.score, load_scores()
    lines = [escape(words("Applies to {whom}", whom=score.population))]
    if assessment.unmet:
        lines.append(escape(words("Not for this patient: {what}", what="; ".join(map(str, assessment.unmet)))))
    else:
        if assessment.total:
            low, high = assessment.total
            points = f"{low:g}" if low == high else f"{low:g}–{high:g}"
            lines.append(f"<b>{escape(words('Points: {n}', n=points))}</b>")
            lines += [escape(word_band(b)) for b in assessment.bands]
        if assessment.risk is not None:
            lines.append(f"<b>{assessment.risk:.1f} %</b>")
        asked = "; ".join(table.inputs[name].label for name in assessment.missing)
        lines += [escape(words("Not known: {what}", what=asked))] if asked else []
    cited = " · ".join(
        link(url_of(p.reference), p.cite) for p in dict.fromkeys((score.publication, score.risk_publication))
    )
    items = "".join(f"<li>{line}</li>" for line in [*lines, cited])
    return f"<h4>{escape(score.name)}: {escape(score.predicts)}</h4><ul>{items}</ul>"


def _list(title: str, items: Iterable[str], words: Words) -> str:
    listed = "".join(f"<li>{item}</li>" for item in items)
    return f"<h4>{escape(words(title))}</h4><ul>{listed}</ul>" if listed else ""


def _cited(text: str, provenance: Iterable[Provenance]) -> str:
    """A statement with links to everyone who says so."""
    sources = " ".join(
        f'<span class="cite">[{link(url, name)}]</span>'
        for url, name in dict.fromkeys((p.url, _short(p)) for p in provenance)
    )
    return f"{escape(text)} {sources}".rstrip()


def _short(provenance: Provenance) -> str:
    """Of an address, which would be longer than the statement, the host."""
    return (urlsplit(provenance.reference).hostname or provenance.reference).removeprefix("www.")
