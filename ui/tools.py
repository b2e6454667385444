"""The assistant for programs: seven functions from plain values to JSON, offered by the web API and by MCP alike.

Promise: bounded answers; errors are ``CitedxError`` with one line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from inspect import signature
from typing import Annotated, Any, get_type_hints

from pydantic import Field
from pydantic.fields import FieldInfo

from kg.common_schema import Setting
from kg.errors import UsageError
from kg.schema import Disease, Finding
from kg.sources.scores import load_scores
from retrieval.demographics import UNKNOWN, Demographics, merge_demographics, parse_demographics
from retrieval.findings import parse_finding_ids, patient_findings
from retrieval.patient import PatientRecord
from ui import care
from ui.answer_json import differential_json, finding_json, person_json
from ui.care_json import risk_json, treatments_json
from ui.case import parse_setting
from ui.graph_json import case_json, explanation_json, neighbours_json
from ui.protocols import Assistant

MAX_DIAGNOSES = 20
MAX_CASES = 20
MAX_NEIGHBOURS = 200
MAX_RISKS = 200

Story = Annotated[str, Field(description="The patient's story in English, Chinese or Spanish, without names or dates.")]
Hpo = Annotated[str, Field(description="Findings as HPO ids, excluded ones with a minus: HP:0001250,-HP:0000365")]
SexOption = Annotated[str, Field(description="FEMALE or MALE; empty: as the story says.")]
SettingOption = Annotated[
    str,
    Field(description=f"Where the patient is seen: {', '.join(Setting)}; empty: as the server was started."),
]
AgeOption = Annotated[str, Field(description="Years, or an ISO 8601 duration such as P3M; empty: as the story says.")]

Also = Annotated[
    str,
    Field(description="The patient's other diseases, habits and medicines, with commas: asthma,ibuprofen"),
]

_KINDS = {str: "text", bool: "true or false", list: "a list", dict: "an object", type(None): "null"}


def _checked(function: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """A function that holds its arguments against their types: not every caller's schema is checked."""
    types = {name: (of.__origin__, of.__metadata__[0]) for name, of in _annotated(function)}

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> dict[str, Any]:
        for name, value in signature(function).bind(*args, **kwargs).arguments.items():
            if name in types:
                _require(name, value, *types[name])
        return function(*args, **kwargs)

    return call


def _annotated(function: Callable[..., Any]) -> Iterable[tuple[str, Any]]:
    return ((n, of) for n, of in get_type_hints(function, include_extras=True).items() if hasattr(of, "__metadata__"))


def _require(name: str, value: object, kind: type, field: FieldInfo) -> None:
    """Raises UsageError, which quotes numbers alone: a text may be a patient's."""
    given = _KINDS.get(type(value), value)
    if kind is str:
        if not isinstance(value, str):
            raise UsageError(f"{name} is text, got {given}")
        return
    least, most = (next(getattr(m, b) for m in field.metadata if hasattr(m, b)) for b in ("ge", "le"))
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise UsageError(f"{name} is a whole number from {least} to {most}, got {given}")


