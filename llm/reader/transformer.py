"""The built-in reader at work: the transformer ranks the candidates and says what each finding has to do with them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kg.arrays import Floats
from kg.schema import Finding
from llm.reader.batches import read_patient, read_patients
from llm.reader.features import ReaderFeatureExtractor
from llm.reader.model import ReaderModel
from llm.reader.weights import BUNDLED, load_reader
from retrieval.demographics import UNKNOWN, Demographics
from retrieval.features import FeatureExtractor


class TransformerRanker:
    """The reader's model over what is known.

    Args:
        extractor: over what is known.
        model: the weights.
        version: of the weights, for the answer.
    """

    def __init__(self, extractor: FeatureExtractor, model: ReaderModel, version: str = "reader") -> None:
        self._features = ReaderFeatureExtractor(extractor)
        self._model = model
        self.version = version

    @classmethod
    def load(cls, extractor: FeatureExtractor, folder: Path = BUNDLED) -> TransformerRanker:
        """With the weights of a folder. Raises NotReadyError, SourceError: see ``load_reader``."""
        from kg.cache import checksum

        model = load_reader(folder)
        return cls(extractor, model, f"reader@sha256:{checksum(folder / 'model.safetensors')[:12]}")

    def rank(self, findings: Sequence[Finding], person: Demographics = UNKNOWN) -> tuple[list[int], list[float]]:
        """Candidates as indices into the model's groups, best first, and their log-probabilities."""
        inputs = self._features.extract(findings, person)
        if not len(inputs.diseases):
            return [], []
        log_probabilities = read_patient(self._model, inputs)[:-1]
        order = np.argsort(-log_probabilities, kind="stable")
        return inputs.diseases[order].tolist(), log_probabilities[order].tolist()

    def weigh(self, findings: Sequence[Finding], diseases: Sequence[int], person: Demographics = UNKNOWN) -> Floats:
        """What the log-probability of each disease, among these, loses without each finding.

        Every finding that is read by itself (``N_FINDINGS``) is taken away in turn and the patient read again (leave
        one out), so that a weight says what the finding did and not what a formula holds of it; the others, the least
        specific of very many, weigh nothing. Shape [n_findings, n_diseases].
        """
        listed = np.array(diseases, np.int64)
        if not len(listed):
            return np.zeros((len(findings), 0), np.float32)
        telling = {(f.term_id, f.excluded) for f in self._features.most_specific(findings)}
        rows = [i for i, f in enumerate(findings) if (f.term_id, f.excluded) in telling]
        without = [[f for f in findings if f is not findings[i]] for i in rows]
        told = [patient for patient in without if any(not f.excluded for f in patient)]
        read = iter(read_patients(self._model, self._features.describe([findings, *told], listed, person)))
        whole = next(read)[:-1]
        chance = np.full(len(listed), -np.log(len(listed) + 1))  # of a patient of whom nothing is said
        weights = np.zeros((len(findings), len(listed)), np.float32)
        for i, patient in zip(rows, without, strict=True):
            weights[i] = whole - (next(read)[:-1] if any(not f.excluded for f in patient) else chance)
        return weights
