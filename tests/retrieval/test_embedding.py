"""Unit vectors, the same by the quick way and in bulk, from folders on this machine and nothing else."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from retrieval.embedding import BUNDLED, MINILM_SHA256, SentenceEmbedder, Vectors, bundled_embedder, packaged_minilm
from retrieval.errors import EmbedderError
from retrieval.static import StaticModel

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
PIECES = ("findings", "not", "seen", "seizure", "ataxia", "abnormal", "gait", "##s", "hearing", "##less")
WORDS = (*SPECIAL, ":", ",", ".", *PIECES)
TEXTS = (
    "Findings: seizure, ataxia.",
    "Findings: Abnormal gait. Not seen: hearing.",
    "seizures",
    "",
    "unheard of",
    "seizure, ataxia, abnormal gait, hearing. " * 10,  # longer than the model reads
)
MAX_LENGTH = 24
DIMENSION = 16

TABLE = np.array([[0, 0, 0], [3, 0, 0], [0, 4, 0], [0, 0, 5], [1, -1, 0.5]], np.float32)
STATIC_WORDS = {"[UNK]": 0, "seizure": 1, "ataxia": 2, "gait": 3, "##s": 4}

NO_TORCH = """
import sys
from pathlib import Path
from retrieval.embedding import SentenceEmbedder, bundled_embedder

embedder = SentenceEmbedder(Path(sys.argv[1])) if sys.argv[1:] else bundled_embedder()
print(embedder.encode(["seizure"]).shape[0], embedder.encode(["seizure", "ataxia"]).shape[0])
print([m for m in ("torch", "transformers", "sentence_transformers") if m in sys.modules])
"""

NO_NETWORK = """
import socket, sys

def refuse(event, args):
    if event == "socket.getaddrinfo" or (event == "socket.connect" and args[0].family != socket.AF_UNIX):
        raise RuntimeError(f"{event} {args[1:]}")

sys.addaudithook(refuse)
from pathlib import Path
from retrieval.embedding import SentenceEmbedder

embedder = SentenceEmbedder(Path(sys.argv[1]))
print(embedder.encode(["seizure"]).shape, embedder.encode(["seizure", "ataxia"]).shape)
"""


def save_bert(folder: Path, activation: str = "gelu") -> Path:
    """A random two-layer BERT with a vocabulary of its own."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.WordPiece({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))  # noqa: S106
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", WORDS.index("[CLS]")), ("[SEP]", WORDS.index("[SEP]"))]
    )
    named = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep", "mask")}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **named).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=DIMENSION,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
        hidden_act=activation,
    )
    BertModel(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of small models with the same weights that pool, normalise or prompt in different ways."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers import models as modules

    root = tmp_path_factory.mktemp("models")
    bert = modules.Transformer(str(save_bert(root / "transformer")))
    bert.max_seq_length = MAX_LENGTH

    def save(name: str, *parts: Any, transformer: Any = bert, **settings: Any) -> None:
        SentenceTransformer(modules=[transformer, *parts], device="cpu", **settings).save(str(root / name))

    def pooling(mode: str | tuple[str, ...]) -> Any:
        return modules.Pooling(DIMENSION, pooling_mode=mode)

    save("mean", pooling("mean"), modules.Normalize())
    save("cls", pooling("cls"), modules.Normalize())
    save("mean-and-cls", pooling(("cls", "mean")), modules.Normalize())
    save("not-normalised", pooling("mean"))
    save("prompted", pooling("mean"), modules.Normalize(), prompts={"q": "seizure "}, default_prompt_name="q")
    relu = modules.Transformer(str(save_bert(root / "relu-transformer", "relu")))
    save("relu", pooling("mean"), modules.Normalize(), transformer=relu)
    write_old_settings(shutil.copytree(root / "mean", root / "mean-old"))
    return root


def write_old_settings(folder: Path) -> None:
    """Settings as sentence-transformers wrote them before version 5, when MiniLM was made."""
    (folder / "sentence_bert_config.json").write_text(
        json.dumps({"max_seq_length": MAX_LENGTH, "do_lower_case": False})
    )
    flags = {f"pooling_mode_{mode}": mode == "mean_tokens" for mode in ("cls_token", "mean_tokens", "max_tokens")}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"word_embedding_dimension": DIMENSION, **flags}))


def one_by_one(embedder: SentenceEmbedder, texts: Sequence[str] = TEXTS) -> Vectors:
    return np.concatenate([embedder.encode([text]) for text in texts])


