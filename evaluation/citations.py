"""How many of the shown claims resolve, over published patients and for any language model or none.

A claim resolves where every number that it cites is there, is a statement of the graph or a published case, is about
the claim's disease and the claim's finding, and points the way that the claim does; and where every quotation and every
number in a language model's words stands in what it cites. The check is written without ``llm.grounding``, which is
what it checks; it asks the graph and the cases. Whether the words are otherwise borne is not asked here (a table of
hostile answers in the tests does).

    python -m evaluation.citations --cases all_phenopackets.zip --out OUT
    python -m evaluation.citations --cases all_phenopackets.zip --model FOLDER_OR_ADDRESS --out OUT
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tqdm import tqdm

from evaluation.benchmark import claim_folder
from evaluation.cases import draw_cases, load_cases
from evaluation.lines import append_lines, read_whole_lines
from evaluation.qa.benchmark import load_model
from evaluation.qa.runner import PREDICTIONS
from evaluation.schema import Case
from kg.cache import digest, write_json
from kg.errors import CitedxError, SourceError
from kg.graph import KnowledgeGraph
from llm.assistant import DiagnosisAssistant
from llm.chat.reader import MAX_ANSWER_TOKENS, ChatReader
from llm.reader import RankingReader, Reader
from llm.schema import Claim, Diagnosis, Differential
from retrieval.cases import series_of
from retrieval.schema import Evidence, EvidenceKind, ReaderName

READER = "reader"
"""Name of the backend without a language model."""
_QUOTED = re.compile(r"[\"“”«»]([^\"“”«»]+)[\"“”«»]")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_CITED = re.compile(r"\[(E[0-9]+)\]")
_PARTICULARS = re.compile(r"“[^”]*”|\b(?:E|D|F|X)[0-9]+\b|\b[A-Z]+:[0-9]+\b|\b[0-9]+\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One patient's answer, counted."""

    case_id: str
    n_shown: int
    """Claims and, of a summary, sentences."""
    n_by_model: int
    """Of these, in a language model's words."""
    faults: tuple[str, ...]
    """What does not resolve."""
    removed: Mapping[str, int] = field(default_factory=dict)
    """Reason, without its particulars -> claims and sentences that were not shown for it."""
    rung: str = READER
    """How the answer was held to its schema; the reader's where nothing of a model's is shown."""
    notes: tuple[str, ...] = ()
    """What the answer says of how it came about, without its particulars."""
    seconds: float = 0.0


