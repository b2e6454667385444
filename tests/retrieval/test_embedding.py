"""Unit vectors, the same by the quick way and in bulk, from folders on this machine and nothing else."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from retrieval.embedding import MINILM_SHA256, SentenceEmbedder, Vectors, bundled_embedder
from retrieval.errors import EmbedderError

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


def one_by_one(embedder: SentenceEmbedder) -> Vectors:
    return np.concatenate([embedder.encode([text]) for text in TEXTS])


@pytest.mark.parametrize("name", ["mean", "mean-old", "cls", "mean-and-cls", "not-normalised", "prompted", "relu"])
def test_one_text_alone_is_the_same_vector_as_among_others(models: Path, name: str):
    embedder = SentenceEmbedder(models / name)
    in_bulk = embedder.encode(TEXTS)
    assert in_bulk.dtype == np.float32
    assert in_bulk.shape == (len(TEXTS), 2 * DIMENSION if name == "mean-and-cls" else DIMENSION)
    np.testing.assert_allclose(np.linalg.norm(in_bulk, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(one_by_one(embedder), in_bulk, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "is_quick"),
    [
        ("mean", True),
        ("mean-old", True),
        ("cls", False),
        ("not-normalised", False),
        ("prompted", False),
        ("relu", False),
    ],
)
def test_the_quick_way_is_for_plain_models_only(models: Path, name: str, is_quick: bool):
    embedder = SentenceEmbedder(models / name)
    embedder.encode(["seizure"])
    assert ("_model" not in vars(embedder)) == is_quick  # sentence-transformers was not asked


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
def test_the_bundled_model_is_the_published_one_and_both_ways_agree():
    embedder = bundled_embedder()
    assert embedder.identity == f"all-MiniLM-L6-v2@sha256:{MINILM_SHA256[:16]}"
    texts = (
        *TEXTS,
        "Findings: stereotypical hand wringing, loss of speech. Not seen: hearing impairment.",
        "word " * 600,
    )
    in_bulk = embedder.encode(texts)
    assert in_bulk.shape == (len(texts), 384)
    alone = np.concatenate([embedder.encode([text]) for text in texts])
    np.testing.assert_allclose(alone, in_bulk, rtol=0, atol=1e-5)


@pytest.mark.release
def test_the_bundled_model_knows_what_is_alike():
    vectors = bundled_embedder().encode(["seizures", "epileptic fits", "short thumb"])
    similarities = vectors @ vectors.T
    assert similarities[0, 1] > 0.5 > similarities[0, 2]
