"""Records -> text for a terminal; colour only where the terminal has it.

Promise: a story cannot steer the terminal; its control characters are shown as signs.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from kg.graph import KnowledgeGraph
from kg.schema import Association, Explanation, Finding
from kg.sources.common_conditions import title_of
from llm.conversation.schema import Answer, Sentence
from llm.schema import OF_WORDS, Commentary, Differential
from retrieval.schema import Evidence, RedFlag, UrgentCondition
from ui.answer_json import cited_evidence
from ui.marking import story_pieces
from ui.page.person import word_person
from ui.page.words import ENGLISH, Words
from ui.plain_text import escape, plain
from ui.statements import NOT_A_DEVICE, word_percent


def show_story(console: Console, story: str, findings: Iterable[Finding]) -> None:
    """The story with the words of each finding in brackets: ``[+seizures]``, ``[-fever]``; coloured where possible."""
    marked = Text()
    for words, finding in story_pieces(story, findings):
        if finding is None:
            marked.append(plain(words))
        else:
            sign, style = ("-", "red") if finding.excluded else ("+", "green")
            marked.append(f"[{sign}{plain(words)}]", style=style)
    marked.rstrip()
    console.print(marked)


def show_findings(console: Console, findings: Iterable[Finding], words: Words = ENGLISH) -> None:
    """One line a finding: present or excluded, id, label, the words it came from."""
    for f in findings:
        mark = f"[red]{words('absent'):<7}[/]" if f.excluded else f"[green]{words('present'):<7}[/]"
        quote = f'  [dim]"{escape(f.quote)}"[/]' if f.quote else ""
        console.print(f"  {mark}  {f.term_id}  {escape(words.label(f.term_id, f.label))}{quote}", highlight=False)


def show_differential(console: Console, differential: Differential, words: Words = ENGLISH) -> None:
    """Findings, ranked diagnoses with their claims, the evidence, the next question; in the language of these words."""
    console.print(f"[bold]{words('Findings')}[/]")
    if who := word_person(differential.person, words):
        console.print(f"  [dim]{words('patient')}[/]  {who}", highlight=False)
    show_findings(console, differential.findings, words)
    if not differential.findings and differential.diagnoses:
        console.print(f"  {words(OF_WORDS)}")
    _show_urgent(console, differential.urgent, words)
    if differential.abstained:
        console.print(f"\n{escape(words.said(differential.abstained))}")
        return
    console.print(f"\n[bold]{words('Differential')}[/]")
    for d in differential.diagnoses:
        ids = ", ".join(d.equivalent_ids or (d.disease_id,))
        types = differential.types_led_by(d)
        told = ""
        if types:
            told = "  " + words("{n} types: {share}", n=len(types.diagnoses), share=word_percent(types.probability))
        line = f"{d.rank:>3}. [bold]{escape(d.name)}[/]  {word_percent(d.probability)}{told}  [dim]{ids}[/]"
        console.print(line, highlight=False)
        for claim in d.claims:
            mark = "[green]+[/]" if claim.supports else "[red]-[/]"
            cites = " ".join(escape(f"[{e}]") for e in claim.evidence_ids)
            console.print(f"     {mark} {escape(words.said(claim.text))} [cyan]{cites}[/]", highlight=False)
    if differential.commentary:
        _show_commentary(console, differential.commentary, words)
    show_evidence(console, differential.evidence, words)
    if n_removed := len(differential.removed_claims):
        console.print("\n" + words("{n} claims were removed: their evidence did not hold.", n=n_removed))
    if differential.questions:
        console.print(f"\n[bold]{words('Ask next')}[/]  {escape(words.said(differential.questions[0].text))}")
    console.print(f"\n[dim]{words(NOT_A_DEVICE)}[/]")


def _show_urgent(console: Console, urgent: Iterable[UrgentCondition], words: Words) -> None:
    """Before the differential: what must not be missed, and the red flags, each with its source."""
    for number, condition in enumerate(urgent):
        if not number:
            console.print(f"\n[bold]{words('Don’t miss')}[/]")
        told = f"{words(condition.urgency)}, {word_percent(condition.probability)}"
        console.print(f"  [red]![/] [bold]{escape(condition.name)}[/]  {told}", highlight=False)
        here = words("red flags here: {flags}", flags=_word_flags(condition.present, words))
        ask = words("to ask for: {flags}", flags=_word_flags(condition.to_ask, words))
        for line, flags in ((here, condition.present), (ask, condition.to_ask)):
            if flags:
                console.print(f"     {line}", highlight=False)


def _word_flags(flags: Iterable[RedFlag], words: Words) -> str:
    named = ((words.label(f.term_id, f.label), title_of(f.provenance.reference)) for f in flags)
    return words(", ").join(f"{escape(label)} [dim]({escape(title)})[/]" for label, title in named)


def show_evidence(console: Console, evidence: Iterable[Evidence], words: Words = ENGLISH) -> None:
    """Each numbered statement with its references."""
    console.print(f"\n[bold]{words('Evidence')}[/]")
    for e in evidence:
        titles = "; ".join(title_of(p.reference) for p in e.provenance)
        reference = "  ".join(dict.fromkeys(filter(None, (titles, e.url))))
        console.print(
            f"  [cyan]{e.evidence_id:>4}[/]  {escape(words.said(e.text))}  [dim]{escape(reference)}[/]", highlight=False
        )


def show_answer(console: Console, answer: Answer, words: Words = ENGLISH) -> None:
    """How a question was understood, its answer, and the evidence that is cited; in the language of the words."""
    if answer.understood:
        console.print(f"[dim]{escape(words.said(answer.understood))}[/]\n", highlight=False)
    if answer.model and answer.basis:
        console.print(f"[dim]{escape(words('Worded by {model}', model=answer.model.model))}[/]", highlight=False)
    _show_sentences(console, answer.sentences, words)
    for note in answer.model.notes if answer.model else ():
        console.print(f"[dim]{escape(note)}[/]", highlight=False)
    if answer.removed:
        console.print("\n" + words("{n} sentences were removed: their evidence did not hold.", n=len(answer.removed)))
    evidence = cited_evidence(answer)
    if evidence:
        show_evidence(console, evidence, words)
    console.print(f"\n[dim]{words(NOT_A_DEVICE)}[/]")


def _show_sentences(console: Console, sentences: Iterable[Sentence], words: Words) -> None:
    marks = {True: "[green]+[/] ", False: "[red]-[/] ", None: ""}
    for s in sentences:
        cites = "".join(escape(f" [{e}]") for e in s.evidence_ids)
        console.print(f"{marks[s.supports]}{escape(words.said(s.text))}[cyan]{cites}[/]", highlight=False)


def _show_commentary(console: Console, commentary: Commentary, words: Words) -> None:
    console.print(f"\n[bold]{words('Language model')}[/]  [dim]{escape(commentary.model)}[/]", highlight=False)
    if commentary.summary:
        console.print(f"  {escape(commentary.summary)}", highlight=False)
    for question in commentary.questions:
        console.print(f"  {escape(question.text)}", highlight=False)
    for note in commentary.notes:
        console.print(f"  [dim]{escape(note)}[/]", highlight=False)


def show_explanation(console: Console, graph: KnowledgeGraph, explanation: Explanation) -> None:
    """One line a finding: how it matches and by which statement; then what is expected and missing."""
    name = graph.disease(explanation.disease_id).name
    console.print(f"[bold]{explanation.disease_id}  {escape(name)}[/]", highlight=False)
    table = Table("finding", "match", "statement", "reference", box=None)
    for m in explanation.matches:
        label = ("no " if m.finding.excluded else "") + graph.ontology.name(m.finding.term_id)
        first = m.associations[0] if m.associations else None
        statement, reference = _statement(graph, first) if first else ("", "")
        table.add_row(escape(label), str(m.match), escape(statement), reference)
    for a in explanation.missing:
        statement, reference = _statement(graph, a)
        table.add_row("", "missing", escape(statement), reference)
    console.print(table)


def _statement(graph: KnowledgeGraph, a: Association) -> tuple[str, str]:
    often = f" ({a.frequency})" if a.frequency else ""
    absent = "absent: " if a.excluded else ""
    return f"{absent}{graph.ontology.name(a.term_id)}{often}", "; ".join(p.reference for p in a.provenance)
