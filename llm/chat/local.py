"""Any causal language model of transformers, on this machine.

Decoding is greedy and, with a schema, constrained: the answer cannot leave the schema. A prompt that does not fit is
refused, never cut. One answer at a time: whoever serves many users runs a server (``llm.chat.server``).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from threading import Event, Semaphore
from typing import Any

from kg.errors import NotReadyError
from llm.chat.constrained import SchemaConstraint, SchemaDecoder
from llm.chat.protocol import JsonSchema, Message, Role, Rung
from llm.chat.streaming import Emit, IncrementalText, ThoughtFilter, admission, pieces_from_thread, until_marker
from llm.chat.weights import CausalModel, load_causal_model
from llm.errors import ModelError

DEFAULT_CONTEXT_SIZE = 4096
"""Tokens, for a model that does not say how many it was made for."""

_PLAIN_NAMES = {Role.SYSTEM: "System", Role.USER: "User", Role.ASSISTANT: "Assistant"}


class LocalChatModel:
    """A language model in this process.

    Args:
        model: see ``load_causal_model``.
        context_size: tokens that prompt and answer may have together; default: what the model was made for.

    Raises:
        ModelError: the model was made for fewer tokens.
        NotReadyError: transformers is too old to keep control tokens in a text apart from its own.
    """

    rung = Rung.CONSTRAINED

    def __init__(self, model: CausalModel, *, context_size: int | None = None) -> None:
        self._model = model
        self.identity = model.identity
        self.context_size = _checked_context_size(context_size, model)
        self._places = Semaphore(1)
        if "sanitize_control_tokens" not in inspect.signature(model.tokenizer.apply_chat_template).parameters:
            raise NotReadyError("a local language model needs transformers 5.23 or newer: pip install -U transformers")

    @classmethod
    def load(
        cls, name: str, *, adapter: Path | None = None, context_size: int | None = None, quantise: bool = False
    ) -> LocalChatModel:
        """From a folder or the local cache. Raises NotReadyError, ModelError: see ``load_causal_model``."""
        return cls(load_causal_model(name, adapter=adapter, quantise=quantise), context_size=context_size)

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Tokens of the prompt, with the template. Raises ModelError: see ``reply``."""
        return len(self.encode(messages))

    def reply(
        self,
        messages: Sequence[Message],
        *,
        schema: JsonSchema | None = None,
        max_tokens: int = 1024,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[str]:
        """The answer, piece by piece; prose that reaches ``max_tokens`` ends there.

        Raises:
            NotReadyError: llguidance is not installed.
            ModelError: the prompt and ``max_tokens`` do not fit into the context; the schema is none; an answer in a
                schema was not whole at ``max_tokens``; the model said nothing; the device has no memory left.
        """
        prompt = self.encode(messages)
        if len(prompt) + max_tokens > self.context_size:
            raise ModelError(
                f"the prompt has {len(prompt)} tokens and the answer may have {max_tokens}, and {self.identity} reads "
                f"{self.context_size} together: show less evidence, or take a model with a larger context"
            )
        constraint = self._decoder.constrain(schema) if schema is not None else None

        def produce(emit: Emit, stop: Event) -> None:
            self._generate(prompt, constraint, max_tokens, emit, stop)

        with admission(self._places, is_cancelled) as is_admitted:
            if not is_admitted:
                return
            pieces = pieces_from_thread(produce, is_cancelled)
            try:
                yield from pieces if schema is not None or self._has_template else until_marker(pieces, _PLAIN_TURNS)
            finally:
                pieces.close()

    def log_likelihoods(self, messages: Sequence[Message], answers: Sequence[str]) -> list[float]:
        """Natural logarithm of the probability of each answer after the messages; a reading of the prompt for each.

        Raises:
            ModelError: prompt and answer do not fit into the context, or an answer is empty.
        """
        import torch

        prompt = self.encode(messages)
        found = []
        for answer in answers:
            ids = self.encode_answer(answer)
            if not ids or len(prompt) + len(ids) > self.context_size:
                raise ModelError(
                    f"{self.identity} cannot say how likely {answer[:40]!r} is after {len(prompt)} tokens: it reads "
                    f"{self.context_size} together, and an answer has at least one"
                )
            inputs = torch.tensor([prompt + ids], device=self._model.device)
            with self._places, torch.inference_mode():
                logits = self._model.network(input_ids=inputs, attention_mask=torch.ones_like(inputs)).logits
            told = logits[0, len(prompt) - 1 : -1].float().log_softmax(-1)
            found.append(float(told[torch.arange(len(ids)), torch.tensor(ids)].sum()))
        return found

    def encode(self, messages: Sequence[Message]) -> list[int]:
        """Token ids of the prompt; control tokens within a message are read as plain text. Raises ModelError."""
        if not self._has_template:
            ids = self._model.tokenizer(_plain_prompt(messages), split_special_tokens=True).input_ids
            return list(ids)
        from jinja2 import TemplateError

        try:
            return self._apply_template(messages)
        except TemplateError:  # such as Gemma's, which knows no system message
            try:
                return self._apply_template(_without_system(messages))
            except TemplateError as error:
                raise ModelError(f"the chat template of {self.identity} refuses the conversation: {error}") from error

    def encode_answer(self, answer: str) -> list[int]:
        """Token ids of an answer after any prompt, without the one that ends it."""
        return list(self._model.tokenizer(answer, add_special_tokens=False, split_special_tokens=True).input_ids)

    @cached_property
    def end_id(self) -> int:
        """The token that ends an answer: of those that may, the one that the chat template writes."""
        if not self._has_template:
            return self._model.end_ids[0]
        turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
        written = reversed(self._model.tokenizer.apply_chat_template(turns, return_dict=False))
        return next((token for token in written if token in self._model.end_ids), self._model.end_ids[0])

    @cached_property
    def _decoder(self) -> SchemaDecoder:
        network = self._model.network
        n_scores = network.config.get_text_config().vocab_size
        return SchemaDecoder(self._model.tokenizer, n_scores, self._model.end_ids)

    @property
    def _has_template(self) -> bool:
        return self._model.tokenizer.chat_template is not None

    def _generate(
        self, prompt: list[int], constraint: SchemaConstraint | None, max_tokens: int, emit: Emit, stop: Event
    ) -> None:
        """Runs in a thread of its own; emits the answer's text and ends when it is whole, or ``stop`` is set."""
        import torch
        from transformers import LogitsProcessorList, StoppingCriteriaList

        def is_stopped(input_ids: torch.Tensor, *_: Any, **__: Any) -> torch.Tensor:
            return torch.full((input_ids.shape[0],), stop.is_set(), dtype=torch.bool, device=input_ids.device)

        answer = _Answer(self._model.tokenizer, emit)
        inputs = torch.tensor([prompt], device=self._model.device)
        try:
            self._model.network.generate(
                input_ids=inputs,
                attention_mask=torch.ones_like(inputs),
                max_new_tokens=max_tokens,
                streamer=answer,
                stopping_criteria=StoppingCriteriaList([is_stopped]),
                logits_processor=LogitsProcessorList([constraint] if constraint else []),
            )
        except torch.OutOfMemoryError as error:
            raise ModelError(
                f"the {self._model.device} has no memory left for a prompt of {len(prompt)} tokens: show less "
                "evidence, quantise the model (--quantise) or take a smaller one"
            ) from error
        except RuntimeError as error:  # of torch: what a kernel cannot do on this device
            reason = str(error).partition("\n")[0]
            raise ModelError(f"{self.identity} failed on the {self._model.device}: {reason}") from error
        if stop.is_set():
            return
        if constraint is not None and not constraint.is_complete(answer.tokens):
            raise ModelError(
                f"{self.identity} was not done after {max_tokens} tokens, so its answer broke off: allow it more"
            )
        if answer.is_empty:
            raise ModelError(f"{self.identity} gave no answer: ask again, or take another model")

    def _apply_template(self, messages: Sequence[Message]) -> list[int]:
        ids = self._model.tokenizer.apply_chat_template(
            [{"role": m.role.value, "content": m.text} for m in messages],
            add_generation_prompt=True,
            sanitize_control_tokens=True,  # a text from outside must not begin a turn of its own
            return_dict=False,
            enable_thinking=False,  # of models that can also think aloud first (Qwen3); others ignore it
        )
        return list(ids)


class _Answer:
    """Takes tokens from ``generate`` and hands on their text."""

    def __init__(self, tokenizer: Any, emit: Emit) -> None:
        def decode(tokens: list[int]) -> str:
            return str(tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False))

        self._text = IncrementalText(decode)
        self._thoughts = ThoughtFilter()
        self._emit = emit
        self._is_prompt = True
        self.tokens: list[int] = []
        self.is_empty = True

    def put(self, tokens: Any) -> None:
        """One token, shape [1]; the first call has the prompt, shape [1, n]."""
        if self._is_prompt:
            self._is_prompt = False
            return
        self.tokens.append(int(tokens[0]))
        self._hand_on(self._thoughts.push(self._text.push(self.tokens[-1])))

    def end(self) -> None:
        """The last token has come."""
        self._hand_on(self._thoughts.push(self._text.end()) + self._thoughts.end())

    def _hand_on(self, piece: str) -> None:
        if piece:
            self.is_empty = self.is_empty and not piece.strip()
            self._emit(piece)


def _checked_context_size(asked: int | None, model: CausalModel) -> int:
    limit = model.max_context_size
    if asked is None:
        return limit or DEFAULT_CONTEXT_SIZE
    if limit is not None and asked > limit:
        raise ModelError(f"{model.identity} was made for {limit} tokens, not for {asked}: ask for fewer")
    return asked


def _plain_prompt(messages: Sequence[Message]) -> str:
    """For a model without a chat template: who speaks, in words."""
    turns = [f"{_PLAIN_NAMES[message.role]}: {message.text}\n\n" for message in messages]
    return "".join(turns) + "Assistant:"


_PLAIN_TURNS = tuple(f"\n{name}:" for name in _PLAIN_NAMES.values())
"""Where such a model begins to speak for another."""


def _without_system(messages: Sequence[Message]) -> list[Message]:
    """The same conversation with what the system says put before the first turn."""
    told = [m.text for m in messages if m.role is Role.SYSTEM]
    turns = [m for m in messages if m.role is not Role.SYSTEM]
    if not told or not turns:
        return turns
    first = Message(role=turns[0].role, text="\n\n".join([*told, turns[0].text]))
    return [first, *turns[1:]]
