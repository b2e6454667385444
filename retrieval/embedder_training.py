"""Training of the project's own embedder: wordings of one term near each other, cases of one disease near each other.

Promise: one run in minutes on one core; the same graph, teacher and seed give the same weights. Tokens start as the
teacher's vectors of the words, projected by a matrix that is trained with them, so that words which no wording of
the ontology holds move along. The loss is InfoNCE over the batch (van den Oord et al. 2018, arXiv:1807.03748; as
MultipleNegativesRankingLoss in Reimers and Gurevych 2019); siblings of the hierarchy share a batch and are its hard
negatives, and so is what findings are about ("adrenal gland"). Words as vectors of a transformer: model2vec,
https://github.com/MinishLab/model2vec.

No published patient is seen: cases are drawn from those statements about a disease that name no publication, so no
fold over publications ever holds out what the weights were trained on.
"""

from __future__ import annotations

import json
import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from safetensors import SafetensorError
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers
from tqdm import tqdm

from kg.arrays import Floats
from kg.errors import StorageError
from kg.graph import KnowledgeGraph
from retrieval.embedding import Embedder, SentenceEmbedder
from retrieval.fusion_training import one_thread
from retrieval.linking import Wording, neutral_wordings, wordings_of
from retrieval.static import StaticModel

if TYPE_CHECKING:
    import torch

_LOG = logging.getLogger(__name__)

_UNKNOWN = "[UNK]"
_MIN_FINDINGS = 4  # of a disease that cases are drawn from
Ids = Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedderSettings:
    """How the embedder is trained; docs/log.md says what was tried."""

    dimension: int = 256
    n_epochs: int = 12
    """Times that every term is seen."""
    n_terms: int = 1024
    """In a batch."""
    n_diseases: int = 512
    """In a batch, each with two cases."""
    temperature: float = 0.05
    case_temperature: float = 0.05
    case_weight: float = 0.5
    """Of the loss of cases beside the loss of wordings."""
    definition_share: float = 0.15
    """Pairs in which a definition stands for a wording."""
    n_findings: float = 8.0
    """Of a drawn case, on average."""
    parent_share: float = 0.2
    """Findings of drawn cases that are worded as a more general term."""
    dropout: float = 0.15
    """Share of tokens left out."""
    piece_share: float = 0.15
    """Wordings cut into pieces, as words outside the vocabulary are."""
    neutral_share: float = 0.5
    """Terms of a batch whose organ, test or substance stands among the negatives."""
    decay: float = 1e-6
    """Weight of the squared distance from the projected first vectors."""
    table_rate: float = 2e-3
    projection_rate: float = 1e-3
    commonness: float = 1e-3
    """Share of the running words above which a word starts with less weight (Arora et al. 2017, SIF)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingText:
    """What is learnt from."""

    wordings: dict[str, tuple[str, ...]]
    """Term -> its wordings, the name first."""
    definitions: dict[str, str]
    families: tuple[tuple[str, ...], ...]
    """Terms that share a parent."""
    parents: dict[str, tuple[str, ...]]
    profiles: tuple[tuple[tuple[str, float], ...], ...]
    """Per disease: findings and how often they are seen, a proportion."""
    disease_names: tuple[str, ...]

    @property
    def sentences(self) -> Iterator[str]:
        """All texts whose words make the vocabulary."""
        for texts in self.wordings.values():
            yield from texts
        yield from self.definitions.values()
        yield from self.disease_names


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedEmbedder:
    """The model, and how the training went."""

    model: StaticModel
    losses: tuple[tuple[float, float], ...]
    """Per epoch: mean loss of wordings and of cases."""


def collect_text(graph: KnowledgeGraph, held_out: frozenset[Wording] = frozenset()) -> TrainingText:
    """The texts of a graph's ontology and diseases.

    Args:
        graph: of statements about diseases those that name a publication are left out.
        held_out: wordings to be tested on; a definition that quotes one of its own term's goes with them.
    """
    ontology = graph.ontology
    terms = sorted(ontology.phenotypic_abnormalities)
    wordings: dict[str, list[str]] = {t: [] for t in terms}
    hidden: dict[str, list[str]] = {}
    for wording in wordings_of(ontology):
        (hidden.setdefault(wording.term_id, []) if wording in held_out else wordings[wording.term_id]).append(
            wording.text
        )
    definitions = {t: ontology.terms[t].definition for t in terms if ontology.terms[t].definition}
    quoting = [t for t, texts in hidden.items() if any(w.lower() in definitions.get(t, "").lower() for w in texts)]
    children = {t: tuple(c for c in ontology.children(t) if c in wordings) for t in sorted(ontology.terms)}
    return TrainingText(
        wordings={t: tuple(texts) for t, texts in wordings.items()},
        definitions={t: text for t, text in definitions.items() if t not in quoting},
        families=tuple(family for family in children.values() if family),
        parents={t: tuple(p for p in ontology.parents(t) if p in wordings) for t in terms},
        profiles=tuple(p for d in graph.diseases if len(p := _unpublished_findings(graph, d)) >= _MIN_FINDINGS),
        disease_names=tuple(disease.name for disease in graph.diseases.values()),
    )


def _unpublished_findings(graph: KnowledgeGraph, disease_id: str) -> tuple[tuple[str, float], ...]:
    known = graph.ontology.phenotypic_abnormalities
    return tuple(
        (a.term_id, a.frequency.midpoint if a.frequency else 0.5)
        for a in graph.findings_of(disease_id)
        if not a.excluded and a.term_id in known and not any(p.reference.startswith("PMID:") for p in a.provenance)
    )


def train_embedder(
    text: TrainingText,
    teacher: Embedder,
    pieces: Sequence[str],
    settings: EmbedderSettings | None = None,
    seed: int = 0,
    *,
    progress: bool = False,
) -> TrainedEmbedder:
    """Fit the token vectors.

    Args:
        text: what is learnt from.
        teacher: gives every token its first vector.
        pieces: the teacher's WordPiece vocabulary; its words and pieces join those of the text.
        settings: of the training.
        seed: of batches, cases and dropout.
        progress: show a bar.
    """
    import torch

    settings = settings or EmbedderSettings()
    counts = Counter(word for sentence in text.sentences for word in _WORD.findall(sentence.lower()))
    vocabulary = _vocabulary(counts, pieces)
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        _LOG.info("first vectors of %d tokens", len(vocabulary))
        start = _first_vectors(vocabulary, counts, teacher, settings, progress=progress)
        tokenizer = _tokenizer(vocabulary)
        sampler = _Sampler(text, tokenizer, _tokenizer(_small(vocabulary, pieces)), settings, seed)
        table, losses = _fit(start, sampler, settings, progress=progress)
    return TrainedEmbedder(model=StaticModel(tokenizer, table), losses=losses)


_WORD = re.compile(r"[a-z0-9]+")


def _vocabulary(counts: Counter[str], pieces: Sequence[str]) -> dict[str, int]:
    """Token -> row: the words of text and teacher, then the teacher's pieces, which follow ``##``."""
    words = {*counts, *(p for p in pieces if _WORD.fullmatch(p))}
    inner = sorted(p for p in pieces if p.startswith("##") and _WORD.fullmatch(p[2:]))
    return {token: i for i, token in enumerate([_UNKNOWN, *sorted(words), *inner])}


