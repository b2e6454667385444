"""``citedx treat`` and ``citedx risk``: what the sources say about treatment and risk of one patient."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from kg.catalogue import HPO
from kg.errors import UsageError
from kg.graph import KnowledgeGraph
from kg.schema import Finding
from kg.sources.scores import load_scores
from retrieval.demographics import UNKNOWN, Demographics, Sex
from retrieval.findings import Statement
from retrieval.patient import PatientRecord
from retrieval.uploads import Upload
from ui import care, intake
from ui.care_json import risk_json, treatments_json
from ui.care_view import show_risk, show_scores, show_treatments
from ui.sources_option import SourcesOption, load_graph_of

CaseOption = Annotated[
    Path | None, typer.Option("--case", help="The patient: a text file, PDF or phenopacket; - for standard input.")
]
SexOption = Annotated[Sex | None, typer.Option(help="Patient's sex; default: as told.", case_sensitive=False)]
AgeOption = Annotated[str | None, typer.Option(help="Patient's age: years, or ISO 8601 such as P3M; default: as told.")]
PregnantOption = Annotated[bool | None, typer.Option("--pregnant/--not-pregnant", help="Default: as told.")]
WithOption = Annotated[
    list[str] | None,
    typer.Option("--with", help="A disease, finding, habit or medicine of the patient; may be given several times."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def treat(
    disease: Annotated[str, typer.Argument(help="Id or name of the disease.")],
    case: CaseOption = None,
    sex: SexOption = None,
    age: AgeOption = None,
    pregnant: PregnantOption = None,
    given: WithOption = None,
    as_json: JsonOption = False,
    sources: SourcesOption = HPO,
) -> None:
    """Show treatments of a disease, whom they are not for, and tests that would decide."""
    graph = load_graph_of(sources)
    patient = _patient(graph, None, case, sex, age, pregnant, given or ())
    review = care.review_treatments(graph, disease, patient)
    if as_json:
        typer.echo(json.dumps(treatments_json(graph, review, patient), ensure_ascii=False, indent=2))
    else:
        show_treatments(Console(soft_wrap=True), graph, review, patient)


def risk(
    text: Annotated[str | None, typer.Argument(help="The patient's story.", show_default=False)] = None,
    case: CaseOption = None,
    sex: SexOption = None,
    age: AgeOption = None,
    pregnant: PregnantOption = None,
    given: WithOption = None,
    score: Annotated[
        list[str] | None, typer.Option("--score", help="A published score; default: those that the story brings up.")
    ] = None,
    values: Annotated[
        list[str] | None, typer.Option("--set", help="What a score asks: urea=9.2, confusion=no, creatinine=168umol/L.")
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, max=200, help="Number of diseases.")] = 10,
    list_scores: Annotated[bool, typer.Option("--list", help="List the published scores and what they ask.")] = False,
    as_json: JsonOption = False,
    sources: SourcesOption = HPO,
) -> None:
    """Match a patient's risk factors to diseases, and fill in published scores."""
    table = load_scores()
    if list_scores:
        show_scores(Console(soft_wrap=True), table)
        return
    if not (text or case or given or score or values or sex or age or pregnant is not None):
        raise UsageError("nothing is told of the patient: give TEXT, --case, --with, --age, --sex, --score or --set")
    pairs = care.parse_values(values or ())
    graph = load_graph_of(sources)
    patient = _patient(graph, text, case, sex, age, pregnant, given or ())
    review = care.review_risk(graph, patient, given=pairs, scores=score or (), k=k, table=table)
    if as_json:
        typer.echo(json.dumps(risk_json(graph, review, table), ensure_ascii=False, indent=2))
    else:
        show_risk(Console(soft_wrap=True), graph, review, table)


def _patient(
    graph: KnowledgeGraph,
    story: str | None,
    case: Path | None,
    sex: Sex | None,
    age: str | None,
    pregnant: bool | None,
    given: Iterable[str],
) -> PatientRecord:
    """The patient from a story, a file and options; each may be missing."""
    if story is not None and case is not None:
        raise UsageError("give the patient as TEXT or as --case, not both")
    upload = intake.read_file(case) if case is not None else Upload(text=story or "")
    findings: tuple[Finding, ...] = ()
    statements: tuple[Statement, ...] = ()
    person: Demographics = UNKNOWN
    if upload.patient is not None:
        findings, person = intake.known_of(graph, upload.patient)
    elif upload.text:
        reader = intake.story_reader(graph)
        statements, person = reader.find_statements(upload.text), reader.find_person(upload.text)
    return care.read_case(
        graph,
        findings=findings,
        person=intake.with_given(person, sex, age),
        story=upload.text,
        statements=statements,
        given=given,
        pregnant=pregnant,
    )
