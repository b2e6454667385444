"""A language model as a reader: it weighs the candidates that the reader ranked, and points at evidence that exists.

Promise: where no answer comes, or none that can be read, the reader's own stays, and the commentary says so. What the
model says is not trusted here either: ``llm.grounding`` checks it like any reader's claims.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from kg.graph import KnowledgeGraph
from kg.schema import Finding
from llm.chat import prompt as prompts
from llm.chat.answer import Answer, answer_schema, claims_within, parse_answer
from llm.chat.prompt import Prompt, build_prompt
from llm.chat.protocol import ChatModel, Rung
from llm.chat.replies import whole_reply
from llm.errors import ModelError
from llm.reader.protocol import Reader, Reading
from llm.reader.ranking import RankingReader
from llm.schema import Claim, Commentary, Diagnosis
from llm.wording import plain
from retrieval.schema import Candidate

MAX_ANSWER_TOKENS = 1024
NO_ANSWER = "The language model gave no answer, so this is the reader's own: {error}"
STOPPED = "The language model was stopped before it had answered, so this is the reader's own answer."
UNREADABLE = "The language model's answer could not be read, so this is the reader's own."
NO_EVIDENCE = "There is no evidence to weigh, so the language model was not asked."
LEFT_OUT = "The language model saw {shown} of {total} {what}: the others did not fit into its context."


class ChatReader:
    """The reader's answer, with a language model's claims, summary and open questions.

    Cheap to make: for an answer that can be cancelled, make one of its own.

    Args:
        model: the language model.
        fallback: the reader whose answer the model gets, and which stands where the model has none.
        max_tokens: of the answer; at most a third of the model's context.
        is_cancelled: asked while the answer comes.
    """

    def __init__(
        self,
        model: ChatModel,
        fallback: Reader | None = None,
        *,
        max_tokens: int = MAX_ANSWER_TOKENS,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self._model = model
        self._fallback = fallback or RankingReader()
        self._max_tokens = tokens_of_answer(model, max_tokens)
        self._is_cancelled = is_cancelled

    @property
    def version(self) -> str:
        """Of the fallback, the model and the prompt."""
        return f"{self._fallback.version}, {plain(self._model.identity, 100)}, {prompts.VERSION}"

    def read(self, graph: KnowledgeGraph, findings: Sequence[Finding], candidates: Sequence[Candidate]) -> Reading:
        """The fallback's reading with what the model adds, before grounding."""
        reading = self._fallback.read(graph, findings, candidates)
        if not reading.evidence:
            return self._without_model(reading, NO_EVIDENCE)
        try:
            prompt = prompt_for(self._model, reading, findings, graph, self._max_tokens)
            text = whole_reply(
                self._model,
                prompt.messages,
                schema=answer_schema(prompt, claims_within(self._max_tokens)),
                max_tokens=self._max_tokens,
                is_cancelled=self._is_cancelled,
            )
        except ModelError as error:
            return self._without_model(reading, NO_ANSWER.format(error=plain(str(error), 300)))
        if text is None:
            return self._without_model(reading, STOPPED)
        answer = parse_answer(text, prompt)
        if answer is None:
            return self._without_model(reading, UNREADABLE)
        return self._joined(reading, prompt, answer)

    def _without_model(self, reading: Reading, note: str) -> Reading:
        commentary = Commentary(model=plain(self._model.identity, 100), rung=Rung.READER, notes=(note,))
        return replace(reading, commentary=commentary)

    def _joined(self, reading: Reading, prompt: Prompt, answer: Answer) -> Reading:
        diagnoses = _with_claims(reading.diagnoses, answer.claims)
        notes = [
            LEFT_OUT.format(shown=shown, total=total, what=what)
            for shown, total, what in (
                (len(prompt.evidence_ids), prompt.n_evidence, "pieces of evidence"),
                (len(prompt.diseases), prompt.n_candidates, "candidates"),
            )
            if shown < total
        ]
        return Reading(
            diagnoses=diagnoses,
            evidence=reading.evidence,
            removed=(*reading.removed, *answer.removed),
            commentary=Commentary(
                model=plain(self._model.identity, 100),
                rung=self._model.rung,
                summary=answer.summary,
                questions=answer.questions,
                notes=(*notes, *answer.notes),
            ),
        )


def tokens_of_answer(model: ChatModel, max_tokens: int = MAX_ANSWER_TOKENS) -> int:
    """How many tokens a model's answer may have: at most a third of its context."""
    return min(max_tokens, model.context_size // 3)


def prompt_for(
    model: ChatModel, reading: Reading, findings: Sequence[Finding], graph: KnowledgeGraph, max_tokens: int
) -> Prompt:
    """The case as this model is shown it, with room for an answer of so many tokens. Raises ModelError."""
    return build_prompt(
        reading,
        findings,
        graph,
        count_tokens=model.count_tokens,
        budget=model.context_size - max_tokens,
        n_claims=claims_within(max_tokens),
    )


def _with_claims(diagnoses: Sequence[Diagnosis], claims: Sequence[Claim]) -> tuple[Diagnosis, ...]:
    """Diagnoses with the model's claims after the reader's."""
    return tuple(
        replace(d, claims=(*d.claims, *(c for c in claims if c.disease_id == d.disease_id))) for d in diagnoses
    )