def _small(vocabulary: dict[str, int], pieces: Sequence[str]) -> dict[str, int]:
    """The same rows without the text's own words, so that these are cut into pieces."""
    kept = set(pieces) | {_UNKNOWN}
    return {token: i for token, i in vocabulary.items() if token in kept}


def _tokenizer(vocabulary: dict[str, int]) -> Tokenizer:
    """Lower-cased words without accents and punctuation, cut into the longest pieces that are known."""
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=_UNKNOWN))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.BertNormalizer(lowercase=True), normalizers.Replace(Regex(r"[^\p{L}\p{N}]+"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return tokenizer


def _first_vectors(
    vocabulary: dict[str, int], counts: Counter[str], teacher: Embedder, settings: EmbedderSettings, *, progress: bool
) -> Floats:
    """The teacher's vectors of the tokens, centred, common words made short: shape [n_tokens, teacher's dimension]."""
    tokens = list(vocabulary)
    unique = sorted({token.removeprefix("##") for token in tokens[1:]}, key=lambda word: (len(word), word))
    rows = {word: i for i, word in enumerate(unique)}
    told = teacher.encode(unique, progress=progress)
    told = told - told.mean(axis=0)
    vectors = np.zeros((len(tokens), told.shape[1]), np.float32)  # what is unknown says nothing
    vectors[1:] = told[[rows[token.removeprefix("##")] for token in tokens[1:]]]
    share = np.array([counts[token] + 1 for token in tokens], np.float32)
    share /= share.sum()
    vectors *= (settings.commonness / (settings.commonness + share))[:, None]
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1).mean(), np.float32)


