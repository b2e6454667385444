"""The conversation: what the user said and changed, and what was answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from kg.phrases import phrase
from kg.schema import Finding
from kg.translations import TRANSLATED, is_at_hand
from llm.schema import Commentary, Differential, Question
from llm.wording import CITATION, cited_ids
from retrieval.demographics import demographics_of
from ui.answer_json import cited_evidence
from ui.case import LeaveOpen, Mark, Remove, Replace, SetAge, SetSex, Status
from ui.examples import readable_examples
from ui.marking import story_pieces
from ui.page.answers import answers_html
from ui.page.claims import claim_lists
from ui.page.differential import SETTINGS, word_types
from ui.page.markup import action, button, citations, lines, percent
from ui.page.person import word_person
from ui.page.urgent import urgent_line
from ui.page.words import Words
from ui.session import CALM, Change, OpenFile, OpenLink, Progress, SeeIn, Session, Turn, Undo

_CLEAR_LEAD = 0.1
"""A first diagnosis that is less likely does not lead."""
_SHOWN_CLAIMS = 4  # an answer stays readable at a glance; the differential shows all claims

_DOING = {
    Progress.READING: "Reading the story",
    Progress.LOADING: "Loading what is known of common conditions, once",
    Progress.RANKING: "Ranking the diseases",
    Progress.WEIGHING: "Weighing the evidence",
    Progress.ASKING: "Looking for the question that would help most",
    Progress.ANSWERING: "Looking for the answer",
    Progress.MODEL: "The language model is reading the case",
}


def chat_log(session: Session, words: Words) -> str:
    """The conversation.

    Each answer numbers its evidence anew, so only the citations of the current answer are links: an old ``[E3]`` must
    never lead to a new row.
    """
    if not session.turns:
        return _welcome(words)
    last = len(session.turns) - 1
    current = max((i for i, turn in enumerate(session.turns) if _has_current_answer(turn, session)), default=None)
    listed = {e.evidence_id for e in session.differential.evidence} if session.differential else set()
    items = []
    for i, turn in enumerate(session.turns):
        is_of_now = i >= session.latest and not session.is_stale
        answers = answers_html(turn.answers, listed, words, is_current=is_of_now)
        if is_of_now:
            listed.update(e.evidence_id for answer in turn.answers for e in cited_evidence(answer))
        items.append(_turn(turn, answers, session.progress if i == last else Progress.IDLE, i == current, words))
    heading = f'<h2 id="h-log" class="unseen">{escape(words("Conversation"))}</h2>'
    return f'{heading}<ol class="log" aria-labelledby="h-log">{"".join(items)}</ol>'


def marked_story(story: str, findings: Iterable[Finding], words: Words) -> str:
    """The user's text with the words of each finding marked."""
    return "".join(_marked(piece, finding, words) for piece, finding in story_pieces(story, findings))


def _marked(piece: str, finding: Finding | None, words: Words) -> str:
    if finding is None:
        return lines(piece)
    kind = "excluded" if finding.excluded else "present"
    label = words.label(finding.term_id, finding.label)
    return f'<mark class="{kind}" title="{escape(label)}">{lines(piece)}</mark>'


def _welcome(words: Words) -> str:
    examples = "".join(
        f'<button type="button" class="example" data-fill="{escape(e.story)}"><b>{escape(words(e.title))}</b>'
        f"<span>{escape(words(e.kind))}</span></button>"
        for e in readable_examples()
    )
    return (
        f'<div class="welcome"><h2>{escape(words("Tell the patient’s story"))}</h2>'
        f"<p>{escape(words(_WHAT_IT_DOES))} {escape(words(_languages()))}</p><p>{escape(words(_LEAVE_OUT))}</p>"
        f'<h3>{escape(words("Or begin with an example"))}</h3><div class="examples">{examples}</div></div>'
    )


