"""Treatments and risk -> text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from rich.console import Console

from kg.cautions import CheckedCaution
from kg.graph import KnowledgeGraph
from kg.schema import Provenance
from kg.scores import Assessment
from kg.sources.scores import ScoreTable
from kg.treatments import Treatment, TreatmentKind, TreatmentReview
from retrieval.demographics import word_demographics
from retrieval.patient import PatientRecord
from retrieval.risk import DiseaseRisk, FilledInput
from ui.care import MORE_SOURCES, RiskReview, knowledge_of, word_band
from ui.plain_text import escape
from ui.statements import NO_SOURCE, NOT_A_DEVICE, NOT_COUNTED

_N_TESTS = 3
_NOT_PREGNANT = "not pregnant"


def show_treatments(console: Console, graph: KnowledgeGraph, review: TreatmentReview, patient: PatientRecord) -> None:
    """Treatments by kind with their warnings, those withheld apart, then tests, pages and what was not checked."""
    ids = ", ".join(review.disease.disease_ids)
    console.print(f"[bold]{escape(review.disease.name)}[/]  [dim]{ids}[/]", highlight=False)
    _show_patient(console, graph, patient)
    if not review.treatments:
        console.print("\nNo source here names a treatment.")
    against = TreatmentKind.AGAINST
    shown = [t for t in review.treatments if not t.is_withheld or t.kind is against]
    for kind, treatments in groupby(shown, key=lambda t: t.kind):
        console.print(f"\n[bold]{str(kind).capitalize()}[/]")
        _show_group(console, graph, list(treatments))
    if withheld := [t for t in review.treatments if t.is_withheld and t.kind is not against]:
        console.print("\n[bold red]Not for this patient[/]")
        _show_group(console, graph, withheld)
    if review.first_tests:
        console.print("\n[bold]First tests[/]")
        for fact in review.first_tests:
            console.print(f"  {escape(fact.name)}  [dim]{_cites([fact.provenance])}[/]", highlight=False)
    _show_decisive(console, graph, review)
    if review.pages:
        console.print("\n[bold]Pages[/]")
        for page in review.pages:
            name = escape(graph.relations.concept(page.object_id).name)
            console.print(f"  {name}  [dim]{escape(page.object_id)}[/]", highlight=False)
    if review.unknown:
        console.print(f"\nNot in these sources, so not checked: {escape(', '.join(review.unknown))}")
    if not review.has_treatment_sources:
        console.print(f"\n{MORE_SOURCES[0].upper()}{MORE_SOURCES[1:]}")
    console.print(f"\n[dim]{NOT_A_DEVICE} No source here gives a dose, and none is shown.[/]")


def _show_group(console: Console, graph: KnowledgeGraph, treatments: Iterable[Treatment]) -> None:
    unchecked = []
    for t in treatments:
        if t.is_unchecked:
            unchecked.append(t.name)
        aim = "; ".join(graph.ontology.name(i) for i in t.term_ids)
        disputed = "  [yellow]another source says the opposite[/]" if t.is_disputed else ""
        console.print(
            f"  {escape(t.name)}{escape(f' (for {aim})' if aim else '')}{disputed}  [dim]{_cites(t.provenance)}[/]",
            highlight=False,
        )
        for checked in t.warnings:
            _show_warning(console, checked)
        for relation in t.contraindications:
            about = escape(f"{graph.diseases[relation.object_id].name}: {relation.note}")
            console.print(f"    [red]avoid[/]  {about}  [dim]{_cites([relation.provenance])}[/]", highlight=False)
        if t.untold:
            console.print(
                f"    [dim]not mentioned, would matter if present: {escape('; '.join(t.untold))}[/]", highlight=False
            )
    if unchecked:
        console.print(f"  [dim]{NO_SOURCE}: {escape('; '.join(unchecked))}[/]", highlight=False)


def _show_warning(console: Console, checked: CheckedCaution) -> None:
    caution = checked.caution
    of_part = f"{caution.treatment}: " if checked.is_of_part else ""
    why = escape(f"{of_part}{' and '.join(map(str, caution.when))}: {caution.reason}")
    cites = _cites([caution.provenance])
    console.print(f"    [red]{caution.weight}[/]  {why}  [dim]{cites}[/]", highlight=False)


def _show_decisive(console: Console, graph: KnowledgeGraph, review: TreatmentReview) -> None:
    if not review.decisive:
        return
    console.print("\n[bold]Most supportive findings not yet mentioned[/]")
    for d in review.decisive:
        a = d.association
        often = f"  {a.frequency}" if a.frequency else ""
        names = [graph.relations.concept(t.subject_id).name for t in d.tests[:_N_TESTS]]
        tests = f"observed by {'; '.join(names)}" if names else "no source here names a test"
        cites = _cites([*a.provenance, *(t.provenance for t in d.tests[:1])])
        console.print(
            f"  {escape(graph.ontology.name(a.term_id))}{escape(often)}: {escape(tests)}  [dim]{cites}[/]",
            highlight=False,
        )


def show_risk(console: Console, graph: KnowledgeGraph, review: RiskReview, table: ScoreTable) -> None:
    """Risk factors by disease, then each score with what it rests on and what it lacks."""
    _show_patient(console, graph, review.patient)
    console.print("\n[bold]Risk factors[/]")
    for risk in review.risks:
        _show_disease_risk(console, risk)
    if review.n_risks > len(review.risks):
        console.print(f"  [dim]and {review.n_risks - len(review.risks)} more diseases[/]", highlight=False)
    if not review.risks:
        console.print("  none that a source here names was told")
    console.print(f"[dim]  {NOT_COUNTED}[/]")
    for assessment in review.assessments:
        _show_assessment(console, assessment, review, table)
    if not review.assessments:
        console.print("\nNo published score is brought up by what was told; citedx risk --list shows all.")
    console.print(f"\n[dim]{NOT_A_DEVICE}[/]")


def _show_disease_risk(console: Console, risk: DiseaseRisk) -> None:
    console.print(
        f"  {escape(risk.disease)}  [dim]{risk.disease_id}, {len(risk.matched)} of {risk.n_known} known[/]",
        highlight=False,
    )
    for m in risk.matched:
        told = escape(m.told)
        console.print(
            f"    {escape(m.factor.name)}  [dim]({told})  {_cites([m.factor.provenance])}[/]", highlight=False
        )


def _show_assessment(console: Console, assessment: Assessment, review: RiskReview, table: ScoreTable) -> None:
    score = assessment.score
    console.print(f"\n[bold]{escape(score.name)}[/]: {escape(score.predicts)}", highlight=False)
    console.print(f"  [dim]applies to {escape(score.population)}[/]", highlight=False)
    if assessment.unmet:
        console.print(f"  not for this patient: {escape('; '.join(map(str, assessment.unmet)))} does not hold")
        return
    if assessment.total:
        low, high = assessment.total
        points = f"{low:g} points" if low == high else f"{low:g} to {high:g} points, by what is known"
        console.print(f"  {points}", highlight=False)
        for band in assessment.bands:
            console.print(f"    {word_band(band)}", highlight=False)
    if assessment.risk is not None:
        console.print(f"  {assessment.risk:.1f} %", highlight=False)
    for name in score.names():
        if name in review.inputs:
            filled = review.inputs[name]
            console.print(f"  [dim]{escape(_word_input(filled, table))}[/]", highlight=False)
    for name in assessment.missing:
        asked = table.inputs[name]
        console.print(f"  ask  --set {name}=...  {escape(asked.label)}: {escape(asked.expected)}", highlight=False)
    for publication in dict.fromkeys((score.publication, score.risk_publication)):
        doi = f"  doi:{publication.doi}" if publication.doi else ""
        console.print(f"  [dim]{escape(publication.cite)}  {publication.reference}{doi}[/]", highlight=False)


def _word_input(filled: FilledInput, table: ScoreTable) -> str:
    asked, value = table.inputs[filled.name], filled.value
    shown = ("yes" if value else "no") if isinstance(value, bool) else value if isinstance(value, str) else f"{value:g}"
    unit = f" {asked.unit}" if asked.unit else ""
    return f"{asked.label}: {shown}{unit} ({filled.source})"


def show_scores(console: Console, table: ScoreTable) -> None:
    """Every score with its citation and what it asks."""
    for score in table.scores.values():
        console.print(f"[bold]{score.score_id}[/]  {escape(score.name)}: {escape(score.predicts)}", highlight=False)
        console.print(f"  [dim]{escape(score.publication.cite)}  {score.publication.reference}[/]", highlight=False)
        console.print(f"  asks {', '.join(score.names())}", highlight=False)


def _show_patient(console: Console, graph: KnowledgeGraph, patient: PatientRecord) -> None:
    known = patient.values(knowledge_of(graph).circumstances, graph.ontology)
    told = [_word_circumstance(n, v) for n, v in known.items() if n not in ("age", "sex")]
    if "pregnancy" not in patient.told.said:  # follows from age or sex, which are shown
        told = [t for t in told if t != _NOT_PREGNANT]
    parts = [word_demographics(patient.person), *told, *sorted(patient.told.drugs)]
    if said := "; ".join(dict.fromkeys(p for p in parts if p)):
        console.print(f"[dim]patient[/]  {escape(said)}", highlight=False)


def _word_circumstance(name: str, value: object) -> str:
    return name if value else _NOT_PREGNANT if name == "pregnancy" else f"no {name}"


def _cites(provenance: Iterable[Provenance]) -> str:
    return escape("; ".join(dict.fromkeys(p.reference for p in provenance)))