class _Sampler:
    """Draws batches of token ids: pairs of texts that should be near each other."""

    def __init__(
        self, text: TrainingText, tokenizer: Tokenizer, cutter: Tokenizer, settings: EmbedderSettings, seed: int
    ) -> None:
        def ids(of: Tokenizer, texts: Sequence[str]) -> list[Ids]:
            return [e.ids for e in of.encode_batch_fast(list(texts), add_special_tokens=False)]

        self._settings = settings
        self._rng = np.random.default_rng(seed)
        self._terms = list(text.wordings)
        row = {t: i for i, t in enumerate(self._terms)}
        self._whole = [ids(tokenizer, texts) for texts in text.wordings.values()]
        self._cut = [ids(cutter, texts) for texts in text.wordings.values()]
        defined = list(text.definitions)
        self._definitions = dict(
            zip((row[t] for t in defined), ids(tokenizer, [text.definitions[t] for t in defined]), strict=True)
        )
        about = neutral_wordings((t, w) for t, texts in text.wordings.items() for w in texts)
        self._neutral = {row[t]: ids(tokenizer, texts) for t, texts in about.items()}
        self._families = [[row[t] for t in family] for family in text.families]
        self._parents = [[row[p] for p in text.parents[t]] for t in self._terms]
        self._profiles = [([row[t] for t, _ in p], np.array([f for _, f in p])) for p in text.profiles]
        self._heading = ids(tokenizer, ["Findings:"])[0]

    @property
    def n_terms(self) -> int:
        return len(self._terms)

    def term_batches(self) -> Iterator[tuple[list[int], list[Ids], list[Ids], list[Ids]]]:
        """Terms, two texts of each, and what is near them without being one of them; endless.

        Siblings stand together, and every term is seen once in a round.
        """
        waiting: list[int] = []
        size = min(self._settings.n_terms, self.n_terms)
        while True:
            while len(waiting) < size:
                order = self._rng.permutation(len(self._families))
                waiting += dict.fromkeys(term for i in order for term in self._families[i])
            batch, waiting = waiting[:size], waiting[size:]
            pairs = [self._pair(term) for term in batch]
            yield batch, [a for a, _ in pairs], [b for _, b in pairs], list(self._near(batch))

    def _near(self, batch: Sequence[int]) -> Iterator[Ids]:
        for term in batch:
            neutral = self._neutral.get(term)
            if neutral and self._rng.random() < self._settings.neutral_share:
                yield neutral[self._rng.integers(len(neutral))]

    def _pair(self, term: int) -> tuple[Ids, Ids]:
        """Two wordings, or a wording and the definition; of a single wording two readings."""
        n = len(self._whole[term])
        first, second = self._rng.permutation(n)[:2] if n > 1 else (0, 0)
        share = self._settings.definition_share if n > 1 else 0.5
        if term in self._definitions and self._rng.random() < share:
            return self._thinned(self._definitions[term]), self._wording(term, second)
        return self._wording(term, first), self._wording(term, second)

    def _wording(self, term: int, i: int) -> Ids:
        is_cut = self._rng.random() < self._settings.piece_share
        return self._thinned((self._cut if is_cut else self._whole)[term][i])

    def _thinned(self, ids: Ids) -> Ids:
        if len(ids) < 3:
            return ids
        kept = self._rng.random(len(ids)) >= self._settings.dropout
        return [i for i, keep in zip(ids, kept, strict=True) if keep] or ids

    def case_batches(self) -> Iterator[tuple[list[Ids], list[Ids]]]:
        """Two drawn cases of each of some diseases; endless."""
        n = len(self._profiles)
        while True:
            drawn = self._rng.choice(n, min(self._settings.n_diseases, n), replace=False)
            yield [self._case(i) for i in drawn], [self._case(i) for i in drawn]

    def _case(self, disease: int) -> Ids:
        """Findings of a disease as often as they are seen, in any order, worded as ``retrieval.cases`` words them."""
        rng, (terms, frequencies) = self._rng, self._profiles[disease]
        n_wanted = max(2, 1 + int(rng.gamma(2.0, self._settings.n_findings / 2)))
        likely = rng.random(len(terms)) < np.maximum(0.1, frequencies)
        order = rng.permutation(len(terms))
        chosen = [terms[i] for i in order if likely[i]][:n_wanted]
        if len(chosen) < 2:
            chosen = [terms[i] for i in order[:2]]
        ids = list(self._heading)
        for term in chosen:
            parents = self._parents[term]
            if parents and rng.random() < self._settings.parent_share:
                term = parents[rng.integers(len(parents))]
            ids += self._whole[term][0]
        return ids


