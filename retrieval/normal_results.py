"""Normal results: what a text says to be healthy, as the abnormality that it rules out.

Promise: "hearing was normal", "normal tone and reflexes", "Reflexes: normal" and "afebrile" each give the term that is
the abnormality, with the words that say so. Which term that is, the lexicon answers: it is asked for "abnormal X" and
"abnormal circulating X concentration". Only where people name a thing in other words than its abnormality does a small
table of the project's own say what to ask for. Whole organ systems are not ruled out by one normal look.
Deliberately not done here: numbers (``retrieval.measurements``), whose result it is (``retrieval.context``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from retrieval.cues import SMALL
from retrieval.lexicon import Lexicon, Mention

_REACH = 160  # characters that a list may take before or after "normal"
_LONGEST_NAME = 50  # characters of what a result may be called
_REACH_TO_THING = 80  # characters of "were all reported to be"

# What is looked at -> what to ask the lexicon for; the project's own facts.
_ASKED_FOR = {
    asked: told
    for told, names in {
        "hearing impairment": "hearing|audiogram|audiometry|hearing test|hearing screen|hearing evaluation|audition",
        "visual impairment": "vision|visual acuity|eyesight|visual function",
        "intellectual disability": "intelligence|intellect|cognition|mental development|intellectual development|"
        "cognitive development|cognitive function|cognitive abilities|intellectual function|iq",
        "global developmental delay": "development|developmental milestones|milestones|psychomotor development|"
        "early development|neurodevelopment|developmental history",
        "motor delay": "motor development|motor milestones|gross motor development",
        "delayed speech and language development": "speech development|language development",
        "muscle weakness": "strength|muscle strength|motor strength|power|muscle power|motor function",
        "abnormal muscle tone": "tone|muscle tone",
        "abnormal reflex": "deep tendon reflexes|tendon reflexes|dtrs|reflexes",
        "sensory impairment": "sensation|sensory function",
        "incoordination": "coordination",
        "skeletal muscle atrophy": "muscle bulk",
        "brain imaging abnormality": "brain mri|cranial mri|mri brain|mri of brain|head mri|brain magnetic resonance "
        "imaging|brain imaging|neuroimaging|head ct|brain ct|cranial ct|ct head|ct of head|cerebral mri|brain scan",
        "abnormal EKG": "ecg|ekg|electrocardiogram|electrocardiography",
        "EEG abnormality": "eeg|electroencephalogram|electroencephalography",
        "EMG abnormality": "emg|electromyography",
        "abnormal heart morphology": "echocardiogram|echocardiography|cardiac ultrasound|cardiac echo",
        "abnormal renal morphology": "renal ultrasound|kidney ultrasound|renal ultrasonography|renal sonography",
        "abnormal electroretinogram": "erg|electroretinogram|electroretinography",
        "abnormal fundus morphology": "fundoscopy|funduscopy|fundoscopic examination|funduscopic examination|"
        "ophthalmoscopy|fundus examination|fundi|fundus",
        "abnormality of body height": "height|stature|length|body height",
        "abnormality of body weight": "weight|body weight",
        "abnormality of skull size": "head circumference|ofc|occipitofrontal circumference|head size",
        "abnormal external genitalia": "genitalia|external genitalia",
        "abnormal facial shape": "facial features|facial appearance|face|facies",
        "increased blood pressure": "blood pressure",
        "fever": "temperature|body temperature",
        "dysphagia": "swallowing",
        "poor appetite": "appetite",
        "delayed puberty": "puberty|pubertal development",
        "hyperammonemia": "ammonia",
        "increased circulating lactate concentration": "lactate|serum lactate|blood lactate",
        "elevated circulating hepatic transaminase concentration": "transaminases|aminotransferases|lfts",
        "abnormal circulating creatine kinase concentration": "ck|cpk|creatine kinase|serum creatine kinase",
        "abnormal leukocyte count": "wbc|white count|leukocytes|white cell count|white blood cells",
        "abnormal platelet count": "platelets|thrombocytes",
        "anemia": "hemoglobin|haemoglobin",
        "": "heart|cardiac|lungs|lung|pulmonary|heart rate|pulse|pulse rate|brain|neck|pregnancy|chest|abdomen|"
        "examination|range|limits|limit|saline|vital signs|vitals|birth|delivery|result|results|findings|"
        "breathing|respiration|respirations|movement|voice|pressure|life|function|urine|color",
    }.items()
    for asked in names.split("|")
}
# One word says that something is normal.
_TELLING_WORDS = {
    "afebrile": "fever",
    "apyrexial": "fever",
    "normotensive": "increased blood pressure",
    "normocephalic": "abnormality of skull size",
    "nondysmorphic": "abnormal facial shape",
    "non-dysmorphic": "abnormal facial shape",
    "anicteric": "jaundice",
    "acyanotic": "cyanosis",
    "euthyroid": "abnormality of thyroid physiology",
    "normoglycemic": "abnormal blood glucose concentration",
    "euglycemic": "abnormal blood glucose concentration",
}
# Children of "Phenotypic abnormality", and what is nearly as wide: one normal look does not rule out all of it.
_TOO_WIDE = frozenset(
    f"HP:{n}"
    for n in re.findall(
        r"\d+",
        "0000118 0000119 0000152 0000478 0000598 0000707 0000769 0000818 0001197 0001507 "
        "0001574 0001608 0001626 0001871 0001939 0002086 0002664 0002715 0025031 0025142 "
        "0025354 0033127 0040064 0045027 0000951 0012372 0012373 0011446 0012638 0012639 "
        "0000924 0003011 0000234 0011842 0001438 0010978 0025461 ",
    )
)

_BE = (
    r"(?:is|are|was|were|has been|have been|had been|appears?|appeared|(?:has |have )?"
    r"remain(?:s|ed)|seem(?:s|ed)|looks?|looked|being)"
)
_HOW = (
    r"(?:(?:also|all|both|otherwise|completely|entirely|grossly|within|bilaterally|essentially|consistently|always|"
    r"repeatedly|reported|to|be)\s+)*"
)
_NORMAL = re.compile(
    r"(?:(?:within\s+)?(?:the\s+)?(?:normal|reference)\s+(?:limits|range)|(?P<normal>normal(?!\s+(?:for|until|saline|pressure))|"
    r"unremarkable|intact|preserved)|wnl|unaffected|age[- ]appropriate|unimpaired)\b"
)
_SAID_OF = re.compile(rf"(?<=[\w,)])(?:\s+{_BE}\s+{_HOW}|\s*[(:–-]\s*{_HOW}|(?P<bare>\s+))$", re.IGNORECASE)
_ANY_OF = (
    *(
        "normal",
        "unremarkable",
        "intact",
        "preserved",
        "wnl",
        "unaffected",
        "appropriate",
        "unimpaired",
        "milestones",
        "reference",
    ),
    *_TELLING_WORDS,
    "5/5",
    "oriented",
    "anomal",
    "patholog",
)
# "Echocardiography showed no structural abnormality", "brain MRI did not reveal any abnormality".
_SHOWED_NONE = re.compile(
    r"\s+(?:has\s|have\s|had\s)?(?:(?:showed|shown|shows|revealed|disclosed|demonstrated|detected|indicated)\sno|"
    r"(?:did\snot|does\snot|failed\sto)\s(?:show|reveal|demonstrate|disclose|detect)(?:\sany)?|(?:was|were)\swithout)\s"
    r"(?:(?:obvious|structural|significant|major|specific|clinically|relevant|evidence\sof|signs\sof|gross|focal|"
    r"apparent|functional|any)\s)*(?:abnormalit(?:y|ies)|anomal(?:y|ies)|pathology|malformations?|abnormal\sfindings)\b"
)
# "The spleen was not enlarged": no "enlarged spleen".
_NOT_SO = re.compile(
    r"\s+(?:is|are|was|were|has\sbeen|have\sbeen|had\sbeen|appear(?:s|ed)?)\snot\s"
    r"(?:(?:to\sbe|been|clinically|significantly|markedly|obviously)\s)*"
    r"(?P<quality>(?!the\b|an?\b)[a-z][a-z-]+(?:\s(?:rotated|set|spaced))?)\b"
)
_INVOLVED = ("affected", "involved", "impaired")  # of anything
_END = re.compile(r"\s*(?:[,.;)\n]|$)")
_ONE_OF_TWO = re.compile(r"\b(?:left|right|other|contralateral|remaining|one)\b")  # says nothing of the whole
# What follows in the next line is a thing of its own there ("WBC: normal\nPlatelets: normal").
_THING = re.compile(r"\s+(?<!\n)(?!\s*\n)(?!(?:and|or|but|in|at|on|for|by|to|with|until)\b)(?=\w)")
_WORD_THAT_TELLS = re.compile("|".join(_TELLING_WORDS))
# Said by a verb: "met all milestones", "developed normally".
_MILESTONES = re.compile(
    r"\b(?:(?:meets?|meeting|met|reached|achieved|attained)\s+(?:all\s+|of\s+|(?:his|her|the)\s+|developmental\s+|motor\s+|"
    r"early\s+|age-appropriate\s+)*milestones|(?:developed|developing|develops)\s+normally)\b"
    r"(?!\s+(?:late|slowly|with|until|up\s+to|before|at\s+birth))"
)
# Phrases of an examination, and what they rule out.
_TELLING_PHRASES = (
    (
        re.compile(r"\b(?:muscle |motor )?(?:strength|power)(?: (?:is|was|of|at|graded|rated)){0,2}:? 5/5\b"),
        "muscle weakness",
    ),
    (re.compile(r"\b5/5 (?:muscle |motor )?(?:strength|power)\b"), "muscle weakness"),
    (
        re.compile(
            r"\balert (?:and|&) (?:fully )?oriented\b(?! (?:only|x ?[12]\b|times [12]\b|to person (?:only|but)))"
        ),
        "confusion",
    ),
)
_NOT = re.compile(
    r"(?:\b(?:compared\s(?:with|to)|not|never|nearly|almost|near|sub|low|high|above|below|than|until|previously|initially|return\w*|became|"
    r"close|upper|lower|limits?)|n['’]t)[\s-]+(?:\w+\s+)?$",
    re.IGNORECASE,
)
# Was so for a time, or in part: it says nothing of the patient as he is.
_FOR_A_TIME = re.compile(
    r"\b(?:until|up to|before|prior|initial(?:ly)?|previous(?:ly)?|early|first|birth|at that time|apart from|except|"
    r"at \w+ (?:weeks|months|years)|infancy|followed by|then)\b",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(
    r"[.;:!?\n()\[\]]|\b(?:but|with|which|who|that|and (?:his|her|the)|showed|revealed|had|has|was|were|is|are)\b"
)
_JOINT = re.compile(r"\s*(?:,\s*(?:and|or)?|\b(?:and|or|as well as)\b|/)\s*", re.IGNORECASE)
_AFTER = re.compile(
    r"\s+(?:in|at|on|for|by|since|during|over|bilaterally|without|throughout)\b.*$", re.IGNORECASE | re.DOTALL
)
_DETERMINER = r"(?:the|a|an|his|her|their|its|both|all|including|serum|plasma|blood|bilateral|overall)"
_FILLING = re.compile(rf"(?:{_DETERMINER}\s+)+", re.IGNORECASE)
_SUBJECT = re.compile(rf".*\b{_DETERMINER}\s+", re.IGNORECASE | re.DOTALL)


def find_normal_results(text: str, lexicon: Lexicon) -> tuple[Mention, ...]:
    """Abnormalities that the text rules out by saying that something is normal, in order of their start.

    Each is the term that is ruled out, with the offsets of the words from the thing to "normal".
    """
    small = text.translate(SMALL)
    found = list(_results(text, small, lexicon)) if any(word in small for word in _ANY_OF) else []
    for match in _NOT_SO.finditer(small) if " not" in small else ():
        found += _qualities_denied(text, match, lexicon)
    unique = {(m.start, m.end): m for m in reversed(found)}
    return tuple(sorted(unique.values(), key=lambda m: (m.start, m.end, m.term_id)))


def _results(text: str, small: str, lexicon: Lexicon) -> Iterator[Mention]:
    yield from _single_words(text, small, lexicon)
    for match in _MILESTONES.finditer(small):
        term_id = _term("global developmental delay", lexicon)
        if term_id and not _NOT.search(text, max(0, match.start() - 20), match.start()):
            yield Mention(term_id=term_id, start=match.start(), end=match.end())
    for phrase, told in _TELLING_PHRASES:
        term_id = _term(told, lexicon)
        for match in phrase.finditer(small):
            if term_id and not _NOT.search(text, max(0, match.start() - 20), match.start()):
                yield Mention(term_id=term_id, start=match.start(), end=match.end())
    for match in _NORMAL.finditer(small):
        if text[match.start() - 1 : match.start()].isalnum():
            continue  # "abnormal"
        said = _SAID_OF.search(text, max(0, match.start() - _REACH_TO_THING), match.start())
        if said and (not said["bare"] or _END.match(text, match.end())):
            yield from _things_before(text, said.start(), match.end(), lexicon)
        if match["normal"] and (thing := _THING.match(small, match.end())):
            yield from _things_after(text, match.start(), thing.end(), lexicon)
    for match in _SHOWED_NONE.finditer(small):
        yield from _things_before(text, match.start(), match.end(), lexicon)


def _single_words(text: str, small: str, lexicon: Lexicon) -> Iterator[Mention]:
    for match in _WORD_THAT_TELLS.finditer(small):
        term_id = _term(_TELLING_WORDS[match[0]], lexicon)
        if term_id and not _NOT.search(text, max(0, match.start() - 20), match.start()):
            yield Mention(term_id=term_id, start=match.start(), end=match.end())


def _things_before(text: str, end: int, end_of_result: int, lexicon: Lexicon) -> Iterator[Mention]:
    """Hearing and vision were normal."""
    start = _clause_start(text, end)
    if _is_for_a_time(text, start, end_of_result):
        return
    for first, last in _items(text, start, end):
        if named := _named(text, first, last, lexicon, _SUBJECT):
            yield Mention(term_id=named[2], start=named[0], end=end_of_result if last == end else named[1])


def _qualities_denied(text: str, said: re.Match[str], lexicon: Lexicon) -> Iterator[Mention]:
    """Liver and spleen were not enlarged."""
    quality, end = " ".join(said["quality"].split()), said.start()
    start = _clause_start(text, end)
    if _is_for_a_time(text, start, said.end()):
        return
    for first, last in _items(text, start, end):
        lead = _SUBJECT.match(text, first, last)
        for begin in (first, *((lead.end(),) if lead else ())):
            thing = " ".join(text[begin:last].split()).casefold()
            if not thing or len(thing) > _LONGEST_NAME:
                continue
            whole = _ruled_out_by(thing, lexicon) if quality in _INVOLVED else None
            term_id = whole or _term(f"{quality} {thing}", lexicon)
            if term_id and (whole or term_id != lexicon.term_named(thing)):  # "usually" adds nothing to a finding
                yield Mention(term_id=term_id, start=begin, end=said.end() if last == end else last)
                break


def _things_after(text: str, start_of_result: int, start: int, lexicon: Lexicon) -> Iterator[Mention]:
    """Normal hearing and vision."""
    if _NOT.search(text, max(0, start_of_result - 20), start_of_result):
        return
    end = _clause_end(text, start, _REACH)
    if _is_for_a_time(text, start, end):
        return
    for first, last in _items(text, start, end):
        named = _named(text, first, last, lexicon, _FILLING)
        if named is None:
            break  # the list of normal things is over
        yield Mention(term_id=named[2], start=start_of_result if first == start else named[0], end=named[1])


def _clause_start(text: str, end: int) -> int:
    start = max(0, end - _REACH)
    return max((stop.end() for stop in _CLAUSE_END.finditer(text, start, end)), default=start)


def _clause_end(text: str, start: int, reach: int) -> int:
    stop = _CLAUSE_END.search(text, start, start + reach)
    return stop.start() if stop else min(len(text), start + reach)


def _is_for_a_time(text: str, start: int, end: int) -> bool:
    return bool(_FOR_A_TIME.search(text, start, _clause_end(text, end, _REACH)))


def _items(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The parts of a list, in order, without the white space around them."""
    joints = [m.span() for m in _JOINT.finditer(text, start, end)]
    starts = [start, *(last for _, last in joints)]
    ends = [*(first for first, _ in joints), end]
    for first, last in zip(starts, ends, strict=True):
        item = text[first:last]
        if item.strip():
            first += len(item) - len(item.lstrip())
            yield first, first + len(item.strip())