class CitationCheck:
    """Looks up what claims cite.

    Args:
        graph: what evidence must be a statement of, or a series of.
    """

    def __init__(self, graph: KnowledgeGraph) -> None:
        self._graph = graph
        self._series = {(s.disease_id, s.provenance.reference): s for s in series_of(graph)}

    def check(self, case_id: str, answer: Differential, seconds: float = 0.0) -> Checked:
        """Count the claims and sentences of an answer."""
        claims = [(c, d) for d in answer.diagnoses for c in d.claims]
        commentary = answer.commentary
        sentences = re.split(r"(?<=[.!?]) ", commentary.summary) if commentary and commentary.summary else []
        faults = [self.fault_of_claim(c, d, answer) for c, d in claims]
        faults += [self._fault_of_sentence(s, answer) for s in sentences]
        return Checked(
            case_id=case_id,
            n_shown=len(claims) + len(sentences),
            n_by_model=sum(c.by_model for c, _ in claims) + len(sentences),
            faults=tuple(f for f in faults if f),
            removed=dict(Counter(_PARTICULARS.sub("...", r.reason) for r in answer.removed_claims)),
            rung=commentary.rung.value if commentary else READER,
            notes=tuple(_PARTICULARS.sub("...", note) for note in commentary.notes) if commentary else (),
            seconds=round(seconds, 3),
        )

    def fault_of_claim(self, claim: Claim, diagnosis: Diagnosis, answer: Differential) -> str | None:
        """Why a shown claim does not resolve; None if it does."""
        evidence = {e.evidence_id: e for e in answer.evidence}
        missing = [i for i in claim.evidence_ids if i not in evidence]
        if missing or not claim.evidence_ids:
            return f"cites {', '.join(missing) or 'nothing'}"
        cited = [evidence[i] for i in claim.evidence_ids]
        own = set(self._graph.equivalents(diagnosis.disease_id))
        if not {claim.disease_id, *(e.disease_id for e in cited)} <= own:
            return f"cites another disease than {diagnosis.disease_id}"
        said = {self._graph.ontology.current_id(f.term_id): f.excluded for f in answer.findings}
        faults = (self._fault_of_evidence(e) or self._fault_of_finding(claim, e, said) for e in cited)
        found = next((f for f in faults if f), None)
        return found or (_fault_of_words(claim.text, cited, self._graph, said) if claim.by_model else None)

    def _fault_of_evidence(self, cited: Evidence) -> str | None:
        """Whether the evidence itself is what its source says."""
        if cited.kind is EvidenceKind.CASE:
            series = self._series.get((cited.disease_id, cited.reference))
            terms = {t.term_id for t in series.present} if series else set()
            return None if series and set(cited.term_ids) == terms else f"{cited.evidence_id} is no published case"
        stated = cited.association
        if stated is None or stated not in self._graph.findings_of(cited.disease_id):
            return f"{cited.evidence_id} is no statement of the graph"
        is_whole = cited.provenance == stated.provenance and cited.provenance and cited.term_ids == (stated.term_id,)
        return None if is_whole else f"{cited.evidence_id} has another source or finding than its statement"

    def _fault_of_finding(self, claim: Claim, cited: Evidence, said: Mapping[str, bool]) -> str | None:
        """Whether the evidence is about the claim's finding, and points the claim's way."""
        ancestors = self._graph.ontology.ancestors
        if claim.term_id is None:
            mine = [t for t, is_excluded in said.items() if not is_excluded]
            is_shared = any(t in ancestors(m) or m in ancestors(t) for t in cited.term_ids for m in mine)
            return None if is_shared and claim.supports else f"{cited.evidence_id} shares no finding"
        term_id = self._graph.ontology.current_id(claim.term_id)
        if not any(t in ancestors(term_id) or term_id in ancestors(t) for t in cited.term_ids):
            return f"{cited.evidence_id} is not about {term_id}"
        is_absent = cited.association is not None and cited.association.excluded
        supports = said[term_id] == is_absent if term_id in said else False
        return None if claim.supports == supports else f"{cited.evidence_id} points the other way"

    def _fault_of_sentence(self, sentence: str, answer: Differential) -> str | None:
        evidence = {e.evidence_id: e for e in answer.evidence}
        ids = _CITED.findall(sentence)
        if not ids or not set(ids) <= set(evidence):
            return f"a sentence cites {', '.join(i for i in ids if i not in evidence) or 'nothing'}"
        cited = [evidence[i] for i in ids]
        said = {self._graph.ontology.current_id(f.term_id): f.excluded for f in answer.findings}
        faults = (self._fault_of_evidence(e) for e in cited)
        words = _CITED.sub("", sentence)
        return next((f for f in faults if f), None) or _fault_of_words(words, cited, self._graph, said)


def _fault_of_words(
    text: str, cited: Sequence[Evidence], graph: KnowledgeGraph, said: Mapping[str, bool]
) -> str | None:
    """Quotations and numbers stand in the evidence, or in the names of its disease and of findings."""
    names = [graph.disease(d).name for e in cited for d in graph.equivalents(e.disease_id)]
    for term_id in (*said, *(t for e in cited for t in e.term_ids)):
        term = graph.term(term_id)
        names += [term.name, *(s.text for s in term.synonyms)]
    quoted = [q for q in _QUOTED.findall(text) if not any(q in source for source in (*names, *(e.text for e in cited)))]
    if quoted:
        return f"quotes {quoted[0]!r}"
    known = {n for source in (*names, *(e.text for e in cited)) for n in _NUMBER.findall(source)}
    strange = [n for n in _NUMBER.findall(text) if n not in known]
    return f"says {strange[0]}" if strange else None


