"""Decoding that cannot leave a JSON schema.

The schema is compiled to a grammar (llguidance); before every token the grammar says which tokens may come, and all
others get a score of minus infinity. An enum of the evidence ids of a case therefore makes an invented id impossible.
It does not make an answer true, and it cannot make a model stop: bound every string and every array of a schema.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kg.errors import NotReadyError, how_to_install
from llm.chat.protocol import JsonSchema
from llm.errors import ModelError

if TYPE_CHECKING:
    import torch

INSTALL_HINT = how_to_install("llm")


class SchemaDecoder:
    """Makes constraints for one tokenizer; reading its vocabulary takes about a second, a schema a millisecond.

    Args:
        tokenizer: a fast tokenizer of transformers.
        vocabulary_size: scores that the model gives per token; may be more than the tokenizer has.
        end_ids: tokens that end an answer.

    Raises:
        NotReadyError: llguidance is not installed.
        ModelError: the tokenizer has no fast form.
    """

    def __init__(self, tokenizer: Any, vocabulary_size: int, end_ids: Sequence[int]) -> None:
        if importlib.util.find_spec("llguidance") is None:
            raise NotReadyError(f"answers in a schema need llguidance: {INSTALL_HINT}")
        import llguidance.hf  # type: ignore[import-not-found, unused-ignore]

        size = max(vocabulary_size, len(tokenizer))
        try:
            self._tokenizer = llguidance.hf.from_tokenizer(tokenizer, n_vocab=size, eos_token=list(end_ids))
        except ValueError as error:
            raise ModelError(f"the model's tokenizer cannot be held to a schema: {error}") from error

    def constrain(self, schema: JsonSchema) -> SchemaConstraint:
        """A constraint for one answer.

        Raises:
            ModelError: the schema is none, or uses what the grammar cannot express.
        """
        return SchemaConstraint(self._tokenizer, schema)


class SchemaConstraint:
    """A logits processor of transformers for one answer, batch of one."""

    def __init__(self, tokenizer: Any, schema: JsonSchema) -> None:
        from llguidance import LLMatcher

        try:
            # Free white space would let a weak model fill its answer with blanks.
            self._grammar = LLMatcher.grammar_from_json_schema(
                json.dumps(schema), defaults={"whitespace_flexible": False}
            )
        except (TypeError, ValueError) as error:
            raise ModelError(f"the answer's schema is not JSON: {error}") from error
        self._tokenizer = tokenizer
        self._matcher = self._new_matcher()
        self._n_read: int | None = None

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Scores with minus infinity for every token that the schema does not allow next.

        Args:
            input_ids: prompt and answer so far, shape [1, n_tokens]; the first call has the prompt alone.
            scores: shape [1, vocabulary].

        Raises:
            ModelError: the answer has left the schema, or the grammar is too complex to follow.
        """
        if self._n_read is not None:
            for token in input_ids[0, self._n_read :].tolist():
                if not self._matcher.is_stopped():
                    self._matcher.consume_token(token)
        self._n_read = input_ids.shape[1]
        allowed = self._allowed(scores.shape[-1]).to(scores.device)
        return scores.masked_fill(~allowed, -float("inf"))

    def is_complete(self, tokens: Sequence[int]) -> bool:
        """Whether these tokens, an end token among them or not, are a whole answer in the schema."""
        matcher = self._new_matcher()
        for token in tokens:
            if matcher.is_stopped():
                break
            matcher.consume_token(token)
        return not matcher.is_error() and bool(matcher.is_accepting() or matcher.is_stopped())

    def _allowed(self, n_scores: int) -> torch.Tensor:
        import numpy as np
        import torch

        bits = np.frombuffer(self._matcher.compute_bitmask(), np.uint8)
        if self._matcher.is_error():
            raise ModelError(f"the answer cannot be held to its schema: {_first_line(self._matcher.get_error())}")
        allowed = np.zeros(n_scores, np.bool_)
        known = np.unpackbits(bits, bitorder="little")[:n_scores]
        allowed[: len(known)] = known
        return torch.from_numpy(allowed)

    def _new_matcher(self) -> Any:
        from llguidance import LLMatcher

        matcher = LLMatcher(self._tokenizer, self._grammar, log_level=0)
        if matcher.is_error():
            raise ModelError(f"the answer's schema cannot be decoded with: {_first_line(matcher.get_error())}")
        return matcher


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]
