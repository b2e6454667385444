"""From the prior to the sum: what each finding multiplies a disease's odds by, in the graph's likelihood model.

Promise: the bars add up, on the logarithmic axis, to the last one. That is the model's own score. In general practice
and emergency the answer's probability follows from it; in the genetics clinic not from it alone: the reader also weighs
similar cases, kin, and what goes together. The caption says which. A table with bars in it, so that it reads the same
without seeing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from kg.common_schema import Setting
from llm.schema import Differential
from retrieval.schema import Candidate
from ui.figures.ranking import Shown, cite, shown_diagnoses
from ui.figures.wording import Wording, factor
from ui.page.markup import citations, percent

MAX_TICKS = 6
ODD = math.log(1.2)
"""From this ratio on, a reader may wonder how an excluded finding can speak for a disease."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One bar."""

    label: str
    note: str
    start: float
    """Sum of the log-ratios before, in nats."""
    change: float
    cited: str = ""
    """Its evidence, as HTML."""

    @property
    def end(self) -> float:
        """Sum after it."""
        return self.start + self.change


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """Log-ratios (nats) to percent of the width."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """0..100."""
        return 100 * (value - self.low) / (self.high - self.low)


def waterfalls(differential: Differential, wording: Wording, n_diseases: int = 5) -> str:
    """One waterfall per diagnosis, the first one shown, and a list to choose by; empty where there are none."""
    diseases = shown_diagnoses(differential, n_diseases)
    if not diseases:
        return ""
    options = "".join(
        f'<option value="{escape(d.diagnosis.disease_id)}">{d.diagnosis.rank}. {escape(d.diagnosis.name)}</option>'
        for d in diseases
    )
    choice = f'<label class="fig-choose">{escape(wording.say("Disease"))} <select>{options}</select></label>'
    figures = "".join(_figure(shown, wording, differential.setting, hidden=i > 0) for i, shown in enumerate(diseases))
    return f'<div class="fig-waterfalls">{choice}{figures}</div>'


def steps_of(shown: Shown, wording: Wording) -> tuple[Step, ...]:
    """What is no finding, where it counts; then what speaks for the disease and against it, each the largest first."""
    say, candidate = wording.say, shown.candidate
    prior, text, history = candidate.log_prior, candidate.log_text, candidate.log_history
    steps, total = [], prior + text + history
    if prior:
        note = say("against a disease of which no source says it")
        steps.append(Step(label=say("How common it is"), note=note, start=0.0, change=prior))
    if text:
        note, cited = say("beyond those in the average disease’s texts"), citations(shown.word_evidence_ids)
        steps.append(Step(label=say("The story’s own words"), note=note, start=prior, change=text, cited=cited))
    if history:
        note, cited = _told_history(candidate), citations(shown.history_evidence_ids)
        steps.append(
            Step(label=say("The patient’s history"), note=note, start=prior + text, change=history, cited=cited)
        )
    for weighed in sorted(shown.findings, key=lambda w: (w.log_lr < 0, -abs(w.log_lr), w.match.finding.term_id)):
        finding = weighed.match.finding
        steps.append(
            Step(
                label=wording.finding(finding),
                note=wording.match(weighed.match.match, excluded=finding.excluded),
                start=total,
                change=weighed.log_lr,
                cited=cite(weighed),
            )
        )
        total += weighed.log_lr
    return tuple(steps)


def axis_of(steps: Iterable[Step]) -> Axis:
    """From the lowest to the highest sum, with room at either side; at least one factor of ten wide."""
    reached = [0.0, *(step.end for step in steps)]
    low, high = min(reached), max(reached)
    room = max(0.04 * (high - low), (math.log(10) - (high - low)) / 2)
    return Axis(low=low - room, high=high + room)


def ticks_of(axis: Axis) -> tuple[int, ...]:
    """Powers of ten within the axis, at even distances from 1, at most ``MAX_TICKS``."""
    low, high = math.ceil(axis.low / math.log(10)), math.floor(axis.high / math.log(10))
    step = next(s for s in range(1, high - low + 2) if high // s - -(-low // s) < MAX_TICKS)
    return tuple(step * i for i in range(-(-low // step), high // step + 1))


def _told_history(candidate: Candidate) -> str:
    """The story's words for what is a risk factor and no finding."""
    return ", ".join(f"“{risk.quote}”" for risk in candidate.risks if risk.quote)


