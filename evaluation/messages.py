"""Are stories taken for questions, and questions read right? Counted over stories of several sources, and a list.

A story is read twice: as the first message, where it is lost if it is taken for a question and answered instead; and as
a later message of a case, where a finding is lost that stands in a sentence taken for a question. The list of questions
(``followup_questions.tsv``) has parts: one that the patterns were written with, and two written before they were tried
on them; what the second part's first trial showed was mended, so that only the third tells how others are read.
Spanish and Chinese ones (``translated_questions.tsv``) are to be read as the same question in English is.

    python -m evaluation.messages --corpus FOLDER --stories FILE --cases ZIP
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluation.cases import draw_cases, load_cases
from evaluation.corpora import load_corpora
from evaluation.qa.free_text import load_stories
from evaluation.stories import Storyteller
from kg.errors import CitedxError, UsageError
from kg.graph import KnowledgeGraph
from llm import DiagnosisAssistant
from llm.conversation.case import Case
from llm.conversation.reading import read_message
from llm.conversation.understanding import read_question
from llm.schema import Differential

QUESTIONS = Path(__file__).with_name("followup_questions.tsv")
TRANSLATED = Path(__file__).with_name("translated_questions.tsv")
CASE_OF_LIST = "HP:0000098,HP:0001166,HP:0001083,HP:0002650,HP:0002616,-HP:0001249"
"""Tall stature, arachnodactyly, ectopia lentis, scoliosis, aortic root aneurysm; no intellectual disability."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """A question and how it is to be read."""

    part: str
    """``known``, ``mended`` or ``unseen``."""
    question: str
    function: str
    """Empty: no source speaks of it; ``told``: it tells of the patient."""
    named: tuple[str, ...]
    """Diseases as places in the list or ids, and findings as HPO ids, excluded ones with a minus."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """A message in another language, and the same in English."""

    part: str
    """``known``: written beside the words that it is read by; ``mended``: by a second author, after its first trial."""
    language: str
    message: str
    english: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoriesRead:
    """What came of the stories of one source."""

    n_stories: int
    n_asked: int
    """As a first message taken for a question."""
    n_findings: int
    n_lost: int
    """Findings that a later message loses to a question."""

    def __str__(self) -> str:
        return (
            f"{self.n_asked} of {self.n_stories:,} stories taken for a question; as a later message "
            f"{self.n_lost} of {self.n_findings:,} findings lost"
        )


def read_stories(assistant: DiagnosisAssistant, stories: Iterable[str], differential: Differential) -> StoriesRead:
    """Each story as the first message, and as a later one of the case."""
    n_stories = n_asked = n_findings = n_lost = 0
    for story in stories:
        try:
            found = {(f.term_id, f.excluded) for f in assistant.find_findings(story)}
        except UsageError:
            continue
        n_stories += 1
        n_asked += bool(assistant.read_message(story).asked)
        told = assistant.read_message(story, differential).told
        left = {(f.term_id, f.excluded) for f in assistant.find_findings(told)} if told.strip() else set()
        n_findings += len(found)
        n_lost += len(found - left)
    return StoriesRead(n_stories=n_stories, n_asked=n_asked, n_findings=n_findings, n_lost=n_lost)


def load_questions(path: Path = QUESTIONS) -> tuple[FollowUp, ...]:
    """The list."""
    with path.open(encoding="utf-8", newline="") as lines:
        return tuple(
            FollowUp(
                part=row["part"], question=row["question"], function=row["function"], named=tuple(row["named"].split())
            )
            for row in csv.DictReader(lines, delimiter="\t")
        )


def load_translated(path: Path = TRANSLATED) -> tuple[Translated, ...]:
    """The list in other languages."""
    with path.open(encoding="utf-8", newline="") as lines:
        return tuple(Translated(**row) for row in csv.DictReader(lines, delimiter="\t"))


def is_read_alike(given: Translated, case: Case) -> bool:
    """Whether a message in another language is read as the English one: told, or asked for the same things."""
    message, english = (read_message(text, case) for text in (given.message, given.english))
    if not message.asked or not english.asked:
        return not message.asked and not english.asked
    asked = [read_question(" ".join(m.asked), case) for m in (message, english)]
    wanted = [
        [
            (r.function, r.topic, r.disease_ids, {(f.term_id, f.excluded) for f in r.findings}, r.gene_ids)
            for r in requests
        ]
        for requests in asked
    ]
    return wanted[0] == wanted[1]


def is_read_right(wanted: FollowUp, case: Case) -> bool:
    """Whether function, diseases and findings are those that are meant; the first request counts."""
    message = read_message(wanted.question, case)
    if wanted.function == "told":
        return not message.asked
    if not message.asked or message.told:
        return False
    requests = read_question(wanted.question, case)
    if not wanted.function or not requests:
        return not wanted.function and not requests
    first = requests[0]
    findings = {("-" if f.excluded else "") + f.term_id for f in first.findings}
    wanted_findings = {n for n in wanted.named if n.lstrip("-").startswith("HP:")}
    wanted_ids = [case.shown_ids[int(n) - 1] if n.isdigit() else n for n in wanted.named if n not in wanted_findings]
    is_same = set(first.disease_ids) == {
        case.graph.equivalents(i)[0] for i in wanted_ids if ":" in i and "Gene" not in i
    }
    genes = {i for i in wanted_ids if "Gene" in i}
    return (
        first.function == wanted.function and is_same and wanted_findings <= findings and set(first.gene_ids) == genes
    )


def told_stories(path: Path, graph: KnowledgeGraph, n: int, seed: int) -> Iterator[str]:
    """Published patients told as stories, one style each, by chance."""
    teller = Storyteller(graph.ontology, seed)
    for case in draw_cases(load_cases(path, graph.ontology).cases, n, seed):
        yield teller.tell(case).text


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m evaluation.messages", description="Stories and questions told apart."
    )
    parser.add_argument("--corpus", type=Path, nargs="*", default=[], help="annotated texts")
    parser.add_argument("--stories", type=Path, nargs="*", default=[], help="CRAFT-MD or AgentClinic")
    parser.add_argument("--cases", type=Path, help="phenopackets, told as stories")
    parser.add_argument("--n", type=int, default=1000, help="phenopackets told")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    try:
        _run(given)
    except CitedxError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def _run(given: argparse.Namespace) -> None:
    from llm.conversation.answerer import case_of
    from retrieval.demographics import demographics_of
    from retrieval.findings import parse_finding_ids

    assistant = DiagnosisAssistant.load()
    graph = assistant.graph
    findings = parse_finding_ids(CASE_OF_LIST, graph.ontology)
    differential = assistant.diagnose(findings, person=demographics_of("MALE", "P24Y"))
    sets: list[tuple[str, Iterable[str]]] = []
    for path in given.corpus:
        sets += [(c.name, [d.text for d in c.documents]) for c in load_corpora(path, graph.ontology)[0]]
    sets += [(path.name, [s.story for s in load_stories(path)[0]]) for path in given.stories]
    if given.cases:
        sets.append((given.cases.name, told_stories(given.cases, graph, given.n, given.seed)))
    for name, stories in sets:
        sys.stdout.write(f"{name}: {read_stories(assistant, stories, differential)}\n")
    case = case_of(assistant.sources, differential, ())
    for part in ("known", "mended", "unseen"):
        listed = [q for q in load_questions() if q.part == part]
        wrong = [q for q in listed if not is_read_right(q, case)]
        sys.stdout.write(f"questions, {part}: {len(listed) - len(wrong)} of {len(listed)} read right\n")
        sys.stdout.writelines(f"  not: {q.question}\n" for q in wrong)
    translated = load_translated()
    for part, language in dict.fromkeys((t.part, t.language) for t in translated):
        told = [t for t in translated if (t.part, t.language) == (part, language)]
        unlike = [t for t in told if not is_read_alike(t, case)]
        sys.stdout.write(f"{language}, {part}: {len(told) - len(unlike)} of {len(told)} read as in English\n")
        sys.stdout.writelines(f"  not: {t.message} ({t.english})\n" for t in unlike)


if __name__ == "__main__":
    sys.exit(main())
