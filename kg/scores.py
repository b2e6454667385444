"""Published clinical scores: what they ask, how they add up, and the risk that their publication gives.

A score is data (``kg/facts/scores``): points for what holds of a patient, or coefficients of a formula. What is not
known of the patient stays unknown: a score of points then has a range, one of a formula none, and what is missing is
named. A risk is given only where a publication gives it, for the whole range of points that is left.

Deliberately not here: reading the files (``kg.sources.scores``), and the patient from a story (``retrieval.risk``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from kg.conditions import Condition, Conditions, Value, Values, hold_all
from kg.errors import UsageError

_YES, _NO = frozenset({"yes", "y", "true", "1"}), frozenset({"no", "n", "false", "0"})


class InputKind(StrEnum):
    """How a question is answered."""

    YES_NO = "yes-no"
    NUMBER = "number"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreInput:
    """One question that scores ask of a patient."""

    name: str
    label: str
    kind: InputKind
    unit: str = ""
    other_units: tuple[tuple[str, float], ...] = ()
    """Unit and what its values are multiplied by."""
    least: float = -math.inf
    most: float = math.inf
    choices: tuple[str, ...] = ()
    circumstance: str = ""
    """Name of the circumstance that answers it, see ``kg.circumstances``."""
    term_ids: tuple[str, ...] = ()
    """Findings each of which says yes."""
    measured: str = ""
    """The analyte whose measured value answers it; ``factor`` turns the analyte's unit into ``unit``."""
    factor: float = 1.0

    @property
    def expected(self) -> str:
        """What an answer looks like: ``yes or no``, ``30 to 300 mmHg``, ``female, male``."""
        if self.kind is InputKind.YES_NO:
            return "yes or no"
        if self.kind is InputKind.CHOICE:
            return "; ".join(self.choices)
        return f"{self.least:g} to {self.most:g} {self.unit}".rstrip()

    def parse(self, text: str) -> Value:
        """An answer as it is typed: ``yes``, ``142``, ``168 umol/L``, ``female``. Raises UsageError."""
        plain = text.strip().casefold()
        if self.kind is InputKind.YES_NO and plain in _YES | _NO:
            return plain in _YES
        if self.kind is InputKind.CHOICE:
            for choice in self.choices:
                if choice.casefold() == plain:
                    return choice
        if self.kind is InputKind.NUMBER:
            for unit, factor in ((self.unit, 1.0), ("", 1.0), *self.other_units):
                number = plain.removesuffix(unit.casefold()).strip() if unit else plain
                try:
                    return self.checked(float(number) * factor)
                except ValueError:
                    continue
        units = "".join(f", or in {unit}" for unit, _ in self.other_units)
        raise UsageError(f"{self.name} ({self.label}) is {self.expected}{units}; got {text.strip()[:40]!r}")

    def checked(self, value: Value) -> Value:
        """The value, if it is one that this input can have. Raises UsageError."""
        if self.kind is InputKind.NUMBER:
            is_fit = not isinstance(value, (bool, str)) and self.least <= value <= self.most
        elif self.kind is InputKind.CHOICE:
            is_fit = value in self.choices
        else:
            is_fit = isinstance(value, bool)
        if not is_fit:
            raise UsageError(f"{self.name} ({self.label}) is {self.expected}; got {value}")
        return value

    def can_be_held_against(self, condition: Condition) -> bool:
        """Whether a condition on this input can be true of some answers: ``sex = boy`` can't, nor ``cough >= 3``."""
        try:
            self.checked(condition.value)
        except UsageError:
            return False
        return condition.relation == "=" or self.kind is InputKind.NUMBER


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Points for what holds."""

    when: Conditions
    points: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of a score of points: of its rules the first that holds counts, else it has none."""

    text: str
    rules: tuple[Rule, ...]

    def points(self, values: Values) -> tuple[float, float]:
        """Fewest and most that it can have by what is known; the same twice where it is settled."""
        possible = []
        for rule in self.rules:
            held = hold_all(rule.when, values)
            if held is not False:
                possible.append(rule.points)
            if held:
                break
        else:
            possible.append(0.0)
        return min(possible), max(possible)

    def names(self) -> tuple[str, ...]:
        """The inputs that it asks."""
        return tuple(dict.fromkeys(c.name for rule in self.rules for c in rule.when))


