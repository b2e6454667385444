"""Phrases that no bag of words can tell: where the form of a word counts, its company, or words that stand far apart.

Promise: a small table of patterns, each of one meaning: "her hair is thinning" is hair loss and no thin hair, "gets up
three times a night to pee" is nocturia, "is tired" is said of a person and "tired of it" is not, and "frequency" beside
dysuria is of urine. What a pattern says takes the place
of the wordings inside it. Deliberately not done here: what a table of wordings can hold (kg/facts/wordings_en.tsv).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from retrieval.cues import SMALL


class FixedPhrase(NamedTuple):
    """Where a phrase stands, and the term that it words."""

    start: int
    end: int
    term_id: str


def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace(" ", r"\s+"))


_BECOMING = (
    r"(?:(?:is|are|was|has|have|been|being|started|begun|began|to|getting|become|becoming|gradually|slowly|also) )*"
)
_TO_URINATE = r"(?:to (?:pee|wee|urinate|void|pass (?:urine|water))|for a (?:pee|wee))"
_A_NIGHT = r"(?:(?:at|each|every|per|a|the|during|in) )+night"
_WORDS = r"(?:[^\s.,;]+ )"
_ABDOMEN_IS = (
    r"(?:(?:is|was|felt|feels|appears|became|board-?like|tender|tense|distended|firm|hard|and|very|diffusely|generally)"
    r"[\s,]+){0,5}"
)
_BEING = r"(?:am|[’']m|is|was|are|were|been|feels?|felt|feeling|gets?|got|getting|becomes?|became|looks?|looked|seems?)"
_MORE = r"(?:always|very|so|too|more|quite|rather|really|extremely|often|also|just|both|generally|increasingly|and)"
_STATE = r"(?:pale|weak|dizzy|thirsty|hungry|sad|ill|unwell|sick|cold|irritable|anxious|confused|breathless|feverish)"


def _said_of_somebody(adjective: str) -> tuple[str, ...]:
    """An adjective that a sentence says of a person ("is pale and tired", "tired, dizzy"), not "tired of it"."""
    word = rf"(?P<said>{adjective})\b(?! (?:of|by|with)\b)"
    return (
        rf"(?:(?:\b|(?<=[’'])){_BEING} (?:{_MORE} ){{0,3}}|\b(?:always|very|so|too) ){word}",
        rf"\b{_STATE}(?:,|,? and) (?:{_MORE} ){{0,2}}{word}",
        rf"(?:^|(?<=[.;:\n])) ?{word}(?=\s*(?:$|[,.;]|and\b|all\b|for\b|since\b))",
    )


_ARM = r"(?:arm|hand|upper limb|upper extremity)"
_LEG = r"(?:leg|foot|lower limb|lower extremity)"
_THE = r"(?:(?:the|his|her|my|their) )?"
_ONE_SIDE = (
    rf"(?:left|right) (?:{_ARM} and {_THE}(?:(?:left|right) )?{_LEG}|{_LEG} and {_THE}(?:(?:left|right) )?{_ARM})"
)
_COUNTED = (
    r"(?:\d+(?:[.,]\d+)?(?: ?(?:-|–|to) ?\d+)?|two|three|four|five|six|seven|eight|nine|ten|fifteen|twenty|several|"
    r"many)"
)
_OF_WEIGHT = (
    rf"(?:(?:about|around|nearly|almost|over|some|approximately|more than|up to) )?{_COUNTED} ?"
    r"(?:kg|kgs|kilo(?:gram)?s?|lbs?|pounds?|stone)\b"
)
# A word that must be in the text for the patterns to be looked for, the patterns, and the term.
_TABLE: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (
        "thinn",
        (
            rf"\bhair(?: on (?:(?:the|his|her|my|top) )*\w+)? {_BECOMING}(?:thinning|thinned|thinner)\b",
            r"\bthinning (?:(?:of|the|his|her|my|their|scalp|head) )*hair\b",
        ),
        "HP:0001596",  # Alopecia
    ),
    (
        "night",
        (
            (
                r"\b(?:gets?|getting|got|have|has|having|wakes?|waking|woken?|wakens?|rises?|up) "
                rf"{_WORDS}{{0,6}}?{_A_NIGHT} {_WORDS}{{0,4}}?{_TO_URINATE}\b"
            ),
            rf"\b(?:gets?|getting|have|has|having) {_WORDS}?{_TO_URINATE} {_WORDS}{{0,4}}?{_A_NIGHT}\b",
        ),
        "HP:0000017",  # Nocturia
    ),
    ("n/v", (r"\bn(?=/v\b)",), "HP:0002018"),  # Nausea
    ("n/v", (r"(?<=\bn/)v\b",), "HP:0002013"),  # Vomiting
    ("n/v/d", (r"(?<=\bn/v/)d\b",), "HP:0002014"),  # Diarrhea
    ("loc", (r"\bloc\b(?:(?<=no loc)|(?<=brief loc)|(?<=with loc)|(?<=denies loc)|(?<=without loc))",), "HP:0007185"),
    (" tr", (r"\b(?:mild|moderate|severe) (?:to \w+ )?tr\b",), "HP:0005180"),  # Tricuspid regurgitation
    (" ar", (r"\b(?:mild|moderate|severe) (?:to \w+ )?ar\b",), "HP:0001659"),  # Aortic regurgitation
    (
        "rigid",
        (
            rf"\babdomen[\s:]+{_ABDOMEN_IS}rigid\b(?=\s*(?:$|[,;.)]|and\b|with\b|on\b))",
            r"\brigid[\s,]+(?:(?:and|tender|distended|tense|silent)[\s,]+){1,3}abdomen\b",
        ),
        "HP:0032545",  # Abdominal rigidity
    ),
    (
        "toe",
        (
            (
                r"\b(?:big|great) toe (?:is|was|became|went) (?:(?:very|so|all|red|hot|swollen|painful|and)[\s,]+){1,6}"
                r"(?:hot|swollen|painful)\b"
            ),
        ),
        "HP:0001854",  # Podagra
    ),
    (
        "not walking",
        (
            (
                r"\bnot walking\b(?=\s*(?:$|[,;.)]|and\b|or\b|now\b|any ?more\b))(?<!when not walking)"
                r"(?<!while not walking)(?<!if not walking)(?<!still not walking)"
            ),
        ),
        "HP:0002540",  # Inability to walk
    ),
    (
        "walking",
        (
            r"\b(?:not yet|still not|still isn['’]t) walking\b",
            r"(?:\bnot|n['’]t) walking (?:yet\b|(?:at|by) (?:the )?(?:age (?:of )?)?\d+\b)",
        ),
        "HP:0031936",  # Delayed ability to walk
    ),
    ("tired", _said_of_somebody("tired"), "HP:0012378"),  # Fatigue
    ("exhausted", _said_of_somebody("exhausted"), "HP:0012378"),
    ("sleepy", _said_of_somebody("sleepy"), "HP:0002329"),  # Drowsiness
    ("nervous", _said_of_somebody("nervous"), "HP:0000739"),  # Anxiety
    (
        "limp",
        (r"\b(?:went|goes|go|going|gone|became|becomes|become|turned|is|was|feels?|felt|all) (?:completely )?limp\b",),
        "HP:0001252",  # Hypotonia
    ),
    ("los", (rf"\b(?:lost|loses?|losing|loss of) {_OF_WEIGHT}",), "HP:0001824"),  # Weight loss
    ("gain", (rf"\b(?:gain(?:ed|s|ing)?|gain of) {_OF_WEIGHT}",), "HP:0004324"),  # Increased body weight
    ("runs", (r"\bthe runs\b",), "HP:0002014"),  # Diarrhea
    (
        "a temperature",
        (r"\b(?:has|had|have|having|running|runs|ran|with) a temperature\b(?! of\b)",),
        "HP:0001945",  # Fever
    ),
    (
        "fit",
        (r"\b(?:has|had|have|having) (?:(?:a|another|two|three|several|many) )?fits?\b(?! (?:of|in|for|into)\b)",),
        "HP:0001250",  # Seizure
    ),
    (
        "weak",
        (
            rf"\b{_ONE_SIDE} (?:(?:has|have|{_BEING}|{_MORE}|suddenly) ){{1,4}}weak(?:er)?\b",
            rf"\bweakness (?:of|in) {_THE}{_ONE_SIDE}\b",
            rf"\bweak {_ONE_SIDE}\b",
            rf"\b{_ONE_SIDE} weakness\b",
        ),
        "HP:0001269",  # Hemiparesis
    ),
    (" move ", (rf"\b(?:cannot|can[’']t|could not|couldn[’']t) move {_THE}{_ONE_SIDE}\b",), "HP:0001269"),
)
# One white space each here: a look-behind has a fixed width.
_PATTERNS = [
    (word, [re.compile(pattern.replace(" ", r"\s")) for pattern in patterns], term_id)
    for word, patterns, term_id in _TABLE
]
_OF_URINE = {
    "frequency": "HP:0100515",  # Pollakisuria
    "urgency": "HP:0000012",  # Urinary urgency
    "hesitancy": "HP:0000019",  # Urinary hesitancy
}
_URINARY = (
    r"(?:dysuria|nocturia|frequency|urgency|hesitancy|dribbling|(?:poor|weak|slow) (?:urinary |urine )?stream|"
    r"ha?ematuria|urin\w+|(?:pass|peeing|micturition|voiding)\w*)"
)
# As a member of a list: "dysuria, frequency and urgency"; "seizure frequency" and "frequency of seizures" are not.
_MEMBER = _compile(
    r"(?:^|(?<=[,;:(/&.\n])|(?<=\band)|(?<=\bor)|(?<=\bwith)|(?<=\bno)|(?<=\bhas)|(?<=\bhad))\s*"
    r"\b(?P<word>frequency|urgency|hesitancy)\b(?=\s*(?:$|[,;.)/&\n]|and\b|or\b))"
)
_JOINED = r"\s*(?:,|/|&|\band\b|\bor\b)(?:\s*(?:and|or)\b)?\s*"
_AFTER = _compile(rf"{_JOINED}(?:\w+ ){{0,2}}?{_URINARY}\b")
_BEFORE = _compile(rf"\b{_URINARY}(?: \w+)?{_JOINED}$")
_OF_STOOL = re.compile(r"diarrh|stool|bowel|defec|f(?:a)?ec")
_REACH = 60  # characters on either side
# Signs of inflammation, two of them and more: "her lower leg is red, hot and swollen". One alone says too little.
_SIGN = r"(?:red|reddened|hot|warm|swollen|painful|sore|tender|inflamed|throbbing)"
_INFLAMED = _compile(
    rf"\b{_SIGN}(?:(?:,|\band\b|\s|\b(?:very|so|slightly|quite|more)\b)+{_SIGN}\b)+"
    r"(?! (?:\w+ )?(?:lymph|nodes?|glands?|joints?)\b)"
)
_OF_SIGNS = re.compile(r"(?P<red>red(?:dened)?)|(?P<swollen>swollen)|(?P<painful>painful|sore|throbbing)")
_MARKS = ("swollen", "painful", " red")  # one of which most such runs have
_BY_SIGN = {
    "red": "HP:0010783",  # Erythema
    "swollen": "HP:0000969",  # Edema
    "painful": "HP:0012531",  # Pain
}


def find_fixed_phrases(text: str) -> tuple[FixedPhrase, ...]:
    """The phrases of a text, in order of their start."""
    small = text.translate(SMALL)
    found = [
        FixedPhrase(*match.span("said" if "said" in pattern.groupindex else 0), term_id)
        for word, patterns, term_id in _PATTERNS
        if word in small
        for pattern in patterns
        for match in pattern.finditer(small)
    ]
    if any(word in small for word in _OF_URINE):
        found += _urinary(small)
    if any(word in small for word in _MARKS):
        found += [sign for sign in _inflamed(small) if not any(f.start <= sign.start < f.end for f in found)]
    return tuple(sorted(found))


def _inflamed(small: str) -> Iterator[FixedPhrase]:
    for run in _INFLAMED.finditer(small):
        for sign in _OF_SIGNS.finditer(small, *run.span()):
            yield FixedPhrase(*sign.span(), _BY_SIGN[str(sign.lastgroup)])


def _urinary(small: str) -> Iterator[FixedPhrase]:
    for match in _MEMBER.finditer(small):
        start, end = match.span("word")
        first, last = max(0, start - _REACH), end + _REACH
        if _OF_STOOL.search(small, first, last):
            continue
        if _AFTER.match(small, end, last) or _BEFORE.search(small[first:start]):
            yield FixedPhrase(start, end, _OF_URINE[match["word"]])