def check_cases(
    cases: Sequence[Case], assistant: DiagnosisAssistant, reader: Reader, file: Path, *, progress: bool = False
) -> tuple[Checked, ...]:
    """Answers for all cases, counted, in their order; what ``file`` holds already is not asked again.

    Raises:
        SourceError, StorageError: the file cannot be read or written.
    """
    done = {c.case_id: c for c in _read(file)}
    check = CitationCheck(assistant.graph)
    for case in tqdm([c for c in cases if c.case_id not in done], unit="case", disable=not progress):
        start = time.perf_counter()
        answer = assistant.diagnose(case.findings, person=case.person, reader=reader)
        checked = check.check(case.case_id, answer, time.perf_counter() - start)
        append_lines(file, [asdict(checked)])
        done[case.case_id] = checked
    return tuple(done[c.case_id] for c in cases)


def summarise(checked: Sequence[Checked]) -> dict[str, object]:
    """The counts over all cases, as they are written and printed."""
    n_shown, n_faults = sum(c.n_shown for c in checked), sum(len(c.faults) for c in checked)
    removed = sum((Counter(c.removed) for c in checked), Counter[str]())
    return {
        "patients": len(checked),
        "shown": n_shown,
        "resolving": n_shown - n_faults,
        "shown, in a model's words": sum(c.n_by_model for c in checked),
        "removed": removed.total(),
        "removed, by reason": dict(removed.most_common()),
        "notes": dict(Counter(n for c in checked for n in c.notes).most_common()),
        "rungs": dict(Counter(c.rung for c in checked)),
        "faults": [f"{c.case_id}: {f}" for c in checked for f in c.faults],
        "seconds": round(sum(c.seconds for c in checked)),
    }


def _read(file: Path) -> Iterator[Checked]:
    for number, line in enumerate(read_whole_lines(file), start=1):
        try:
            row = json.loads(line)
            yield Checked(**row | {name: tuple(row[name]) for name in ("faults", "notes")})
        except (ValueError, TypeError, KeyError) as error:
            raise SourceError(f"{file}, line {number} is no count: remove the file to start anew") from error


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code, 1 where a shown claim does not resolve."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.citations", description="Shown claims that resolve.")
    parser.add_argument("--cases", type=Path, required=True, help="folder or zip of phenopackets")
    parser.add_argument("--out", type=Path, required=True, help="folder for predictions.jsonl and metrics.json")
    parser.add_argument("--model", default=READER, help="a language model's id, folder or address; default: none")
    parser.add_argument(
        "--reader",
        type=ReaderName,
        choices=list(ReaderName),
        default=ReaderName.TRANSFORMER,
        help="whose ranking is explained; graph takes a fraction of the time",
    )
    parser.add_argument("--n", type=int, default=500, help="patients, drawn at random")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--max-tokens", type=int, default=MAX_ANSWER_TOKENS, help="of an answer")
    given = parser.parse_args(arguments)
    try:
        assistant = DiagnosisAssistant.load(reader=given.reader)
        cases = draw_cases(load_cases(given.cases, assistant.graph.ontology).cases, given.n, given.seed)
        reader: Reader = RankingReader()
        if given.model != READER:
            reader = ChatReader(load_model(given.model), max_tokens=given.max_tokens)
        settings = {
            "patients": given.cases.name,
            "task": "citations",
            "contents": digest({"cases": repr(cases)})[:12],
            **assistant.versions,
            "reader": reader.version,
            **({} if given.model == READER else {"max_tokens": str(given.max_tokens)}),
        }
        claim_folder(given.out, settings)
        checked = check_cases(cases, assistant, reader, given.out / PREDICTIONS, progress=sys.stderr.isatty())
        told = {"settings": settings, **summarise(checked)}
        write_json(given.out / "metrics.json", told)
    except CitedxError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    return 1 if told["faults"] else 0


if __name__ == "__main__":
    sys.exit(main())
