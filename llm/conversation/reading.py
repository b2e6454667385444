"""A message -> what it tells and what it asks, by words alone; what that means: ``llm.conversation.understanding``.

A first message is a story unless it is nothing but questions; later ones may do both: their questions are answered on
the case with what they tell. "What could it be?" after a story asks for what comes anyway, and is no question here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kg.translations import Language
from llm.conversation.case import Case
from llm.conversation.entities import find_entities
from llm.conversation.intents import find_intent
from llm.conversation.schema import OF_A_PATIENT, Function
from llm.conversation.translated_questions import asked_in
from retrieval.context import Temporality
from retrieval.demographics import UNKNOWN as NOBODY
from retrieval.demographics import find_demographics
from retrieval.findings import find_statements

MAX_QUESTIONS = 3
"""Questions of one message that are answered."""
MAX_QUESTION = 600
"""Characters; a longer sentence is a story, whatever ends it."""
_MAX_ASKED = 10
"""A message with more questions is a story: an interview, a form."""
_MAX_ALONE = 2
"""Sentences of a message in which one that only ends like a question counts as one."""

_BREAK = re.compile(r"(?<=[.!?])\s+|\n+|(?<![\s,;])\s+(?=¿)|(?<=[。！？])")
_TURN = re.compile(
    r"[,;–—]\s+(?=(?:(?:and|but|so)\s+)?(?:"
    r"(?:what|why|which|how|could|can|does|do|is|would|should)\b[^.!?]*\?"
    r"|(?:why|how)(?: else)? (?:is|isn't|are|was|do|does|did|doesn't|can|could|should|would|will)\b[^.!?]*)\s*$)",
    re.IGNORECASE,
)
"""Inside a sentence, where it turns into a question: "He also has a cleft palate, why not Marfan?"."""
_PAUSE = re.compile(r"[,;，；]\s*")
"""Where a sentence in another language may turn into one."""
_LEAD = re.compile(
    r"^(?:(?:ok(?:ay)?|and|but|so|then|now|well|hm+|please|thanks?(?: you)?|great|also|right|yes|no|interesting|hi|"
    r"hello)\b[\s,.:!-]*)+",
    re.IGNORECASE,
)
_ADD = re.compile(r"^(?:(?:can|could|would) you )?(?:please )?(?:add|note|record|include|remove)\b", re.IGNORECASE)
_MAX_PHRASE = 8
_FOUND_VARIANTS = re.compile(
    r"^(?!.*\b(?:no|not|without|negative|normal|excluded|father|mother|brother|sister|parents?|maternal\w*|paternal\w*)\b)"
    r".*\b(?:variants?|mutations?|VUS|candidate genes?)\b",
    re.IGNORECASE | re.DOTALL,
)
"""Tells of variants of the patient's own: which of their genes fits is what is asked."""
_OF_SOMEBODY = re.compile(
    r"^(?:he|she|they|it|i|we|you|the|there|his|her|their|my|our|an?|no|not|patient|mother|father|parents?|family|mum|"
    r"mom|dad|brother|sister|sibling|child|baby|boy|girl|man|woman|history)\b",
    re.IGNORECASE,
)
"""Begins a statement about somebody."""
_ASKS = re.compile(
    r"^(?:what|what's|whats|which|why|how|who|whose|whom|compare|explain|describe|define|tell me|show(?: me)?|list|"
    r"give me|find(?: me)?|summari[sz]e|remind me|any|anything|go through|walk me|suppos(?:e|ing)|assum(?:e|ing)|"
    r"imagine|contrast|what if|if|(?:can|could|should|shall|may) (?:i|we)|"
    r"(?:is|are|was|does|do|did|can|could|should|would|will) (?:he|she|it|they|this|that|the patient))\b",
    re.IGNORECASE,
)
"""Begins a question, whatever ends it."""
_INVERTED = re.compile(
    r"^(?:is|are|was|were|isn't|aren't|does|do|did|doesn't|don't|can|could|couldn't|should|shouldn't|would|wouldn't|"
    r"will|may|might|has|have|hasn't|haven't|must|when|where|who|which|whose)\b",
    re.IGNORECASE,
)
"""Begins a question that ends like one."""
_NO_QUESTION = re.compile(
    r"^(?:who|which|whose|whom|any|if|suppos\w+|assum\w+)\b(?! (?:gene|disease|finding)s?\b)", re.IGNORECASE
)
"""Begins a statement as well: a question only if it ends like one."""
_OF_NO_DISEASE = frozenset({Function.STANDING, Function.NEXT_STEPS, Function.CASES})
_STORY_ENDS = re.compile(r"\bwhich of the following\b|\bmost (?:likely|appropriate|probable)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a message does."""

    told: str
    """The message with its questions blanked, so that places in it are those of the message."""
    asked: tuple[str, ...]
    """Its questions, in order."""


def read_message(text: str, case: Case) -> Message:
    """What a message tells of the patient, and what it asks."""
    story = Message(told=text, asked=())
    parts = list(_parts(text, case))
    is_alone = len(parts) <= _MAX_ALONE
    questions = [(start, end) for start, end in parts if _is_question(text[start:end], is_alone=is_alone)]
    if not questions and len(parts) == 1 and case.has_patient and _asks_in_a_phrase(text, case):
        questions = parts
    if not 0 < len(questions) <= _MAX_ASKED:
        return story
    told = text
    for start, end in questions:
        told = told[:start] + " " * (end - start) + told[end:]
    asked = [text[start:end].strip() for start, end in questions]
    if not case.has_patient:
        is_all = not any(c.isalnum() for c in _LEAD.sub("", told.strip()))
        return story if not is_all or not _is_general(text, asked, case) else Message(told="", asked=tuple(asked))
    if len(text) <= MAX_QUESTION and _reports_genes(told, case):  # "WES: variants in A and B. Which fits?"
        is_about_patient = find_demographics(told) != NOBODY
        return Message(told=told if is_about_patient else "", asked=(" ".join(text.split()),))
    is_telling = _tells(told, case)
    if is_telling:
        asked = [q for q in asked if not _asks_for_diagnosis(q, case)]
    return Message(told=told if is_telling else "", asked=tuple(asked[:MAX_QUESTIONS])) if asked else story


def _parts(text: str, case: Case) -> Iterator[tuple[int, int]]:
    """Places of the sentences, and of the question that a sentence turns into after it has told a finding."""
    start = 0
    for end, after in (*((m.start(), m.end()) for m in _BREAK.finditer(text)), (len(text), len(text))):
        turn = _turn(text[start:end], case) if end - start <= MAX_QUESTION else None
        if turn:
            yield start, start + turn.start() + 1
            yield start + turn.end(), end
        elif text[start:end].strip():
            yield start, end
        start = after


def _turn(sentence: str, case: Case) -> re.Match[str] | None:
    """Where a sentence turns into a question after it has told a finding."""
    if asked_in(sentence):
        return next((m for m in _PAUSE.finditer(sentence) if _turns_at(sentence, m, case)), None)
    turn = None if _ASKS.search(sentence) else _TURN.search(sentence)
    return turn if turn and _tells(sentence[: turn.start()], case) else None


def _turns_at(sentence: str, pause: re.Match[str], case: Case) -> bool:
    """Whether what is before tells, and what follows asks by itself; "A and B, which is rarer?" is one question."""
    before, after = sentence[: pause.start()], sentence[pause.end() :]
    if asked_in(before) or not asked_in(after) or not _tells(before, case):
        return False
    entities = find_entities(case.sources.questions.in_english(after), case)
    intent = find_intent(entities, has_patient=True)
    return intent is not None and (intent.function in _OF_NO_DISEASE or bool(entities.disease_ids))


def _is_question(sentence: str, *, is_alone: bool) -> bool:
    said = _LEAD.sub("", sentence.strip())
    if not said:
        said = sentence.strip()
    if len(said) > MAX_QUESTION or _ADD.search(said):
        return False
    if asked_in(said) is not None:
        return True
    ends = said.endswith("?")
    if ends and (is_alone or _ASKS.search(said) or _INVERTED.search(said)):
        return True
    return is_alone and bool(_TURN.search(said) or (_ASKS.search(said) and not _NO_QUESTION.search(said)))


def _tells(text: str, case: Case) -> bool:
    """Whether a text tells a finding, of the patient or of a relative."""
    if not any(c.isalnum() for c in text):
        return False
    language = case.sources.questions.language_of(text)
    if language is not Language.ENGLISH:
        return case.sources.questions.tells(text, language)
    said = find_statements(text, case.sources.lexicon)
    return any(s.context.temporality is not Temporality.HYPOTHETICAL for s in said)


def _asks_in_a_phrase(text: str, case: Case) -> bool:
    """``genes of 2``, ``rule out Marfan``, a gene's variant: tells no finding of the patient, and can be answered."""
    if len(text) > MAX_QUESTION or not text.strip() or _tells(text, case):
        return False
    said = case.sources.questions.in_english(text)
    is_phrase = not _OF_SOMEBODY.search(said.strip()) and len(said.split()) <= _MAX_PHRASE
    if not is_phrase and not _reports_genes(text, case):
        return False
    return find_intent(find_entities(said, case), has_patient=True) is not None


def _reports_genes(text: str, case: Case) -> bool:
    """Whether a text tells of variants in genes, and no finding."""
    return bool(_FOUND_VARIANTS.search(text) and find_entities(text, case).gene_ids) and not _tells(text, case)


def _is_general(text: str, asked: Sequence[str], case: Case) -> bool:
    """Whether questions without a patient are about the sources, and not a story put as a question."""
    if case.sources.questions.find_person(text) != NOBODY or len(asked) > MAX_QUESTIONS:
        return False
    for question in map(case.sources.questions.in_english, asked):
        entities = find_entities(question, case)
        intent = find_intent(entities, has_patient=False)
        is_named = bool(entities.disease_ids or entities.gene_ids or entities.unknown)
        is_term = intent is not None and intent.function is Function.TERM and len(entities.findings) == 1
        if intent is None or intent.function in OF_A_PATIENT or not (is_named or is_term):
            return False
    return True


def _asks_for_diagnosis(question: str, case: Case) -> bool:
    if _STORY_ENDS.search(question):
        return True
    said = case.sources.questions.in_english(question)
    intent = find_intent(find_entities(said, case), has_patient=True)
    return intent is None or intent.function is Function.STANDING
