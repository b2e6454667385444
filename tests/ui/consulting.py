"""A consultation as a page has it, one act after another, for the tests of what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator

from tests.ui.fakes import FakeAssistant
from ui.consultation import change, respond
from ui.examples import EXAMPLES
from ui.session import Consultation, Session

RETT = EXAMPLES[0].story
SEIZURE, SCOLIOSIS, LENS = "HP:0001250", "HP:0002650", "HP:0001083"


def told(*messages: str, assistant: FakeAssistant | None = None, second_reader=None) -> Consultation:
    """A consultation in which these messages were answered."""
    consultation = Consultation()
    for text in messages:
        run(respond(assistant or FakeAssistant(), consultation, text, second_reader))
    return consultation


def run(steps: Iterator[None]) -> None:
    for _ in steps:
        pass


def edit(consultation: Consultation, assistant: FakeAssistant | None = None, **data: object) -> None:
    run(change(assistant or FakeAssistant(), consultation, data))


def labels(session: Session) -> list[str]:
    return [finding.label for finding in session.case.findings]


def first_name(session: Session) -> str:
    assert session.differential is not None
    return session.differential.diagnoses[0].name
