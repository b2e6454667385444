"""Why the first and not the third: each finding's likelihood ratio for each of the first diagnoses, as shaded cells.

Every cell shows its number, so that nothing rests on colour.
"""

from __future__ import annotations

import math
from html import escape

from llm.schema import Differential
from ui.figures.ranking import Shown, shown_diagnoses
from ui.figures.wording import Wording, factor
from ui.page.markup import percent

FULL = math.log(1000)
"""Log-ratio from which a cell is shaded fully."""


def candidate_matrix(differential: Differential, wording: Wording, n_diseases: int = 5) -> str:
    """The first diagnoses side by side; empty where there are fewer than two.

    Findings that tell the first two apart come first, those that are the same to all come last.
    """
    diseases = shown_diagnoses(differential, n_diseases)
    if len(diseases) < 2:
        return ""
    say = wording.say
    heads = "".join(
        f'<th scope="col" data-disease-column="{escape(d.diagnosis.disease_id)}"><span class="fig-rank">'
        f'{d.diagnosis.rank}</span><span class="fig-name">{escape(d.diagnosis.name)}</span></th>'
        for d in diseases
    )
    rows = range(len(diseases[0].findings))
    by_difference = sorted(rows, key=lambda r: -abs(diseases[0].findings[r].log_lr - diseases[1].findings[r].log_lr))
    body = "".join(_row(diseases, row, wording) for row in by_difference)
    besides = {
        say("How common it is"): [d.candidate.log_prior for d in diseases],
        say("The story’s own words"): [d.candidate.log_text for d in diseases],
        say("The patient’s history"): [d.candidate.log_history for d in diseases],
    }
    others = "".join(_cells(label, values) for label, values in besides.items() if any(values))
    sums = (sum(values) for values in zip(*besides.values(), strict=True))
    totals = [start + sum(w.log_lr for w in d.findings) for start, d in zip(sums, diseases, strict=True)]
    answers = "".join(f"<td>{escape(percent(d.diagnosis.probability))}</td>" for d in diseases)
    note = say(
        "Each cell: how many times likelier (×) or less likely (÷) the finding makes the disease, by the graph’s "
        "likelihood model; findings that tell the first two apart come first."
    )
    names = "".join(f"<li>{escape(d.diagnosis.name)}</li>" for d in diseases)
    return (
        f'<figure class="fig fig-matrix"><table><caption>{escape(say("The first diagnoses side by side"))}</caption>'
        f'<thead><tr><th scope="col">{escape(say("Finding"))}</th>{heads}</tr></thead><tbody>{body}{others}</tbody>'
        f'<tfoot>{_cells(say("Together"), totals)}<tr><th scope="row">{escape(say("The answer’s probability"))}</th>'
        f'{answers}</tr></tfoot></table><ol class="fig-names" aria-hidden="true">{names}</ol>'
        f"<figcaption><p>{escape(note)}</p></figcaption></figure>"
    )


def shade(log_lr: float) -> float:
    """How strongly a cell is shaded, 0..1; grows with the ratio's distance from 1."""
    return min(1.0, abs(log_lr) / FULL)


def _row(diseases: tuple[Shown, ...], row: int, wording: Wording) -> str:
    return _cells(wording.finding(diseases[0].findings[row].match.finding), [d.findings[row].log_lr for d in diseases])


def _cells(label: str, log_lrs: list[float]) -> str:
    cells = "".join(
        f'<td class="{"for" if value >= 0 else "against"}" style="--shade:{shade(value):.2f}">'
        f"{factor(value).replace('·', '·<wbr/>')}</td>"  # a narrow column has its power of ten in a second line
        for value in log_lrs
    )
    return f'<tr><th scope="row">{escape(label)}</th>{cells}</tr>'
