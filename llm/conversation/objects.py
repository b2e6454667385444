"""What a question is about and nobody here knows: "flurbitis" in "why not flurbitis?".

A question whose object was not recognised must not be answered about another disease. An object is a run of words that
belong to no question, where questions name what they are about. English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from llm.conversation.intents import blank_intents

MAX_WORDS = 6
_OF_QUESTIONS = """
a about above actually add additional after again all almost also always am an and another answer any anybody anyone
anything apparent are as ask asked asking at autosomal away baby back bad be because been before begin being believe
below best better between boy brother but by call called came can candidate candidates cannot cause child children
clear clearly clinic clinician come comes condition conditions correct could couldn't course daughter diagnose
diagnosed diagnoses diagnosis diagnostic did didn't disease diseases disorder disorders do doctor does doesn't doing
don't done down during each early either else enough entry especially even ever every exactly example family far
father favour few find finding findings fine first five follow for found four from further general get girl give given
gives go going good got had has hasn't have haven't he he's help her here hers him his how however i i'd i'll i'm i've
idea if important in increased information instead into is isn't it it's its itself just keep kind know known last
least less let like likely list listed little live long look looked looks main make makes man manifest many matter may
maybe me mean might mine mode more most mother much must my name names need needs never new next no none not note
nothing now number of often ok on once one ones only or order other others our out over own parents part particular
patient patient's patients people perhaps person physical place please point possible present probably problem proper
put question questions quite rank ranking rather read real really reason recommend remind responsible result right
risk said same say says second see seem seems seen shall she she's should shouldn't show sibling siblings side sign
signs simply since single sir sister so some somebody someone something son start still story such suggest sure
symptom symptoms syndrome syndromes take tell than thank thanks that that's the their them then there these they
they're thing things think this those though thought three through time to together told too top true try two type
types under understand until up us use used useful usual usually very want was wasn't way we we're well were weren't
what what's when where whether which while who whole whom whose why will with within without woman won't wonder word
words work worked would wouldn't wrong year years yes yet you you're your yourself
"""
_KNOWN = frozenset(_OF_QUESTIONS.split())
_ARTICLE = (
    r"(?:(?:just|only|really|also|maybe|perhaps|simply|a case of|some(?:thing like)?)\s+)?"
    r"(?:(?:an?|the|some|any|his|her|their|my)\s+)?$"
)
_NAMED = re.compile(
    r"(?:^|\b(?:not|be|it|this|that|he|she|about|out|exclude[ds]?|excluding|consider(?:ed|ing)?|suspect(?:ed)?|"
    r"thought of|think of|and|or|versus|vs\.?|than|between|compare|have|has|is|isn't|are|why|confirm|treat|"
    rf"diagnose|prove|forgotten|missed|missing|list|listed)\s+){_ARTICLE}"
)
_ABOUT = re.compile(rf"\b(?:of|for|in|with|from|against|over|causes?)\s+{_ARTICLE}")
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_SPOKEN_FOR = re.compile(r"\bx(?:disease|finding|gene)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadPhrase:
    """Words of a question that were read as nothing."""

    words: str
    """In small letters."""
    is_named: bool
    """They stand where a question names what it is about: "why not ...", "compare ... and"."""
    is_object: bool
    """They stand there, or where it may say something else too: "the genes of ...", "in ..."."""


def find_unread(masked: str) -> tuple[UnreadPhrase, ...]:
    """The unread phrases of a masked question (``llm.conversation.entities``), in its order."""
    return tuple(_unread(masked))


def _unread(masked: str) -> Iterator[UnreadPhrase]:
    said = blank_intents(masked)
    run: list[re.Match[str]] = []
    for match in (*_WORD.finditer(said), None):
        if match is not None and not _is_known(match[0]):
            if run and said[run[-1].end() : match.start()].strip(" "):
                yield _phrase(masked, run)
                run = []
            run.append(match)
        elif run:
            yield _phrase(masked, run)
            run = []


def _is_known(word: str) -> bool:
    return word in _KNOWN or bool(_SPOKEN_FOR.fullmatch(word)) or word.isdigit() or len(word) == 1


def _phrase(masked: str, run: list[re.Match[str]]) -> UnreadPhrase:
    start = run[0].start()
    words = masked[start : run[min(len(run), MAX_WORDS) - 1].end()]
    is_named = bool(_NAMED.search(masked[:start]))
    return UnreadPhrase(words=words, is_named=is_named, is_object=is_named or bool(_ABOUT.search(masked[:start])))