@dataclass(frozen=True, slots=True, kw_only=True)
class Summand:
    """A coefficient times an input or a fixed value, or its natural logarithm, within limits."""

    name: str = ""
    """Of the input; empty for ``value``."""
    value: float = 1.0
    coefficient: float
    log: bool = False
    at_least: float = -math.inf
    at_most: float = math.inf
    when: Conditions = ()
    """Counts where these hold."""

    def amount(self, values: Values) -> float:
        """What it adds; every input is known."""
        if not hold_all(self.when, values):
            return 0.0
        x = min(max(float(values[self.name]) if self.name else self.value, self.at_least), self.at_most)
        return self.coefficient * (math.log(x) if self.log else x)

    def missing(self, values: Values) -> tuple[str, ...]:
        """Inputs without which it cannot be computed."""
        if (held := hold_all(self.when, values)) is False:
            return ()
        unknown = [c.name for c in self.when if c.name not in values] if held is None else []
        return tuple(unknown + [self.name] * bool(self.name and self.name not in values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A linear predictor, and how it becomes a risk."""

    when: Conditions = ()
    constant: float
    survival: float | None = None
    """Baseline survival of a Cox model, whose predictor is centred by ``constant``; None where the sum is the score."""
    summands: tuple[Summand, ...]

    def predictor(self, values: Values) -> float:
        """The sum; every input is known."""
        return self.constant + sum(s.amount(values) for s in self.summands)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """Where a score, or its risks, come from."""

    cite: str
    pmid: str
    doi: str = ""

    @property
    def reference(self) -> str:
        """As a CURIE."""
        return f"PMID:{self.pmid}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """What a publication says of a range of points, both ends included."""

    low: float
    high: float
    label: str = ""
    risk: float | None = None
    """In percent; None where the publication gives none."""
    interval: tuple[float, float] | None = None
    """95 %, in percent."""
    n: int | None = None
    """Patients behind the risk."""

    def __post_init__(self) -> None:
        if self.low > self.high or (self.risk is not None and not 0 <= self.risk <= 100):
            raise ValueError(f"expected from <= to and a risk of 0 to 100 %, got {self.low}, {self.high}, {self.risk}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A published score: items with points, or models of which the first that applies counts."""

    score_id: str
    name: str
    predicts: str
    population: str
    """Of whom it holds, as its publication says."""
    offered_for: tuple[str, ...]
    """Findings and circumstances that bring it up."""
    holds: Conditions
    """What must be so of a patient that it may be used for."""
    items: tuple[Item, ...] = ()
    models: tuple[Model, ...] = ()
    constant: float = 0.0
    bands: tuple[Band, ...] = ()
    is_rounded: bool = False
    least: float = -math.inf
    most: float = math.inf
    publication: Publication
    risk_publication: Publication
    """The same as ``publication``, or a later one that gives the risks."""

    def __post_init__(self) -> None:
        if bool(self.items) == bool(self.models):
            raise ValueError(f"{self.score_id} needs items or models, and not both")

    def conditions(self) -> Iterator[Condition]:
        """Every one that it has, wherever."""
        yield from self.holds
        yield from (c for item in self.items for rule in item.rules for c in rule.when)
        for model in self.models:
            yield from (*model.when, *(c for s in model.summands for c in s.when))

    def names(self) -> tuple[str, ...]:
        """Every input that it asks."""
        summed = [s.name for model in self.models for s in model.summands if s.name]
        return tuple(dict.fromkeys([c.name for c in self.conditions()] + summed))


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPoints:
    """An item of a patient's score."""

    text: str
    low: float
    high: float
    """The same as ``low`` where the item is settled."""
    names: tuple[str, ...]
    """Inputs that it asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """A score of one patient."""

    score: Score
    unmet: Conditions = ()
    """Why it must not be used for this patient; then nothing else is given."""
    missing: tuple[str, ...] = ()
    """Inputs that are not known and could change it."""
    items: tuple[ItemPoints, ...] = ()
    total: tuple[float, float] | None = None
    """Fewest and most points by what is known; None for a formula that lacks an input."""
    risk: float | None = None
    """In percent, of a formula; of a score of points see ``bands``."""
    bands: tuple[Band, ...] = ()
    """Those that the total can lie in."""

    @property
    def is_complete(self) -> bool:
        """Whether all that it asks is known."""
        return not self.unmet and not self.missing


def assess(score: Score, values: Values) -> Assessment:
    """A score by what is known of a patient."""
    unmet = tuple(c for c in score.holds if c.holds(values) is False)
    if unmet:
        return Assessment(score=score, unmet=unmet)
    unknown = [c.name for c in score.holds if c.holds(values) is None]
    return _add_points(score, values, unknown) if score.items else _compute(score, values, unknown)


def _add_points(score: Score, values: Values, unknown: list[str]) -> Assessment:
    items = tuple(
        ItemPoints(text=item.text, low=low, high=high, names=item.names())
        for item in score.items
        for low, high in (item.points(values),)
    )
    missing = unknown + [n for item in items if item.low != item.high for n in item.names if n not in values]
    low, high = (score.constant + sum(points) for points in zip(*((i.low, i.high) for i in items), strict=True))
    return Assessment(
        score=score,
        missing=tuple(dict.fromkeys(missing)),
        items=items,
        total=(low, high),
        bands=_bands(score, low, high),
    )


def _compute(score: Score, values: Values, unknown: list[str]) -> Assessment:
    models = [m for m in score.models if hold_all(m.when, values) is not False]
    missing = unknown + [c.name for m in models for c in m.when if c.name not in values]
    missing += [n for m in models for s in m.summands for n in s.missing(values)]
    if missing or not models:
        return Assessment(score=score, missing=tuple(dict.fromkeys(missing)))
    predictor = models[0].predictor(values)
    if models[0].survival is not None:
        return Assessment(score=score, risk=100 * (1 - models[0].survival ** math.exp(predictor)))
    total = min(max(float(round(predictor)) if score.is_rounded else predictor, score.least), score.most)
    return Assessment(score=score, total=(total, total), bands=_bands(score, total, total))


def _bands(score: Score, low: float, high: float) -> tuple[Band, ...]:
    return tuple(b for b in score.bands if b.low <= high and low <= b.high)