@pytest.mark.parametrize("name", ["mean", "mean-old", "cls", "mean-and-cls", "not-normalised", "prompted", "relu"])
def test_one_text_alone_is_the_same_vector_as_among_others(models: Path, name: str):
    embedder = SentenceEmbedder(models / name)
    in_bulk = embedder.encode(TEXTS)
    assert in_bulk.dtype == np.float32
    assert in_bulk.shape == (len(TEXTS), 2 * DIMENSION if name == "mean-and-cls" else DIMENSION)
    np.testing.assert_allclose(np.linalg.norm(in_bulk, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(one_by_one(embedder), in_bulk, atol=1e-5)


def static_tokenizer() -> Any:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    tokenizer = Tokenizer(models.WordPiece(STATIC_WORDS, unk_token="[UNK]"))  # noqa: S106
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return tokenizer


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same token vectors, saved by ``StaticModel`` and by sentence-transformers in its own ways."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Normalize
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    root = tmp_path_factory.mktemp("static")
    (root / "own").mkdir()
    StaticModel(static_tokenizer(), TABLE).save(root / "own")
    for name, rest in (("saved", [Normalize()]), ("bare", [])):
        embedding = StaticEmbedding(static_tokenizer(), TABLE)
        SentenceTransformer(modules=[embedding, *rest], device="cpu").save(str(root / name))
    prompted = SentenceTransformer(
        modules=[StaticEmbedding(static_tokenizer(), TABLE), Normalize()],
        device="cpu",
        prompts={"q": "gait "},
        default_prompt_name="q",
    )
    prompted.save(str(root / "prompted"))
    return root


@pytest.mark.parametrize("name", ["own", "saved", "bare"])
def test_a_static_embedding_by_hand(static: Path, name: str):
    """The mean of the tokens' vectors, at unit length; zeros where there is no token."""
    embedder = SentenceEmbedder(static / name)
    vectors = embedder.encode(["Seizure ataxia", "seizure seizure ataxia", "gaits", "", "unheard"])
    expected = [[0.6, 0.8, 0], [6 / 52**0.5, 4 / 52**0.5, 0], [1 / 32.25**0.5, -1 / 32.25**0.5, 5.5 / 32.25**0.5]]
    np.testing.assert_allclose(vectors, [*expected, [0, 0, 0], [0, 0, 0]], atol=3e-3 if name == "own" else 1e-6)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(embedder.encode(["gaits"])[0], vectors[2], atol=1e-6)
    assert embedder.encode([]).shape == (0, 3)


@pytest.mark.parametrize("name", ["own", "saved", "bare", "prompted"])
def test_a_static_embedding_is_that_of_sentence_transformers(static: Path, name: str):
    from sentence_transformers import SentenceTransformer

    texts = ["Seizure ataxia", "gaits", "", "unheard of seizures", "seizure " * 600]
    theirs = SentenceTransformer(str(static / name), device="cpu").encode(texts, normalize_embeddings=True)
    np.testing.assert_allclose(SentenceEmbedder(static / name).encode(texts), theirs, atol=1e-6)


def test_a_static_embedding_needs_no_torch(static: Path):
    done = subprocess.run(
        [sys.executable, "-c", NO_TORCH, str(static / "own")], capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == ["1 2", "[]"], done.stderr


@pytest.mark.parametrize("damage", ["{}", "", '{"model": 1}'])
@pytest.mark.parametrize("texts", [["seizure"], ["seizure", "ataxia"]])
def test_a_damaged_tokenizer_is_refused(static: Path, tmp_path: Path, damage: str, texts: list[str]):
    copy = shutil.copytree(static / "own", tmp_path / "damaged")
    (copy / "tokenizer.json").write_text(damage)
    with pytest.raises(EmbedderError, match="damaged cannot be loaded: ") as e:
        SentenceEmbedder(copy).encode(texts)
    assert "\n" not in str(e.value)


def test_a_table_that_is_too_small_is_refused(static: Path, tmp_path: Path):
    copy = shutil.copytree(static / "saved", tmp_path / "short")
    save_file({"embedding.weight": TABLE[:3]}, copy / "model.safetensors")
    with pytest.raises(EmbedderError, match="short cannot be loaded: expected a vector for each of 5 tokens, got 3"):
        SentenceEmbedder(copy).encode(["seizure"])


def test_vectors_by_hand(models: Path):
    """Mean of the hidden states over all tokens, scaled to length one."""
    import torch
    from transformers import BertModel

    tokens = [WORDS.index(word) for word in ("[CLS]", "findings", ":", "seizure", "##s", ".", "[SEP]")]
    with torch.inference_mode():
        hidden = BertModel.from_pretrained(models / "mean").eval()(torch.tensor([tokens])).last_hidden_state[0].numpy()
    expected = hidden.mean(axis=0) / np.linalg.norm(hidden.mean(axis=0))
    np.testing.assert_allclose(
        SentenceEmbedder(models / "mean").encode(["Findings: seizures."])[0], expected, atol=1e-6
    )


def test_a_long_text_is_cut_where_the_model_ends(models: Path):
    embedder = SentenceEmbedder(models / "mean")
    as_read = " ".join(["seizure"] * (MAX_LENGTH - 2))  # and two special tokens
    np.testing.assert_array_equal(embedder.encode([as_read + " ataxia gait"]), embedder.encode([as_read]))
    assert np.abs(embedder.encode([as_read[8:] + " ataxia"]) - embedder.encode([as_read])).max() > 1e-3


def test_the_identity_tells_models_of_the_same_weights_apart(models: Path, tmp_path: Path):
    copy = shutil.copytree(models / "mean", tmp_path / "mean")
    same = SentenceEmbedder(copy).identity
    assert same == SentenceEmbedder(models / "mean").identity
    assert same.startswith("mean@sha256:")
    shutil.copy(models / "cls" / "1_Pooling" / "config.json", copy / "1_Pooling" / "config.json")
    assert SentenceEmbedder(copy).identity != same


def test_the_identity_changes_with_the_weights(models: Path, tmp_path: Path):
    copy = shutil.copytree(models / "mean", tmp_path / "mean")
    before = SentenceEmbedder(copy).identity
    weights = load_file(copy / "model.safetensors")
    name = next(iter(weights))
    save_file(weights | {name: weights[name] + 1}, copy / "model.safetensors", metadata={"format": "pt"})
    assert SentenceEmbedder(copy).identity != before


def test_other_weights_than_the_published_are_refused(models: Path):
    with pytest.raises(EmbedderError, match=rf"have SHA-256 .*, expected {MINILM_SHA256[:16]}\.\.\.; reinstall") as e:
        SentenceEmbedder(models / "mean", expected_sha256=MINILM_SHA256)
    assert "\n" not in str(e.value)


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path, models: Path):
    for folder in (tmp_path, tmp_path / "nowhere", models / "transformer"):
        with pytest.raises(EmbedderError, match=f"{folder.name} is not a sentence-transformers model") as e:
            SentenceEmbedder(folder)
        assert "\n" not in str(e.value)


@pytest.mark.parametrize("texts", [["seizure"], ["seizure", "ataxia"]])
def test_damaged_weights_are_refused(models: Path, tmp_path: Path, texts: list[str]):
    copy = shutil.copytree(models / "mean", tmp_path / "damaged")
    weights = (copy / "model.safetensors").read_bytes()
    (copy / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    with pytest.raises(EmbedderError, match="damaged cannot be loaded: ") as e:
        SentenceEmbedder(copy).encode(texts)
    assert "\n" not in str(e.value)


def test_nothing_is_asked_of_the_network(models: Path):
    done = subprocess.run(
        [sys.executable, "-c", NO_NETWORK, str(models / "mean")], capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.returncode) == (f"(1, {DIMENSION}) (2, {DIMENSION})", 0), done.stderr


@pytest.mark.release
def test_the_bundled_model_is_small_and_both_ways_agree():
    from sentence_transformers import SentenceTransformer

    embedder = bundled_embedder()
    assert embedder.identity.startswith("citedx-embedder@sha256:")
    assert sum(path.stat().st_size for path in BUNDLED.rglob("*")) < 25_000_000
    texts = [
        *TEXTS,
        "Findings: stereotypical hand wringing, loss of speech. Not seen: hearing impairment.",
        "Naïve β-cell 5.5 µg/l, œdème\n\nÜber 😀 \u200b\x00",
        "word " * 600,
    ]
    vectors = embedder.encode(texts)
    theirs = SentenceTransformer(str(BUNDLED), device="cpu").encode(texts, normalize_embeddings=True)
    np.testing.assert_allclose(vectors, theirs, rtol=0, atol=1e-5)
    np.testing.assert_allclose(one_by_one(embedder, texts), vectors, rtol=0, atol=1e-5)


@pytest.mark.release
def test_the_bundled_model_needs_no_torch():
    done = subprocess.run([sys.executable, "-c", NO_TORCH], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == ["1 2", "[]"], done.stderr


@pytest.mark.release
@pytest.mark.parametrize("make", [bundled_embedder, packaged_minilm])
def test_the_models_know_what_is_alike(make: Any):
    vectors = make().encode(["seizures", "epileptic fits", "short thumb"])
    similarities = vectors @ vectors.T
    assert similarities[0, 1] > 0.35 > 0.2 > similarities[0, 2]


def test_the_packaged_minilm_is_the_published_one():
    embedder = packaged_minilm()
    assert embedder.identity == f"all-MiniLM-L6-v2@sha256:{MINILM_SHA256[:16]}"
    assert embedder.vocabulary()[100:103] == ("[UNK]", "[CLS]", "[SEP]")
