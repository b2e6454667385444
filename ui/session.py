"""The state of one user's consultation: the case, the conversation, what is being done, and which work is wanted.

Promise: a later act of the user ends the work on an earlier one, and what that had shown stays; a new case is never
reached by an answer to an old one. What the acts are is in ``ui.consultation``, how they are answered in
``ui.answering``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from threading import Lock
from typing import Any

from kg.common_schema import Setting
from kg.graph import KnowledgeGraph
from kg.schema import Finding
from kg.translations import Language
from kg.treatments import TreatmentReview
from llm.conversation.schema import Answer
from llm.schema import Differential
from ui.care import RiskReview
from ui.case import Action, Case

MAX_UNDO = 50
"""Earlier states of a case that are kept."""

NO_FINDINGS = "No findings were recognised in this message, so the findings are unchanged. Describe signs or symptoms."
ONLY_WORDS = "No findings were recognised in this message; its words were weighed."
UNEXPECTED = "Something went wrong inside citedx. Your case and text are kept: try again, or see the server’s log."
STOPPED = "Stopped. The case keeps its findings."
RESTORED = "This page was opened anew or the server restarted: here is your case again. The story itself is not kept."

CALM = frozenset({NO_FINDINGS, ONLY_WORDS, STOPPED, RESTORED})
"""Notes that are no errors."""


class Progress(StrEnum):
    """What is being done."""

    IDLE = "idle"
    READING = "reading"  # the story
    LOADING = "loading"  # what is known of common conditions, once
    RANKING = "ranking"  # the diseases
    WEIGHING = "weighing"  # the evidence on the candidates
    ASKING = "asking"  # choosing the questions
    ANSWERING = "answering"  # the questions of a message
    MODEL = "model"  # a language model reads the case


IN_RANKING = frozenset({Progress.LOADING, Progress.RANKING, Progress.WEIGHING, Progress.ASKING})
"""The case is being answered, and its answer is not whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file for a browser."""

    name: str
    """Empty where it is text for the clipboard."""
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Undo:
    """The user took the last change back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFile:
    """The user handed in a file."""

    name: str
    note: str | None = None
    """How it was read, where that is not plain."""


@dataclass(frozen=True, slots=True)
class OpenLink:
    """The user followed a link to a case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeeIn:
    """The user said where the patient is seen."""

    setting: Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Care:
    """What the sources say about treating a disease in the patient, and about the patient's risks."""

    case: Case
    setting: Setting | None
    """For which it was looked up; it says nothing of another case or setting."""
    graph: KnowledgeGraph
    """That it was found in."""
    treatments: TreatmentReview
    risks: RiskReview


Change = Action | Undo | OpenFile | OpenLink | SeeIn


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One act of the user, a message or a change, and what came of it."""

    story: str = ""
    change: Change | None = None
    """What was changed beside the conversation, or where the message comes from."""
    findings: tuple[Finding, ...] = ()
    """The patient's findings read from this message, with offsets into it."""
    family: tuple[Finding, ...] = ()
    """Relatives' findings read from it."""
    differential: Differential | None = None
    """The answer; None while it is being made, or where there is none."""
    answers: tuple[Answer, ...] = ()
    """To the questions of the message."""
    note: str | None = None
    """One line where there is no answer, or only a first one: an error, or no findings."""
    is_refused: bool = False
    """The message could not be used: its text goes back to where it was written."""

    @property
    def tells_case(self) -> bool:
        """Whether it tells a case, so that the answer is given in full; else it changes one."""
        return bool(self.story.strip()) or isinstance(self.change, OpenFile | OpenLink)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One user's case and conversation."""

    case: Case = field(default_factory=Case)
    setting: Setting | None = None
    """Where the patient is seen; None: as the server was started."""
    looked_up: Care | None = None
    """The last one, for whatever case."""
    past: tuple[Case, ...] = ()
    """Earlier states of the case, the latest last."""
    differential: Differential | None = None
    turns: tuple[Turn, ...] = ()
    progress: Progress = Progress.IDLE

    @property
    def care(self) -> Care | None:
        """Looked up for the case as it stands, where it is seen."""
        found = self.looked_up
        return found if found and (found.case, found.setting) == (self.case, self.setting) else None

    @property
    def latest(self) -> int:
        """Index of the turn that the differential came with; 0 where none has come yet."""
        return max((i for i, turn in enumerate(self.turns) if turn.differential is not None), default=0)

    @property
    def answers(self) -> tuple[Answer, ...]:
        """To questions about this differential, the first first."""
        return tuple(answer for turn in self.turns[self.latest :] for answer in turn.answers)

    @property
    def asked_ids(self) -> frozenset[str]:
        """Terms that the differential asks about."""
        return frozenset(q.term_id for q in self.differential.questions) if self.differential else frozenset()

    @property
    def is_stale(self) -> bool:
        """The differential does not speak of the case as it stands."""
        told, case = self.differential, self.case
        if told is None:
            return False
        is_of_case = (told.findings, told.person) == (case.findings, case.person)
        return not is_of_case or self.setting not in (None, told.setting)

    @property
    def is_unanswered(self) -> bool:
        """There are findings, and no differential that speaks of them."""
        return bool(self.case.findings) and (self.differential is None or self.is_stale)

    def changed(self, case: Case) -> Session:
        """The session with another case, from which ``past`` leads back."""
        past = (*self.past, self.case)[-MAX_UNDO:]
        return self if case == self.case else replace(self, case=case, past=past)

    def undone(self) -> Session:
        """The session with the case that this one was made from; the same where there is none."""
        return replace(self, case=self.past[-1], past=self.past[:-1]) if self.past else self


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """An act of the user that is being answered."""

    n_cases: int
    n_acts: int
    turn: int
    """Index of its turn."""
    before: Session
    """As it was, for an error to go back to."""
    is_overtaken: bool = False
    """The user did something else meanwhile, so that there is no going back."""


