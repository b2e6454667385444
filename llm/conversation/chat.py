"""A language model answers: it chooses functions as tools, and says what they found.

Promise: the functions' own answer is made first and stays where the model fails, is cut off or is cancelled, or where
nothing that it says is borne by the evidence. What it calls is run here; every number in its calls and its citations is
one of this case; its sentences pass ``llm.grounding``. Steps and tokens are bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from kg.errors import CitedxError
from llm.chat.protocol import ChatModel, Rung
from llm.chat.replies import whole_reply
from llm.conversation.answerer import answer_case, case_of
from llm.conversation.calls import (
    Called,
    ModelSentence,
    Numbers,
    build_messages,
    number_entities,
    parse_step,
    step_schema,
    with_names,
)
from llm.conversation.case import Case, Sources
from llm.conversation.functions import call_function
from llm.conversation.schema import Answer, ModelPart, Request, Sentence
from llm.conversation.understanding import understand
from llm.conversation.understood import word_requests
from llm.grounding import ground_sentence
from llm.schema import Differential, RemovedClaim
from llm.wording import CITATION, cited_ids, plain, without_citations
from retrieval.schema import Evidence

MAX_STEPS = 5
MAX_STEP_TOKENS = 768
NO_ANSWER = "The language model gave no answer, so this is what the sources say by themselves: {error}"
STOPPED = "The language model was stopped before it had answered, so this is what the sources say by themselves."
NO_END = "The language model came to no answer in {n} steps, so this is what the sources say by themselves."
NOTHING_LEFT = "Nothing of the language model's answer is shown: the evidence bears none of it."
SAYS_NOTHING = "The language model found no answer in the sources."


class ChatAnswerer:
    """Answers with a language model, which has the functions as tools.

    Args:
        model: the language model.
        max_steps: calls and answer together.
        max_tokens: of a step; at most a third of the model's context.
        is_cancelled: asked while a step comes.
    """

    def __init__(
        self,
        model: ChatModel,
        *,
        max_steps: int = MAX_STEPS,
        max_tokens: int = MAX_STEP_TOKENS,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self._model = model
        self._max_steps = max_steps
        self._max_tokens = min(max_tokens, model.context_size // 3)
        self._is_cancelled = is_cancelled

    def answer(
        self, sources: Sources, differential: Differential, question: str, earlier: Sequence[Answer] = ()
    ) -> Answer:
        """The model's answer over what the functions say; theirs alone where it has none that holds."""
        case = case_of(sources, differential, earlier)
        about = earlier[-1].disease_ids if earlier else ()
        reading = understand(question, case, about)
        requests, own = reading.requests, answer_case(case, question, reading)
        called = [Called(request=requests[0], sentences=own.sentences)] if own.is_covered else []
        try:
            said = self._converse(case, number_entities(case, requests), question, called)
        except CitedxError as error:
            return self._without_model(own, case, called, NO_ANSWER.format(error=plain(str(error), 300)))
        if isinstance(said, str):
            return self._without_model(own, case, called, said)
        return self._grounded(own, case, called, said)

    def _converse(
        self, case: Case, numbers: Numbers, question: str, called: list[Called]
    ) -> tuple[ModelSentence, ...] | str:
        """The model's sentences, or why there are none; what it calls is added to ``called``.

        Raises:
            ModelError: no answer, or it broke off.
        """
        refused = ""
        for n in range(1, self._max_steps + 1):
            is_last = n == self._max_steps
            messages = build_messages(
                case,
                numbers,
                question,
                called,
                refused,
                is_last=is_last,
                count_tokens=self._model.count_tokens,
                budget=self._model.context_size - self._max_tokens,
            )
            text = whole_reply(
                self._model,
                messages,
                schema=step_schema(numbers, _cited(called), is_last=is_last),
                max_tokens=self._max_tokens,
                is_cancelled=self._is_cancelled,
            )
            if text is None:
                return STOPPED
            step = parse_step(text, case, numbers, question)
            if step.answer is not None:
                named = (replace(s, text=with_names(s.text, case, numbers)) for s in step.answer)
                return tuple(named) or SAYS_NOTHING
            refused = _call(case, step.request, called) if step.request else step.refused
        return NO_END.format(n=self._max_steps)

    def _without_model(self, own: Answer, case: Case, called: Sequence[Called], note: str) -> Answer:
        """What the functions say, those that the model called too."""
        part = ModelPart(model=plain(self._model.identity, 100), rung=Rung.READER, notes=(note,))
        if own.is_covered or not called:
            return replace(own, model=part, evidence=case.book.evidence)
        return replace(_of_calls(own, case, called), model=part)

    def _grounded(self, own: Answer, case: Case, called: Sequence[Called], said: Sequence[ModelSentence]) -> Answer:
        shown = set(_cited(called))
        evidence = [e for e in case.book.evidence if e.evidence_id in shown]
        grounded = [_ground(sentence, case, evidence) for sentence in said]
        kept = [g for g in grounded if isinstance(g, Sentence)]
        removed = [g for g in grounded if isinstance(g, RemovedClaim)]
        if not kept:
            answer = self._without_model(own, case, called, NOTHING_LEFT)
            return replace(answer, removed=tuple(removed))
        answer = _of_calls(own, case, called) if called else own
        return replace(
            answer,
            sentences=tuple(dict.fromkeys(kept)),
            basis=answer.sentences,
            removed=tuple(removed),
            model=ModelPart(model=plain(self._model.identity, 100), rung=self._model.rung),
        )


def _call(case: Case, request: Request, called: list[Called]) -> str:
    """Call a function, whose result is added to ``called``; else why there is none."""
    if any(c.request == request for c in called):
        return "That was called already: its result stands above."
    result = call_function(case, request)
    if not result.is_covered:
        return " ".join(s.text for s in result.sentences)
    called.append(Called(request=request, sentences=result.sentences))
    return ""


def _cited(called: Sequence[Called]) -> tuple[str, ...]:
    """Evidence that the model was shown, in its order."""
    return tuple(dict.fromkeys(i for c in called for s in c.sentences for i in s.evidence_ids))


def _of_calls(own: Answer, case: Case, called: Sequence[Called]) -> Answer:
    """The answer that all calls make together."""
    last = called[-1].request
    return replace(
        own,
        understood=own.understood if own.is_covered else word_requests([c.request for c in called], case),
        sentences=tuple(dict.fromkeys(s for c in called for s in c.sentences)),
        evidence=case.book.evidence,
        is_covered=True,
        disease_ids=own.disease_ids or last.disease_ids,
    )


def _ground(sentence: ModelSentence, case: Case, evidence: Sequence[Evidence]) -> Sentence | RemovedClaim:
    """A model's sentence, if the evidence bears it. It may cite inside; else all of it rests on what it lists."""
    text = plain(sentence.text).rstrip(" .")
    if not CITATION.search(text):
        text = " ".join([text, *(f"[{i}]" for i in sentence.evidence_ids)])
    removed = ground_sentence(f"{text}.", case.differential.diagnoses, evidence, case.findings, case.graph)
    if removed is not None:
        return removed
    ids = tuple(dict.fromkeys(i for group in CITATION.findall(text) for i in cited_ids(group)))
    return Sentence(text=f"{without_citations(text, ids)}.", evidence_ids=ids, by_model=True)
