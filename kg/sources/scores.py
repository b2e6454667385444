"""The project's own records of published scores (TOML) -> ``Score`` and ``ScoreInput``.

``inputs.toml`` has every question once, the other files one score each. Numbers are taken from the cited publication.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from kg.conditions import Conditions, parse_conditions
from kg.errors import SourceError, UnknownIdError, reason_of
from kg.scores import (
    Band,
    InputKind,
    Item,
    Model,
    Publication,
    Rule,
    Score,
    ScoreInput,
    Summand,
)

BUNDLED = Path(__file__).parents[1] / "facts" / "scores"
_INPUTS = "inputs.toml"


class ScoreTable:
    """All scores and what they ask.

    Args:
        inputs: by name.
        scores: by id.

    Raises:
        ValueError: a score asks what is no input, or compares an input with a value that it cannot have.
    """

    def __init__(self, inputs: Mapping[str, ScoreInput], scores: Mapping[str, Score]) -> None:
        self.inputs = dict(inputs)
        self.scores = dict(scores)
        for score in self.scores.values():
            if strangers := set(score.names()) - set(self.inputs):
                raise ValueError(f"{score.score_id} asks for {', '.join(sorted(strangers))}, which is no input")
            for condition in score.conditions():
                if not self.inputs[condition.name].can_be_held_against(condition):
                    expected = self.inputs[condition.name].expected
                    raise ValueError(f"{score.score_id} asks whether {condition}, and {condition.name} is {expected}")

    def score(self, name: str) -> Score:
        """A score by id or name, whatever the case. Raises UnknownIdError."""
        wanted = name.strip().casefold()
        for score in self.scores.values():
            if wanted in (score.score_id.casefold(), score.name.casefold()):
                return score
        raise UnknownIdError(f"{name!r} is none of the scores {', '.join(self.scores)}")

    def input(self, name: str) -> ScoreInput:
        """An input by name. Raises UnknownIdError."""
        if name not in self.inputs:
            raise UnknownIdError(f"{name!r} is nothing that a score asks for; citedx risk --list shows what they ask")
        return self.inputs[name]


@cache
def load_scores(folder: Path = BUNDLED) -> ScoreTable:
    """Read a folder of scores. Raises SourceError."""
    try:
        inputs = {name: _input(name, row) for name, row in _read(folder / _INPUTS).items()}
        files = sorted(p for p in folder.glob("*.toml") if p.name != _INPUTS)
        return ScoreTable(inputs, {p.stem: _score(p.stem, _read(p)) for p in files})
    except ValueError as error:
        raise SourceError(f"the scores in {folder} cannot be read: {error}") from error


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SourceError(f"cannot read {path}: {reason_of(error)}") from error


def _input(name: str, row: Mapping[str, Any]) -> ScoreInput:
    try:
        known = {key: row[key] for key in ("unit", "least", "most", "circumstance", "measured", "factor") if key in row}
        return ScoreInput(
            name=name,
            label=row["label"],
            kind=InputKind(row["kind"]),
            choices=tuple(row.get("choices", ())),
            term_ids=tuple(row.get("terms", ())),
            other_units=tuple(row.get("other_units", {}).items()),
            **known,
        )
    except KeyError as error:
        raise ValueError(f"the input {name} has no {error}") from error


def _score(score_id: str, row: Mapping[str, Any]) -> Score:
    try:
        publication = Publication(**row["publication"])
        return Score(
            score_id=score_id,
            name=row["name"],
            predicts=row["predicts"],
            population=row["population"],
            offered_for=tuple(row["offered_for"]),
            holds=_all(row["holds"]),
            items=tuple(Item(text=i["text"], rules=tuple(_rule(r) for r in i["rules"])) for i in row.get("items", ())),
            models=tuple(_model(m) for m in row.get("models", ())),
            constant=row.get("constant", 0.0),
            bands=tuple(_band(b) for b in row.get("bands", ())),
            is_rounded=row.get("rounded", False),
            **{limit: row[limit] for limit in ("least", "most") if limit in row},
            publication=publication,
            risk_publication=Publication(**row["risk_publication"]) if "risk_publication" in row else publication,
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"the score {score_id} lacks or has what it should not: {error}") from error


def _all(texts: list[str]) -> Conditions:
    return tuple(c for text in texts for c in parse_conditions(text))


def _rule(row: Mapping[str, Any]) -> Rule:
    return Rule(when=parse_conditions(row["when"]), points=row["points"])


def _model(row: Mapping[str, Any]) -> Model:
    return Model(
        when=parse_conditions(row.get("when", "")),
        constant=row["constant"],
        survival=row.get("survival"),
        summands=tuple(_summand(t) for t in row["terms"]),
    )


def _summand(row: Mapping[str, Any]) -> Summand:
    known = {key: row[key] for key in ("value", "log", "at_least", "at_most") if key in row}
    return Summand(
        name=row.get("input", ""), coefficient=row["coefficient"], when=parse_conditions(row.get("when", "")), **known
    )


def _band(row: Mapping[str, Any]) -> Band:
    interval = row.get("interval")
    return Band(
        low=row["from"],
        high=row["to"],
        label=row.get("label", ""),
        risk=row.get("risk"),
        interval=(interval[0], interval[1]) if interval else None,
        n=row.get("n"),
    )