def _fit(
    start: Floats, sampler: _Sampler, settings: EmbedderSettings, *, progress: bool
) -> tuple[Floats, tuple[tuple[float, float], ...]]:
    """The trained vectors, shape [n_tokens, dimension], and the mean losses of each epoch."""
    import torch
    from torch.nn import functional

    first = torch.from_numpy(start)
    _, directions = np.linalg.eigh(start.T @ start)
    projection = torch.nn.Parameter(torch.from_numpy(directions[:, ::-1][:, : settings.dimension].copy()))
    table = torch.nn.Parameter(torch.zeros(len(start), settings.dimension))
    groups = [{"params": [projection]}, {"params": [table]}]
    per_epoch = max(1, sampler.n_terms // settings.n_terms)
    optimizer = torch.optim.Adam(groups)
    rates = [settings.projection_rate, settings.table_rate]
    n_steps = settings.n_epochs * per_epoch
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rates, total_steps=n_steps, pct_start=0.1)

    def embed(texts: Sequence[Ids]) -> torch.Tensor:
        if not texts:
            return torch.zeros(0, settings.dimension)
        flat = torch.tensor([i for ids in texts for i in ids])
        starts = torch.tensor([0, *np.cumsum([len(ids) for ids in texts])[:-1]])
        fixed = functional.embedding_bag(flat, first, starts, mode="mean") @ projection
        return functional.normalize(fixed + functional.embedding_bag(flat, table, starts, mode="mean"), dim=1)

    term_batches, case_batches = sampler.term_batches(), sampler.case_batches()
    losses = []
    for epoch in tqdm(range(settings.n_epochs), desc="training", unit="epoch", disable=not progress):
        sums = np.zeros(2)
        for _ in range(per_epoch):
            terms, some, others, near = next(term_batches)
            loss = _contrast(embed(some), embed(others), settings.temperature, torch.tensor(terms), embed(near))
            ones, twins = next(case_batches)
            case_loss = _contrast(embed(ones), embed(twins), settings.case_temperature)
            optimizer.zero_grad()
            (loss + settings.case_weight * case_loss + settings.decay * table.square().sum()).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            sums += loss.item(), case_loss.item()
        losses.append((float(sums[0] / per_epoch), float(sums[1] / per_epoch)))
        _LOG.info("epoch %d of %d: loss %.3f of wordings, %.3f of cases", epoch + 1, settings.n_epochs, *losses[-1])
    with torch.inference_mode():
        return (first @ projection + table).numpy(), tuple(losses)


def _contrast(
    some: torch.Tensor,
    others: torch.Tensor,
    temperature: float,
    labels: torch.Tensor | None = None,
    near: torch.Tensor | None = None,
) -> torch.Tensor:
    """Cross-entropy of each row's partner among all, both ways.

    Rows of one label are no negatives of each other; ``near`` holds negatives of ``some`` that have no partner.
    """
    import torch
    from torch.nn import functional

    scores = some @ others.T / temperature
    if labels is not None:
        same = labels[:, None] == labels[None, :]
        scores = scores.masked_fill(same.fill_diagonal_(False), -1e4)
    right = torch.arange(len(some))
    forth = scores if near is None else torch.cat([scores, some @ near.T / temperature], dim=1)
    return (functional.cross_entropy(forth, right) + functional.cross_entropy(scores.T, right)) / 2


def train_from_teacher(
    graph: KnowledgeGraph,
    teacher: SentenceEmbedder,
    held_out: frozenset[Wording] = frozenset(),
    settings: EmbedderSettings | None = None,
    seed: int = 0,
    *,
    progress: bool = False,
) -> TrainedEmbedder:
    """``train_embedder`` on ``collect_text``, with the teacher's own WordPiece vocabulary."""
    return train_embedder(
        collect_text(graph, held_out), teacher, teacher.vocabulary(), settings, seed, progress=progress
    )


def save_embedder(trained: TrainedEmbedder, folder: Path, card: dict[str, object]) -> None:
    """Write a sentence-transformers folder, and ``training.json``, which says how it came about. Raises StorageError.

    Args:
        trained: the model.
        folder: is made where missing.
        card: what a person should know of the training.
    """
    losses = [{"wordings": round(a, 4), "cases": round(b, 4)} for a, b in trained.losses]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trained.model.save(folder)
        described = json.dumps({**card, "losses": losses}, indent=1)
        (folder / "training.json").write_text(described + "\n", encoding="utf-8")
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StorageError(f"cannot write the embedder into {folder}: {reason}") from error
