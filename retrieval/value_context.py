"""Whether a name and a number in a text are a level of the patient's: whose, of which specimen, a change or a test.

Deliberately not done here: the specimen that a heading names, ranges, units (``retrieval.measurements``).
"""

from __future__ import annotations

import re

# Another's, another specimen's, or a part of another name ("lipoprotein lipase", "RBC folate").
_NOT_THE_PATIENTS = re.compile(
    r"\b(?:fetal|foetal|maternal|donor|urinary|urine|target|mother['’]s|father['’]s|free|pleural|synovial|specific|"
    r"hepatic|liver|tissue|muscle|marrow|brain|hair|nail|salivary|saliva|rbc|erythrocyte|bioavailable|dihydro|"
    r"lipoprotein|lysosomal|acid|endothelial|hormone-sensitive|binding(?: of)?)[\s-]$",
    re.IGNORECASE,
)
_LONGEST_QUALIFIER = 20  # characters looked back over
# "CMV IgM was elevated", "tTG IgA 120 U/mL": what stands before an immunoglobulin that is not an antibody.
_UNQUALIFIED = re.compile(
    r"(?:^|[.,;:(\n/]|\b(?:serum|total|plasma|quantitative|circulating|polyclonal|low|high|normal|elevated|raised|"
    r"decreased|reduced|increased|undetectable|absent|her|his|the|and|or|with|of|in|an?|is|was|were|had|has|have|showed|"
    r"shows|revealed|included|by))\s*$",
    re.IGNORECASE,
)
_ANTIBODY_CLASS = re.compile(r"(?:immunoglobulin\s|Ig)[GAME]", re.IGNORECASE)
_RATIO_WITH = re.compile(r"\bFEV1\s*(?:/|to|and|over)\s*$")
# "FVC fell by 12 %", "eGFR decreased 12 mL/min", "a 15% increase": a change, where percent and rates are read.
_CHANGING = frozenset({"vital capacity", "expiratory volume in one second", "glomerular filtration rate"})
_CHANGE_BEFORE = re.compile(
    r"\b(?:increased|decreased|reduced|raised|a|an)(?:\s(?:by|to\s\d\S*\s?l))?\s?\(?$", re.IGNORECASE
)
_CHANGE_AFTER = re.compile(
    r"\)?\s?(?:per|over|in)\s(?:a\s|one\s|the\s)?(?:year|month)|\)?\s(?:increase|decrease|improvement|decline|fall|drop|"
    r"change|reversibility|loss)",
    re.IGNORECASE,
)
# What a test of a gland gives is not its level: "8 am cortisol 1.0 after 1 mg dexamethasone".
_TESTED = frozenset({"morning cortisol", "cortisol", "growth hormone", "adrenocorticotropic hormone"})
_AROUND = 300  # characters in which a test is looked for, within the sentence
_SENTENCE_END = re.compile(r"\.\s|\n")
_TEST = re.compile(r"dexamethasone|suppress|stimulat|synacthen|cosyntropin|clonidine|glucagon", re.IGNORECASE)
# A pregnant or nursing woman's are high.
OF_PREGNANCY = frozenset({"prolactin", "testosterone", "D-dimer"})
PREGNANT = re.compile(r"\bpregnant|postpartum|lactating|breast-?feeding", re.IGNORECASE)
NEED_UNIT = frozenset({"C3", "C4"})
"""Names that vertebrae, segments and acylcarnitines have too: read with a unit alone."""
_PREDICTED = re.compile(r"\)?\s?(?:of\s)?pred", re.IGNORECASE)


def is_the_patients(text: str, start: int) -> bool:
    """Whether a measurement that begins at ``start`` is the patient's own, of blood or the body."""
    return not _NOT_THE_PATIENTS.search(text, max(0, start - _LONGEST_QUALIFIER), start)


def is_meant(text: str, name: re.Match[str]) -> bool:
    """Whether a name is the patient's analyte, and no part of an antibody's or a ratio's."""
    before = max(0, name.start() - _LONGEST_QUALIFIER)
    if not is_the_patients(text, name.start()):
        return False
    if _ANTIBODY_CLASS.fullmatch(name[0]) and not _UNQUALIFIED.search(text, before, name.start()):
        return False
    return name[0] != "FVC" or not _RATIO_WITH.search(text, before, name.start())


def is_level(text: str, name: re.Match[str], value: re.Match[str], analyte: str) -> bool:
    """Whether a number after a name is a level: no change, no answer to a test, none without its unit.

    Args:
        text: the story.
        name: of what was measured.
        value: the number, in a group ``value``, to its unit.
        analyte: of the row.
    """
    is_of_predicted = _PREDICTED.match(text, value.end())
    if (
        analyte in _CHANGING
        and not is_of_predicted
        and (_CHANGE_BEFORE.search(text, name.end(), value.start("value")) or _CHANGE_AFTER.match(text, value.end()))
    ):
        return False
    if analyte in _TESTED:
        before = _SENTENCE_END.split(text[max(0, name.start() - _AROUND) : name.start()])[-1]
        after = _SENTENCE_END.split(text[name.start() : name.end() + _AROUND])[0]
        if _TEST.search(before) or _TEST.search(after):
            return False
    if analyte == "expiratory ratio" and is_of_predicted:
        return False
    return name[0] not in NEED_UNIT or bool(value["unit"])
