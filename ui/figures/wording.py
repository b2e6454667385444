"""How a figure speaks: labels of terms, its own text in the reader's language, likelihood ratios as factors.

Promise: what ``factor`` shows is the number rounded to two digits, never a judgement.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from kg.schema import Finding, Match
from kg.translations import Language
from ui.figures.chinese import CHINESE
from ui.figures.spanish import SPANISH

TEXTS: Mapping[Language, Mapping[str, str]] = {
    Language.ENGLISH: {},
    Language.SPANISH: SPANISH,
    Language.CHINESE: CHINESE,
}
"""The figures' own text in each language, by its English wording."""
_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_MATCHES = {
    (Match.EXACT, False): "annotated",
    (Match.SPECIFIC, False): "a more specific term is annotated",
    (Match.GENERAL, False): "only a more general term is annotated",
    (Match.CONTRADICTED, False): "reported absent in others with it",
    (Match.UNEXPLAINED, False): "not annotated",
    (Match.CONTRADICTED, True): "reported present in others with it",
    (Match.AGREED_ABSENT, True): "reported absent in others with it, too",
    (Match.NEUTRAL, True): "not annotated",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What a figure says, and in which language."""

    term: Callable[[str], str]
    """Label of an HPO id."""
    say: Callable[[str], str] = str
    """A figure's own English text in the reader's language; ``TEXTS`` has all of it."""

    def finding(self, finding: Finding) -> str:
        """Label of a finding; an excluded one is marked."""
        label = self.term(finding.term_id)
        return self.say("{finding} (excluded)").format(finding=label) if finding.excluded else label

    def listed(self, names: Iterable[str]) -> str:
        """Names one after the other."""
        return self.say(", ").join(names)

    def match(self, match: Match, *, excluded: bool) -> str:
        """How a finding relates to what is annotated."""
        return self.say(_MATCHES[match, excluded])


def factor(log_lr: float) -> str:
    """A natural-log likelihood ratio as ``×180`` (makes likelier) or ``÷6.2`` (less likely), to two digits."""
    decades = abs(log_lr) / math.log(10)
    sign = "×" if log_lr >= 0 else "÷"
    if decades >= 5:
        mantissa, _, exponent = f"{10 ** (decades % 1):.0e}".partition("e")
        power = str(int(decades) + int(exponent)).translate(_SUPERSCRIPT)
        return f"{sign}10{power}" if mantissa == "1" else f"{sign}{mantissa}·10{power}"
    ratio = float(f"{10**decades:.2g}")
    return "×1" if ratio == 1 else f"{sign}{ratio:,.10g}"
