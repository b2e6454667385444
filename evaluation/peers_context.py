"""The peer's half of ``evaluation.negation``: what negspacy and medspacy say of a mention.

Run by the Python of an environment of its own, since spaCy is no dependency of the project. It imports nothing of it,
and asks whichever of the two that environment has, as its manual sets it up and with the terms that it comes with.

In: JSON, a list of mentions, each ``[sentence, start, end]`` with offsets in code points. Out: JSON, name and version
of each peer -> the labels it knows -> one truth value per mention.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

Mentions = list[tuple[str, int, int]]


def judge_by_negspacy(mentions: Mentions) -> dict[str, list[bool]]:
    """Negation only: a blank English pipeline, sentences by punctuation, the clinical terms."""
    import spacy
    from negspacy.negation import Negex  # noqa: F401 - makes the component known
    from negspacy.termsets import termset

    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.add_pipe("negex", config={"neg_termset": termset("en_clinical").get_patterns()})
    sentencizer, negex = nlp.get_pipe("sentencizer"), nlp.get_pipe("negex")
    return {"negated": [bool(negex(doc).ents[0]._.negex) for doc in _documents(nlp, sentencizer, mentions)]}


def judge_by_medspacy(mentions: Mentions) -> dict[str, list[bool]]:
    """All labels of ConText: medspacy's tokens, its sentence splitter and its own rules."""
    import medspacy

    nlp = medspacy.load(enable=["medspacy_tokenizer", "medspacy_pyrush", "medspacy_context"])
    splitter, context = nlp.get_pipe("medspacy_pyrush"), nlp.get_pipe("medspacy_context")
    ents = [context(doc).ents[0]._ for doc in _documents(nlp, splitter, mentions)]
    return {
        "negated": [bool(e.is_negated) for e in ents],
        "historical": [bool(e.is_historical) for e in ents],
        "hypothetical": [bool(e.is_hypothetical) for e in ents],
        "family": [bool(e.is_family) for e in ents],
    }


def _documents(nlp: Any, splitter: Any, mentions: Mentions) -> Any:
    for sentence, start, end in mentions:
        doc = splitter(nlp.make_doc(sentence))
        doc.ents = [doc.char_span(start, end, label="FINDING", alignment_mode="expand")]
        yield doc


PEERS: dict[str, Callable[[Mentions], dict[str, list[bool]]]] = {
    "negspacy": judge_by_negspacy,
    "medspacy": judge_by_medspacy,
}


def main() -> None:
    """Ask those that are there; the reason why not, where none is."""
    mentions = json.load(sys.stdin)
    answers, missing = {}, []
    for name, judge in PEERS.items():
        try:
            answers[f"{name} {version(name)}"] = judge(mentions)
        except ImportError as error:  # also that of a package that is not there
            missing.append(f"{name}: {error}")
    if not answers:
        sys.exit("; ".join(missing))
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
