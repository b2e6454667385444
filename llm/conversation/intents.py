"""A question in words -> the function that answers it. English; what is not recognised is answered by nobody.

The first pattern that fits wins, so the order is from the particular to the general.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from llm.conversation.entities import Entities
from llm.conversation.schema import Function, Topic


@dataclass(frozen=True, slots=True)
class Intent:
    """What a question wants."""

    function: Function
    topic: Topic = Topic.ANY


_Needs = Callable[[Entities], bool]


def _any(entities: Entities) -> bool:  # noqa: ARG001 - one form for all
    return True


def _finding(entities: Entities) -> bool:
    return bool(entities.findings)


def _only_finding(entities: Entities) -> bool:
    return bool(entities.findings) and set(entities.disease_ids) <= set(entities.also_findings)


def _only_gene(entities: Entities) -> bool:
    return bool(entities.gene_ids) and not entities.disease_ids


def _gene_alone(entities: Entities) -> bool:
    return _only_gene(entities) and not entities.findings


def _disease_or_it(entities: Entities) -> bool:
    return bool(entities.disease_ids) or entities.is_it or entities.are_they


def _no_disease(entities: Entities) -> bool:
    return not entities.disease_ids


def _two_diseases(entities: Entities) -> bool:
    return len(entities.disease_ids) > 1


_F = Function
_BEYOND = re.compile(
    r"\b(?:dos(?:e|es|age|ing)|mg|insur\w+|costs?|price|hospitals?|appointment|phone|weather|joke|poem|recipe|"
    r"who are you|your name|lawyer|sue)\b"
)
"""What no source here speaks of, whatever else the question has."""
_URGENT = re.compile(
    r"\b(?:send|admit|refer|bring|take|transfer|go)\w*\b.*\b(?:hospital|emergency|casualty|home|ward)\b"
    r"|\b(?:need|be|stay|go)\w*\b.*\b(?:hospital|emergency room)\b|\bdangerous\b|\bserious\b|\burgent\w*"
    r"|\ban emergency\b|\blife.threatening\b|\bred flags?\b|\bworr(?:y|ied|ying)\b|\badmi(?:t|ssion)\w*"
    r"|\bhow soon\b|\bnot (?:be |to )?miss(?:ed)?\b|\bdon'?t miss\b"
)
"""Asks how soon somebody has to act, of the patient."""
_PATTERNS: tuple[tuple[str, _Needs, Intent], ...] = (
    (r"\bwhat if\b|^suppos(?:e|ing)\b|^assum(?:e|ing)\b|^imagine\b", _any, Intent(_F.WHAT_IF)),
    (
        (
            r"\bhow about if\b|\bif (?:he|she|they|it|the (?:patient|child|boy|girl|baby)|there|i|we|you)\b"
            r"|\bif (?:no )?xfinding\b|\bwithout (?:the )?xfinding\b"
            r"|\b(?:would|does|do|will|could) xfinding (?:change|matter|help|make)\b|\bwould .*\bchange\b"
        ),
        _finding,
        Intent(_F.WHAT_IF),
    ),
    (
        (
            r"\bmean(?:s|ing|t)?\b|\bdefin(?:e|ed|ition)\b|\bstands? for\b|\bsynonyms?\b|\bterm\b|\bother names?\b"
            r"|^(?:and )?what(?: exactly)?(?:'s| is| are|s)(?: exactly)?(?: an?| the)? xfinding\??$"
            r"|^(?:describe|explain) xfinding\b"
            r"|\bwhat(?:'s| is) (?:it|that|this)\b"
        ),
        _only_finding,
        Intent(_F.TERM),
    ),
    (
        (
            r"\bcompar\w*|\bdiffer(?:s|ence|ences|ent|entiates?)?\b|\bdistinguish\w*|\bapart\b|\bcontrast\b"
            r"|\bdecide between\b"
            r"|\bseparat\w+|\bversus\b|\bvs\b"
            r"|\btell .*\bfrom\b|\bdiscriminat\w*|\bsets? .* apart"
        ),
        _any,
        Intent(_F.COMPARE),
    ),
    (
        (
            r"\brather than\b|\binstead of\b|\bor xdisease\b|\b(?:over|above|below|than|before) (?:the )?xdisease\b"
            r"|\b(?:more|less) likely than\b|\bbetter than\b"
        ),
        _two_diseases,
        Intent(_F.COMPARE),
    ),
    (
        (
            r"^(?!.*\b(?:inherit\w*|x-linked|recessive|dominant|treat\w*|tests?|diseases?|disorders?|diagnos\w*)\b).*?"
            r"(?:\bexplain\w*|\bfits?\b|\bmatch\w*|\bconsistent\b|\bcompatible\b|\blikel\w+|\bprobabl\w+|\bwhy\b|\bbest\b"
            r"|\bcausative\b|\bpathogenic\b|\bresponsible\b|\brelevant\b|\brank\w*|\bprioriti[sz]\w*|\brul(?:e|ed|ing)\b|\bexclud\w*"
            r"|\b(?:could|can|may|might|is) (?:it|this|that|he|she|they|the patient)\b)"
        ),
        _gene_alone,
        Intent(_F.EXPLAIN),
    ),
    (
        r"\brank(?:s|ed|ing)? (?:so|that|this) (?:high|low)\b|\bso (?:high|low) (?:up|down|on|in)\b",
        _any,
        Intent(_F.EXPLAIN),
    ),
    (r"\b(?:linked|associat\w+|caus\w+|diseases?|disorders?)\b|^what(?:'s| is)\b", _only_gene, Intent(_F.GENES)),
    (
        (
            r"\bgenes?\b|\bmutat\w+|\bvariants?\b|\bgenetic(?:s|ally)?\b|\bmolecular\w*|\bsequenc\w+|\bpanel\b"
            r"|\blocus\b"
            r"|\bexome\b|\bchromosom\w+"
        ),
        _any,
        Intent(_F.GENES),
    ),
    (
        (
            r"\binherit\w*|\brecessive\b|\bdominant\b|\bx-linked\b|\brecurrence\b|\bsiblings?\b|\bfamilial\b"
            r"|\bin (?:the )?famil(?:y|ies)\b"
            r"|\bheredit\w+|\bnext (?:child|pregnancy)\b|\bpass(?:ed)? (?:it )?on\b|\bcarriers?\b"
        ),
        _any,
        Intent(_F.INHERITANCE),
    ),
    (
        (
            r"\bsimilar\b|\b(?:published|reported|other|described|comparable) (?:case|patient|child|famil|people)\w*"
            r"|\b(?:show|find|any|list|see|other|more|published)\b.*\b(?:patients|cases) with\b|\bcase reports?\b"
            r"|\bliterature\b|\bpapers?\b|\bpublications?\b|\bpubmed\b"
            r"|\breferences\b"
            r"|\b(?:cases|patients|anyone|anybody) like\b|\bseen before\b|\bwho described\b"
            r"|\b(?:anybody|anyone|somebody|someone) (?:ever )?(?:described|reported|seen|published)\b|\bcase like\b"
            r"|\bresembl\w+"
        ),
        _any,
        Intent(_F.CASES),
    ),
    (
        (
            r"\bhow (?:often|frequent\w*|common\w*|typical\w*|rare|likely|specific)\b|\bfrequency\b|\bpercent\w*"
            r"|\btypical\b|\bexpected\b"
            r"|\bfeatures?\b|\bpart of\b|\bseen\b|\boccurs?\b|\breported\b|\bknown\b|\bcauses?\b|\bexplain\w*|\bfits?\b"
            r"|\brelated\b|\bassociat\w+|\bdue to\b|\bcommon\b|\bha(?:s|ve)\b|\bgo(?:es)? with\b|\bbelongs?\b|\bwhich\b"
            r"|\bmatch\w*|\baccount\w*|\bpresent in\b|\bwho\b|\bget\b|\bhappen\w*|\bpossible\b|\bunusual\b|\brare\b"
            r"|\bconsistent\b|\bcompatible\b"
            r"|\bdoes xdisease\b|\bxfinding (?:in|with) xdisease\b"
        ),
        _finding,
        Intent(_F.FINDING),
    ),
    (
        (
            r"\bhow (?:common|rare|frequent|often)\b|\bhow many people\b|\bprevalen\w+|\binciden\w+"
            r"|\b(?:is|are) (?:it|this|that|they|xdisease) (?:very |so |that )?(?:common|rare|frequent)\b"
        ),
        _any,
        Intent(_F.PREVALENCE),
    ),
    (
        (
            r"\bonset\b|\b(?:what|which) age\b|\bhow old\b|\bwhen (?:do|does|did|will|is|are|would)\b|\bage of\b"
            r"|\b(?:begins?|starts?|appears?|manifests?) (?:at|in|when)\b|\bprogressi\w+|\bnatural history\b|\bcourse\b"
        ),
        _any,
        Intent(_F.COURSE),
    ),
    (
        (
            r"\btreat\w*|\btherap\w+|\bmanag\w+|\bmedic(?:ine|ines|ation|ations)\b|\bdrugs?\b|\bcur(?:e|ed|able)\b"
            r"|\bsurgery\b|\boperat\w+"
        ),
        _any,
        Intent(_F.PASSAGES, Topic.TREATMENT),
    ),
    (
        (
            r"\bprognos\w+|\boutlook\b|\blife (?:expectancy|span)\b|\blifespan\b|\bsurviv\w+|\bfatal\b|\blethal\b"
            r"|\bmortality\b|\boutcome\b|\bdie\b|\bcomplications?\b|\bexpect(?:ed|ancy)? (?:from|with|in|over)\b"
        ),
        _any,
        Intent(_F.PASSAGES, Topic.OUTLOOK),
    ),
    (
        (
            r"\bconfirm\w*|\bprove\b|\b(?:is|are|do you|to|can|be) (?:it |this |xdisease )?diagnosed?\b|\btests?\b"
            r"|\bwork-?up\b|\binvestigat\w+|\bimaging\b|\bmri\b|\blabs?\b|\blaborator\w+|\bbiops\w+|\bscan\b"
            r"|\bcriteria\b"
        ),
        _disease_or_it,
        Intent(_F.PASSAGES, Topic.TESTS),
    ),
    (
        r"\bwhat causes\b|\bcaused? (?:of|by)\b|\ba?etiolog\w+|\bpathophysiolog\w+|\bmechanism\b",
        _disease_or_it,
        Intent(_F.PASSAGES, Topic.CAUSE),
    ),
    (
        (
            r"\btest\w*\b|\bwork-?up\b|\binvestigat\w+|\bimaging\b|\blabs?\b|\blaborator\w+|\bconfirm\w*"
            r"|\bblood (?:tests?|work|count)\b|\bbiops\w+|\bscans?\b|\bmri\b|\bct\b|\bx-?rays?\b|\bultrasound\b"
            r"|\w(?:gram|graphy|scopy)\b|\be[ck]g\b|\beeg\b|\b(?:should|would|could|can|to) (?:(?:i|we|you) )?order\b"
            r"|\bwhat (?:should|do|can|would) (?:i|we|you) do\b"
        ),
        _no_disease,
        Intent(_F.NEXT_STEPS, Topic.TESTS),
    ),
    (
        r"\bwhat (?:else )?(?:could|can|may|might) (?:it|this|that|he|she|they)\b",
        _no_disease,
        Intent(_F.STANDING),
    ),
    (
        (
            r"\bnext\b|\bshould (?:i|we|one)\b|\bexamin\w+|\b(?:ask|check|look\w*) (?:about|for|the|him|her|at)\b"
            r"|\bwhat (?:else|more|further)\b|\banything else\b|\bmissing\b|\bnarrow\b|\bhelp(?:ful)? most\b"
            r"|\bwould help\b|\binformative\b|\buseful\b|\bto (?:ask|examine|check|do)\b|\btests?\b|\bwork-?up\b"
            r"|\binvestigat\w+"
            r"|\bimaging\b|\blabs?\b|\bclinch\w*"
        ),
        _any,
        Intent(_F.NEXT_STEPS),
    ),
    (
        (
            r"\bhow (?:sure|certain|confident|likely|probable)\b|\bconfiden\w+|\bcertain\w*|\bprobabilit\w+"
            r"|\breliab\w+|\baccura\w+"
            r"|\btrust\w*|\bdifferential\b|\bbest guess\b|\bchange (?:anything|something|the (?:order|ranking))\b"
            r"|\bwhat do you think\b|\bmost (?:likely|probable)\b|\blikel(?:y|iest) diagnos\w+|\branking\b"
            r"|\bany ideas?\b|\bnot (?:in|on) the list\b|\bnone of (?:these|them)\b|\bsomething else\b"
            r"|\bwh(?:at|ich) (?:is |'s )?(?:the |your )?(?:disease|diagnos[ie]s|disorder|condition|syndrome)e?s?\b"
            r"|\bsummar\w+|\balternatives?\b|\bwhat's wrong\b|\bwhat (?:does|do) (?:he|she|they|the patient) have\b"
            r"|^(?:so )?what is (?:it|this)\??$|\bdiagnosis\b"
        ),
        _no_disease,
        Intent(_F.STANDING),
    ),
    (
        (
            r"\bwhat(?:'s|s| is| are)(?: an?| the)? xdisease\b|^xdisease what is the diagnosis$"
            r"|\btell me (?:more )?about\b|\bdescribe\b|\boverview\b"
            r"|\b(?:features|symptoms|signs|findings|characteristics|manifestations|phenotype|picture)"
            r" (?:of|in|do|does)\b"
            r"|\bmore (?:about|on|information)\b|\binformation (?:about|on)\b|\bwhat (?:does|do) xdisease look\b"
            r"|\bnever heard\b|\bexpect to (?:find|see)\b|\bwhat kind of\b"
        ),
        _disease_or_it,
        Intent(_F.DISEASE),
    ),
    (
        (
            r"\bwhy\b|\bmakes you\b|\bcouldn't\b|\breasons?\b|\bevidence\b|\bsupport\w*|\bspeaks?\b|\bargu\w+"
            r"|\bagainst\b|\bin favou?r\b"
            r"|\bdoubt\w*|\brul(?:e|ed|ing)\b|\bexclud\w*|\bconsider\w*|\bwhat about\b|\bhow about\b|\bhow come\b"
            r"|\b(?:could|can|may|might|is|isn't|does|would) (?:it|this|that|he|she|they|the patient)\b|\blikely\b"
            r"|\bprobabl\w+|\brank\w*|\bfits?\b|\bexplain\w*|\bunexplained\b|\bthink of\b"
            r"|\bthought of\b|\bpossib\w+|\bconvinc\w+|\bwhere is\b|\bcontradict\w*|\bmatters? most\b|\bhow did you\b"
            r"|\bjustif\w+|\bhow (?:sure|certain)\b|\bconfiden\w+"
        ),
        _any,
        Intent(_F.EXPLAIN),
    ),
)
_MAX_WORDS = 3
_COMPILED = tuple((re.compile(pattern), needs, intent) for pattern, needs, intent in _PATTERNS)


def blank_intents(masked: str) -> str:
    """A masked question with spaces in place of the words by which any pattern knows it; places stay."""
    said = masked
    for pattern, _, _ in _COMPILED:
        for match in pattern.finditer(masked):
            first, last = match[0].find(" "), match[0].rfind(" ")
            is_gap = match[0].count(" ") > _MAX_WORDS  # "tell ... from": what is between is not the pattern's
            spans = ((0, first), (last, len(match[0]))) if is_gap else ((0, len(match[0])),)
            for start, end in spans:
                place = match.start() + start
                said = said[:place] + " " * (end - start) + said[place + end - start :]
    return said


def find_intent(entities: Entities, *, has_patient: bool) -> Intent | None:
    """What a question wants; None where it is not recognised.

    A name alone asks why, or why not, where there is a patient, and what it is, where there is none.
    """
    if has_patient and not entities.disease_ids and not entities.findings and _URGENT.search(entities.masked):
        return Intent(_F.STANDING, Topic.URGENCY)
    if _BEYOND.search(entities.masked):
        return None
    for pattern, needs, intent in _COMPILED:
        if needs(entities) and pattern.search(entities.masked):
            return intent
    is_short = len(entities.masked.split()) <= 4
    if entities.gene_ids and not entities.disease_ids:
        return Intent(_F.GENES)
    if entities.disease_ids:
        named = Intent(_F.EXPLAIN) if has_patient else Intent(_F.DISEASE)
        return named if is_short else Intent(_F.PASSAGES)
    return Intent(_F.FINDING) if entities.findings and (is_short or has_patient) else None