def _named(text: str, start: int, end: int, lexicon: Lexicon, lead: re.Pattern[str]) -> tuple[int, int, str] | None:
    """What a part of a list names, if it is something known: its offsets and the term that is ruled out.

    Only the ``lead`` may stand before the name and no other word, since "birth weight" is not "weight".
    """
    cut = _AFTER.search(text, start, end)
    end = cut.start() if cut else end
    starts = [start, *(m.end() for m in (lead.match(text, start, end),) if m)]
    for first in starts:
        if term_id := _ruled_out_by(" ".join(text[first:end].split()).casefold(), lexicon):
            return first, end, term_id
    return None


def _ruled_out_by(name: str, lexicon: Lexicon) -> str | None:
    """The term that a normal X rules out."""
    name = re.sub(r"\b(?:the|his|her) ", "", name)
    if len(name) > _LONGEST_NAME or _ONE_OF_TWO.search(name):
        return None
    told = _ASKED_FOR.get(name)
    if told is not None:
        return _term(told, lexicon)
    questions = (
        f"abnormal {name}",
        f"abnormal circulating {name} concentration",
        f"abnormal blood {name} concentration",
    )
    return next((t for t in (_term(q, lexicon) for q in questions) if t), None)


def _term(wording: str, lexicon: Lexicon) -> str | None:
    term_id = lexicon.term_named(wording)
    return None if term_id in _TOO_WIDE else term_id