def _figure(shown: Shown, wording: Wording, setting: Setting, *, hidden: bool) -> str:
    say, diagnosis, state = wording.say, shown.diagnosis, ' hidden=""' if hidden else ""
    steps = steps_of(shown, wording)
    axis = axis_of(steps)
    ticks = ticks_of(axis)
    rows = "".join(_row(step, axis, ticks) for step in steps)
    finding, *others = (f'<th scope="col">{escape(say(head))}</th>' for head in ("Finding", "Ratio", "Evidence"))
    head = f"{finding}<td>{_scale(axis, ticks)}</td>{''.join(others)}"
    total = Step(label=say("Together"), note="", start=0.0, change=steps[-1].end if steps else 0.0)
    title = say("What speaks for and against {disease}").format(disease=diagnosis.name)
    return (
        f'<figure class="fig fig-waterfall" data-for="{escape(diagnosis.disease_id)}"{state}>'
        f"<table><caption>{escape(title)}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody>"
        f"<tfoot>{_row(total, axis, ticks)}</tfoot></table>{_caption(shown, wording, setting)}</figure>"
    )


def _caption(shown: Shown, wording: Wording, setting: Setting) -> str:
    say = wording.say
    model = say(
        "The graph’s likelihood model: how many times likelier (×) or less likely (÷) each finding makes the disease, "
        "compared with the average disease."
    )
    read = say(
        "The answer’s {probability} is no sum of these: it also weighs similar cases, related diseases and what goes "
        "together."
    )
    summed = say(
        "The answer’s {probability} is the sum against those of all other diseases, made milder, since findings of one "
        "disease come together."
    )
    reader = read if setting is Setting.GENETICS_CLINIC else summed
    shown_probability = escape(reader).replace("{probability}", escape(percent(shown.diagnosis.probability)))
    excluded = say("An excluded finding can speak for a disease in which its absence is often noted.")
    is_odd = any(w.log_lr > ODD and w.match.finding.excluded for w in shown.findings)
    more = f" {escape(excluded)}" if is_odd else ""
    return f"<figcaption><p>{escape(model)}{more} {shown_probability}</p></figcaption>"


def _row(step: Step, axis: Axis, ticks: Sequence[int]) -> str:
    note = f'<span class="fig-note">{escape(step.note)}</span>' if step.note else ""
    return (
        f'<tr><th scope="row">{escape(step.label)}{note}</th><td class="fig-bar">{_bar(step, axis, ticks)}</td>'
        f'<td class="fig-ratio">{factor(step.change)}</td><td>{step.cited}</td></tr>'
    )


def _bar(step: Step, axis: Axis, ticks: Sequence[int]) -> str:
    """Percentages all along, so that it is as wide as its cell and nothing is stretched."""
    grid = "".join(_vertical("fig-one" if t == 0 else "fig-grid", axis.at(t * math.log(10))) for t in ticks)
    start, end = axis.at(step.start), axis.at(step.end)
    links = _vertical("fig-link", start, below="25%") + _vertical("fig-link", end, above="75%")
    says = "for" if step.change >= 0 else "against"
    place = f'x="{min(start, end):.2f}%" width="{max(abs(end - start), 0.3):.2f}%"'
    bar = f'<rect class="fig-step {says}" {place} y="25%" height="50%" rx="1"/>'
    return f'<svg aria-hidden="true">{grid}{links}{bar}</svg>'


def _vertical(kind: str, x: float, above: str = "0", below: str = "100%") -> str:
    return f'<line class="{kind}" x1="{x:.2f}%" x2="{x:.2f}%" y1="{above}" y2="{below}"/>'


def _scale(axis: Axis, ticks: Sequence[int]) -> str:
    labels = "".join(
        f'<text x="{axis.at(t * math.log(10)):.2f}%" y="14" text-anchor="middle">{_tick(t)}</text>' for t in ticks
    )
    return f'<svg class="fig-scale" aria-hidden="true">{labels}</svg>'


def _tick(power: int) -> str:
    return "1" if power == 0 else factor(power * math.log(10))