def _as_earlier(turn: Turn) -> Turn:
    """Without what the page shows of the current answer alone: conversations may be long."""
    told = turn.differential
    if told is None or not (told.candidates or told.questions):
        return turn
    cited = {i for d in told.diagnoses[:1] for claim in d.claims for i in claim.evidence_ids}
    slim = replace(
        told,
        diagnoses=(*told.diagnoses[:1], *(replace(d, claims=()) for d in told.diagnoses[1:])),
        evidence=tuple(e for e in told.evidence if e.evidence_id in cited),
        candidates=(),
        questions=(),
        ranker=None,
    )
    return replace(turn, differential=slim)


_CHANGE = Lock()
"""Held for the microseconds of a change: acts of one user may be answered at the same time."""


@dataclass(slots=True)
class Consultation:
    """Holds the session of one page; only the latest act of the user goes on changing its case."""

    session: Session = field(default_factory=Session)
    language: Language = Language.ENGLISH
    token: str = ""
    """Names this consultation to its page; another one after a restart of the server."""
    download: Download | None = None
    """A file on its way to the page."""
    n_cases: int = 0
    n_acts: int = 0
    stopped_at: int = 0
    """``n_acts`` when the user last said stop."""

    def begin(
        self, turn: Turn, progress: Progress, change: Callable[[Session], Session] = lambda session: session
    ) -> Work:
        """Take up an act of the user, which changes the session; work on earlier ones ends."""
        with _CHANGE:
            before = self.session
            self.n_acts += 1
            earlier = (_as_earlier(t) if i < before.latest else t for i, t in enumerate(before.turns))
            self.session = replace(change(before), turns=(*earlier, turn), progress=progress)
            return Work(n_cases=self.n_cases, n_acts=self.n_acts, turn=len(before.turns), before=before)

    def decline(self, note: str) -> None:
        """Say in the conversation why an act is refused; the case and the work on it stay."""
        with _CHANGE:
            turn = Turn(note=note, is_refused=True)
            self.session = replace(self.session, turns=(*self.session.turns, turn))

    def is_wanted(self, work: Work) -> bool:
        """Whether the user has done nothing since."""
        return (work.n_cases, work.n_acts) == (self.n_cases, self.n_acts)

    def resume(self, work: Work) -> Work | None:
        """Make an overtaken work the latest again; None where the user has stopped it or closed its case."""
        with _CHANGE:
            if work.n_cases != self.n_cases or work.n_acts < self.stopped_at:
                return None
            is_overtaken = work.n_acts != self.n_acts
            self.n_acts += 1
            self.session = replace(self.session, progress=Progress.RANKING)
            return replace(work, n_acts=self.n_acts, is_overtaken=is_overtaken)

    def amend(
        self,
        work: Work,
        change: Callable[[Session], Session] = lambda session: session,
        *,
        if_wanted: bool = False,
        **turn: Any,
    ) -> bool:
        """Change the session and the turn of a work; False where its case is closed, or it is no longer wanted."""
        with _CHANGE:
            if work.n_cases != self.n_cases or (if_wanted and not self.is_wanted(work)):
                return False
            session = change(self.session)
            turns = list(session.turns)
            turns[work.turn] = replace(turns[work.turn], **turn)
            self.session = replace(session, turns=tuple(turns))
            return True

    def put(self, **changes: Any) -> None:
        """Change the session without ending any work."""
        with _CHANGE:
            self.session = replace(self.session, **changes)

    def stop(self) -> None:
        """End the work; what it has shown stays."""
        with _CHANGE:
            if self.session.progress is Progress.IDLE:
                return
            self.n_acts += 1
            self.stopped_at = self.n_acts
            *earlier, last = self.session.turns
            last = last if last.differential or last.answers or last.note else replace(last, note=STOPPED)
            self.session = replace(self.session, turns=(*earlier, last), progress=Progress.IDLE)

    def close(self) -> None:
        """Begin a new case, seen in the same place."""
        with _CHANGE:
            self.n_cases += 1
            self.session = Session(setting=self.session.setting)