_WHAT_IT_DOES = (
    "Write in plain words what is seen, and what was looked for and is absent. citedx reads the findings, ranks the "
    "diseases that explain them, and cites the source of every statement."
)
_ALL_LANGUAGES = "Stories may be in English, Chinese or Spanish."
_ENGLISH_ALONE = (
    "Stories are read in English; Chinese and Spanish need a download first: citedx data pull translations."
)
_LEAVE_OUT = "Names, dates and addresses are not needed: leave them out."


def _languages() -> str:
    return _ALL_LANGUAGES if all(map(is_at_hand, TRANSLATED)) else _ENGLISH_ALONE


def _has_current_answer(turn: Turn, session: Session) -> bool:
    return turn.differential is not None and turn.differential == session.differential


def _turn(turn: Turn, answers: str, progress: Progress, is_current: bool, words: Words) -> str:
    refused = " data-refused" if turn.is_refused else ""
    small = "" if turn.tells_case else " change"
    reply = _reply(turn, answers, is_current, progress, words)
    return f'<li class="turn{small}"{refused}>{_said(turn, words)}{reply}</li>'


def _said(turn: Turn, words: Words) -> str:
    if turn.story.strip():
        story = marked_story(turn.story, turn.findings, words)
        said = f'<div class="story"><h3 class="unseen">{escape(words("You"))}</h3>{story}</div>'
        return _changed(turn.change, words) + said
    return _changed(turn.change, words)


def _changed(change: Change | None, words: Words) -> str:
    if change is None:
        return ""
    note = change.note if isinstance(change, OpenFile) else None
    remark = f'<p class="note calm">{escape(note)}</p>' if note else ""
    return f'<p class="changed">{escape(_word_change(change, words))}</p>{remark}'


def _word_change(change: Change, words: Words) -> str:
    match change:
        case OpenFile(name=name):
            return words("File: {name}", name=name)
        case SeeIn(setting=setting):
            return words("Seen in: {where}", where=words(SETTINGS[setting]))
        case OpenLink():
            return words("Case opened from a link")
        case Undo():
            return words("Last change undone")
        case Mark(term_id=term_id, label=label, status=status):
            return words(_MARKED[status], finding=words.label(term_id, label))
        case Remove(term_id=term_id, label=label):
            return words("{finding}: removed", finding=words.label(term_id, label))
        case Replace():
            old, new = words.label(change.term_id, change.label), words.label(change.by_id, change.by_label)
            return words("{old} replaced with {new}", old=old, new=new)
        case LeaveOpen(term_id=term_id, label=label):
            return words("{finding}: not known", finding=words.label(term_id, label))
        case SetSex(sex=sex):
            return words("Patient: {who}", who=word_person(demographics_of(sex, None), words) or words("sex not known"))
        case SetAge(age=age):
            return words("Patient: {who}", who=word_person(demographics_of(None, age), words) or words("age not known"))


_MARKED = {
    Status.PRESENT: "{finding}: present",
    Status.EXCLUDED: "{finding}: absent",
    Status.UNCERTAIN: "{finding}: uncertain",
    Status.FAMILY: "{finding}: of a relative",
}


def _reply(turn: Turn, answers: str, is_current: bool, progress: Progress, words: Words) -> str:
    parts = [_found(turn, words)]
    if turn.note in CALM:
        parts.append(f'<p class="note calm" data-announce>{escape(words(turn.note))}</p>')
    if turn.differential is not None:
        parts.append(_answer(turn, turn.differential, is_current, words))
    parts.append(answers)
    if turn.note is not None and turn.note not in CALM:
        parts.append(f'<p class="note" data-announce>{escape(words(turn.note))}</p>')
    if progress is not Progress.IDLE:
        parts.append(f'<p class="busy">{escape(words(_DOING[progress]))} …</p>')
    return f'<div class="reply"><h3 class="unseen">citedx</h3>{"".join(parts)}</div>'


