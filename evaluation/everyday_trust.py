"""What everyday answers may be trusted for: their probabilities, and whether emergencies are named under "don't miss".

python -m evaluation.everyday_trust --cases craftmd.csv --cases agentclinic.jsonl --setting emergency

Stories whose diagnosis is a disease of the graph are answered as in the product, by findings and words, and by the
findings alone, as of a page that was opened anew. An emergency is one of the table of common conditions.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from evaluation.calibration import equal_mass_bins, expected_error
from evaluation.qa.disease_vocabulary import DiseaseVocabulary, load_vocabulary
from evaluation.qa.free_text import StoryCase, load_stories
from evaluation.qa.scoring import wilson
from kg.build import bundled_sources
from kg.catalogue import parse_sources
from kg.common_schema import Setting, Urgency
from kg.datasets import data_folder
from kg.errors import CitedxError
from kg.sources.common_conditions import load_common_conditions
from retrieval.mined_graph import load_graph_with_pages

if TYPE_CHECKING:
    from llm import DiagnosisAssistant


EVERYDAY = (Setting.GENERAL_PRACTICE, Setting.EMERGENCY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One story's answer."""

    confidence: float
    """Probability of the first diagnosis, 0..1; 0 without one."""
    is_right: bool
    n_urgent: int
    """Conditions under "don't miss"."""
    is_listed: bool | None
    """Whether the diagnosis is among them; None where it is no emergency."""


def answer_story(
    assistant: DiagnosisAssistant,
    vocabulary: DiseaseVocabulary,
    case: StoryCase,
    setting: Setting,
    *,
    with_words: bool,
) -> Answered | None:
    """The product's answer to a story; None where the diagnosis is no disease of the graph."""
    graph = assistant.graph_of(setting)
    right = {graph.equivalents(i)[0] for i in vocabulary.ids_of(case.diagnosis) if i in graph.diseases}
    if not right:
        return None
    urgencies = {c.disease_id: c.urgency for c in load_common_conditions().conditions}
    emergencies = {i for i in right if any(urgencies.get(e) is Urgency.EMERGENCY for e in graph.equivalents(i))}
    findings, person = assistant.find_findings(case.story), assistant.find_person(case.story)
    answer = next(
        assistant.weigh(findings, k=1, person=person, setting=setting, story=case.story if with_words else "")
    )
    first = answer.diagnoses[0] if answer.diagnoses else None
    listed = {graph.equivalents(u.disease_id)[0] for u in answer.urgent}
    return Answered(
        confidence=first.probability if first else 0.0,
        is_right=first is not None and graph.equivalents(first.disease_id)[0] in right,
        n_urgent=len(answer.urgent),
        is_listed=bool(emergencies & listed) if emergencies else None,
    )


def word_trust(answered: Sequence[Answered]) -> list[str]:
    """What a report says of answers, at least one."""
    confidences = np.array([a.confidence for a in answered])
    right = np.array([a.is_right for a in answered], np.float64)
    likeliest = np.argsort(confidences, kind="stable")[-max(1, len(confidences) // 3) :]
    emergencies = [a.is_listed for a in answered if a.is_listed is not None]
    share = wilson(sum(emergencies), len(emergencies))
    first = (
        f"first diagnosis: probability {confidences.mean():.1%}, right {right.mean():.1%} (n = {len(answered):,}), "
        f"expected calibration error {expected_error(confidences, right, equal_mass_bins(confidences)):.1%}"
    )
    urgent = (
        f"don't miss: {np.mean([a.n_urgent for a in answered]):.2f} conditions, none in "
        f"{np.mean([a.n_urgent == 0 for a in answered]):.1%}; of {len(emergencies)} emergencies "
        f"{share.value:.1%} named ({share.low:.1%} to {share.high:.1%})"
    )
    third = f"  of the likeliest third: {confidences[likeliest].mean():.1%}, right {right[likeliest].mean():.1%}"
    return [first, third, urgent]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m evaluation.everyday_trust", description="Trust in everyday answers."
    )
    parser.add_argument("--cases", type=Path, action="append", required=True, help="CRAFT-MD's CSV, AgentClinic's JSON")
    parser.add_argument("--setting", type=Setting, default=Setting.GENERAL_PRACTICE, choices=list(EVERYDAY))
    parser.add_argument("--sources", default="all", help="of the graph, as for citedx build")
    given = parser.parse_args(arguments)
    try:
        from llm import DiagnosisAssistant

        stories = [(file.name, load_stories(file)[0]) for file in given.cases]
        graph = load_graph_with_pages(bundled_sources(common=True, further=parse_sources(given.sources)))
        vocabulary = load_vocabulary(graph, data_folder())
        assistant = DiagnosisAssistant.load(setting=given.setting, everyday=graph)
        for name, cases in stories:
            for with_words, said in ((True, "findings and words"), (False, "findings alone")):
                bar = tqdm(cases, desc=name, disable=not sys.stderr.isatty())
                read = (answer_story(assistant, vocabulary, case, given.setting, with_words=with_words) for case in bar)
                lines = word_trust([answer for answer in read if answer])
                sys.stdout.write("\n".join([f"{name}, {given.setting}, by {said}", *lines]) + "\n")
    except CitedxError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