class Tools:
    """The seven functions over an assistant.

    Args:
        load: gives the assistant, whose models take turns (``ui.shared_assistant``); called for each function, so that
            one that is still being loaded can be waited for.
    """

    def __init__(self, load: Callable[[], Assistant]) -> None:
        self._load = load

    @property
    def functions(self) -> tuple[Callable[..., dict[str, Any]], ...]:
        """All of them; their names, docstrings and types are what a client sees."""
        return (
            self.diagnose,
            self.find_findings,
            self.explain,
            self.similar_cases,
            self.graph_neighbours,
            self.treatments,
            self.risk,
        )

    @_checked
    def diagnose(
        self,
        story: Story = "",
        hpo: Hpo = "",
        sex: SexOption = "",
        age: AgeOption = "",
        k: Annotated[int, Field(description="Number of diagnoses.", ge=1, le=MAX_DIAGNOSES, strict=True)] = 5,
        setting: SettingOption = "",
    ) -> dict[str, Any]:
        """Rank the diseases that explain a patient, given as a story or as HPO ids (one of the two).

        The answer has the findings, the diagnoses with probabilities and claims for and against, the numbered evidence
        (E1, E2 ...) that each claim cites with its source, and the questions that would help most. ``urgent`` has what
        must not be missed outside the genetics clinic, with red flags; ``abstained`` says why there is no diagnosis.
        Decision support for professionals, not a medical device.
        """
        where = parse_setting(setting) if setting else None
        assistant = self._load()
        findings, person = _patient(assistant, story, hpo)
        person = merge_demographics(person, parse_demographics(sex, age))
        *_, answer = assistant.weigh(findings, k, person=person, setting=where, story=story)
        return differential_json(answer)

    @_checked
    def find_findings(self, story: Story) -> dict[str, Any]:
        """Read a patient's story: its phenotypic findings as HPO terms, present or excluded, with age and sex.

        Each finding has the words it came from and their place in the text, in Unicode code points.
        """
        assistant = self._load()
        findings, person = _read(assistant, story)
        return {"patient": person_json(person), "findings": [finding_json(f) for f in findings]}

    @_checked
    def explain(
        self, disease: Annotated[str, Field(description="Id or name: OMIM:312750, Rett syndrome.")], hpo: Hpo
    ) -> dict[str, Any]:
        """Say how one disease explains findings: which match, contradict or stay unexplained, and what is missing.

        Every match has the annotated statements behind it, with frequencies and references.
        """
        graph = self._load().graph
        node = graph.node(disease)
        disease_id = node.disease_id if isinstance(node, Disease) else graph.disease(disease).disease_id
        return explanation_json(graph, graph.explain(disease_id, parse_finding_ids(hpo, graph.ontology)))

    @_checked
    def similar_cases(
        self,
        story: Story = "",
        hpo: Hpo = "",
        k: Annotated[int, Field(description="Number of cases.", ge=1, le=MAX_CASES, strict=True)] = 5,
    ) -> dict[str, Any]:
        """Find published patients or series that resemble a patient, given as a story or as HPO ids (one of the two).

        Each has its disease and publication, and the findings that are shared, only the patient's, only the case's.
        """
        assistant = self._load()
        graph = assistant.graph
        findings, _ = _patient(assistant, story, hpo)
        present = [graph.ontology.current_id(f.term_id) for f in findings if not f.excluded]
        hits = assistant.similar_cases(findings, k)
        return {
            "findings": [finding_json(f) for f in findings],
            "cases": [case_json(graph, hit, present) for hit in hits],
        }

    @_checked
    def graph_neighbours(
        self,
        node: Annotated[str, Field(description="Id, name, synonym or gene symbol: HP:0001250, Rett syndrome, MECP2.")],
        limit: Annotated[
            int, Field(description="Number of neighbours shown.", ge=1, le=MAX_NEIGHBOURS, strict=True)
        ] = 50,
    ) -> dict[str, Any]:
        """List what a term, disease or gene of the knowledge graph is directly tied to, by which predicate."""
        return neighbours_json(self._load().graph, node, limit)

    @_checked
    def treatments(
        self,
        disease: Annotated[str, Field(description="Id or name: DOID:7148, rheumatoid arthritis.")],
        story: Story = "",
        hpo: Hpo = "",
        sex: SexOption = "",
        age: AgeOption = "",
        also: Also = "",
    ) -> dict[str, Any]:
        """List what the sources name as treatments of a disease, held against one patient, with citations.

        ``withheld`` treatments are those that a source says this patient should not have; a caution whose ``applies``
        is null depends on what was not told; ``caution_note`` says where no source was found that checks a treatment,
        which is no reassurance. There are no doses. Also tests that observe what would speak most for the disease.
        """
        assistant = self._load()
        patient = _record(assistant, story, hpo, sex, age, also)
        review = care.review_treatments(assistant.graph, disease, patient)
        return treatments_json(assistant.graph, review, patient)

    @_checked
    def risk(
        self,
        story: Story = "",
        hpo: Hpo = "",
        sex: SexOption = "",
        age: AgeOption = "",
        also: Also = "",
        values: Annotated[
            str, Field(description="What scores ask, with commas between: urea=9.2,confusion=no,creatinine=168umol/L")
        ] = "",
        scores: Annotated[
            str,
            Field(description="Ids of scores, such as curb-65,meld; empty: those that the story brings up."),
        ] = "",
        k: Annotated[int, Field(description="Number of diseases.", ge=1, le=MAX_RISKS, strict=True)] = 10,
    ) -> dict[str, Any]:
        """Match a patient's risk factors to diseases, and fill in published scores, each with its citation.

        A score says of whom it holds, from where each input came, and which inputs are ``missing``: until those are
        given, points are a range. Only ``risk_percent`` is a probability, and only for those the score holds of.
        """
        assistant, table = self._load(), load_scores()
        patient = _record(assistant, story, hpo, sex, age, also)
        review = care.review_risk(
            assistant.graph, patient, given=care.parse_values(_parts(values)), scores=_parts(scores), k=k, table=table
        )
        return risk_json(assistant.graph, review, table)


def _record(assistant: Assistant, story: str, hpo: str, sex: str, age: str, also: str) -> PatientRecord:
    """The patient as treatment and risk need it; unlike for a diagnosis, nothing needs to be known."""
    if story and hpo:
        raise UsageError("give the patient as a story or as hpo ids, got both")
    person = assistant.find_person(story) if story else UNKNOWN
    return care.read_case(
        assistant.graph,
        findings=parse_finding_ids(hpo, assistant.ontology) if hpo else (),
        person=merge_demographics(person, parse_demographics(sex, age)),
        story=story,
        statements=assistant.find_statements(story) if story else (),
        given=_parts(also),
    )


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _patient(assistant: Assistant, story: str, hpo: str) -> tuple[tuple[Finding, ...], Demographics]:
    if bool(story) == bool(hpo):
        raise UsageError(f"give the patient as a story or as hpo ids, got {'both' if story else 'neither'}")
    if hpo:
        return parse_finding_ids(hpo, assistant.ontology), UNKNOWN
    return _read(assistant, story)


def _read(assistant: Assistant, story: str) -> tuple[tuple[Finding, ...], Demographics]:
    return patient_findings(assistant.find_statements(story), assistant.ontology), assistant.find_person(story)