def _found(turn: Turn, words: Words) -> str:
    groups = (
        (words("Present"), [f for f in turn.findings if not f.excluded and not f.uncertain]),
        (words("Excluded"), [f for f in turn.findings if f.excluded]),
        (words("Uncertain"), [f for f in turn.findings if f.uncertain]),
        (words("Family"), turn.family),
    )
    said = [
        f"<b>{escape(title)}{escape(words(': '))}</b>"
        f"{escape(words(', ').join(words.label(f.term_id, f.label) for f in found))}{escape(words('. '))}"
        for title, found in groups
        if found
    ]
    return f'<p class="found">{"".join(said)}</p>' if said else ""


def _answer(turn: Turn, differential: Differential, is_current: bool, words: Words) -> str:
    if differential.abstained is not None or not differential.diagnoses:
        reason = words.said(differential.abstained or phrase("No diagnosis."))
        lead = f'<p class="lead" data-announce>{escape(reason)}</p>'
    else:
        lead = _lead(differential, words, in_full=turn.tells_case, linked=is_current)
    commentary = _commentary(differential.commentary, words, linked=is_current)
    if not is_current and not turn.tells_case:
        return f'<div class="answer">{lead}</div>'
    if not is_current:
        earlier = escape(words("Earlier answer: its evidence is no longer shown."))
        return f'<div class="answer">{lead}{commentary}<p class="earlier">{earlier}</p></div>'
    return f'<div class="answer">{lead}{commentary}{_questions(differential.questions, words)}</div>'


def _lead(differential: Differential, words: Words, *, in_full: bool, linked: bool) -> str:
    """Who leads; in full with its claims and those that follow."""
    first, rest = differential.diagnoses[0], differential.diagnoses[1:4]
    share, name = percent(first.probability), f"\0{first.name}\1"
    if first.probability < _CLEAR_LEAD:
        said = words("No clear leader: {name} is first with {share}.", name=name, share=share)
    else:
        said = words("{name} leads with {share}.", name=name, share=share)
    shown = escape(said).replace("\0", "<b>").replace("\1", "</b>")
    lead = f'<p class="lead" data-announce>{shown}</p>{urgent_line(differential, words)}'
    if not in_full:
        return lead
    types = differential.types_led_by(first)
    lead += f'<p class="rest">{escape(word_types(types, words))}</p>' if types else ""
    others = words(", ").join(f"{d.name} ({percent(d.probability)})" for d in rest)
    then = f'<p class="rest">{escape(words("Then: {others}.", others=others))}</p>' if others else ""
    return lead + claim_lists(first.claims, words, linked=linked, limit=_SHOWN_CLAIMS) + then


def _questions(questions: Sequence[Question], words: Words) -> str:
    """What to ask next, with the answers as buttons."""
    if not questions:
        return ""
    items = "".join(_question(q, words) for q in questions)
    title = escape(words("Most useful next questions"))
    return f'<section class="ask" aria-label="{title}"><h4>{title}</h4><ul>{items}</ul></section>'


def _question(question: Question, words: Words) -> str:
    term_id = question.term_id
    answers = (
        (words("Yes"), action("mark", id=term_id, status=Status.PRESENT)),
        (words("No"), action("mark", id=term_id, status=Status.EXCLUDED)),
        (words("Not known"), action("leave-open", id=term_id)),
    )
    buttons = "".join(button(said, act, key=f"ask-{term_id}-{i}") for i, (said, act) in enumerate(answers))
    shown = escape(words.said(question.text))
    return f'<li><span>{shown}</span><span class="answers" role="group" aria-label="{shown}">{buttons}</span></li>'


def _commentary(commentary: Commentary | None, words: Words, linked: bool) -> str:
    """A language model's summary with its citations, its questions, and how it came about."""
    if commentary is None:
        return ""
    parts = [f'<p class="by">{escape(words("Also read by {model}", model=commentary.model))}</p>']
    if commentary.summary:
        summary = CITATION.sub(lambda m: citations(cited_ids(m[1]), linked), escape(commentary.summary))
        parts.append(f'<p class="summary">{summary}</p>')
    parts += [f'<p class="asked">{escape(question.text)}</p>' for question in commentary.questions]
    parts += [f'<p class="note">{escape(words(note))}</p>' for note in commentary.notes]
    return f'<div class="commentary">{"".join(parts)}</div>'
