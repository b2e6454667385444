"""Causal language models on disk: found, checked and loaded onto the fastest device.

Nothing is fetched: a name is a folder, or a model that is in the local cache of the hub. Only safetensors are read
(pickled weights can run code), and code that comes with a model is never run.
"""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kg import cache
from kg.errors import NotReadyError
from llm.chat.constrained import INSTALL_HINT
from llm.devices import fastest_device
from llm.errors import ModelError
from retrieval.embedding import without_bars

if TYPE_CHECKING:
    import torch

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

_PACKAGES = ("torch", "transformers", "accelerate")
_SERVE_HINT = "or serve the model (vLLM, llama.cpp, Ollama) and give the server's address"
_N_SAMPLES = 64
_SAMPLE_BYTES = 4096
_NF4_BYTES = 0.6  # per parameter: 4 bits, their scales, and the layers that stay in 16 bits
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CausalModel:
    """A model in memory, ready to answer."""

    network: Any  # transformers.PreTrainedModel or peft.PeftModel, in evaluation mode
    tokenizer: Any  # transformers.PreTrainedTokenizerBase
    identity: str  # name and checksum, also of the adapter
    device: str  # cuda, mps or cpu
    end_ids: tuple[int, ...]  # tokens that end an answer
    max_context_size: int | None  # tokens that the network was made for; None where it does not say


def load_causal_model(name: str, *, adapter: Path | None = None, quantise: bool = False) -> CausalModel:
    """Load a model and its tokenizer.

    Args:
        name: a folder with ``config.json``, safetensors and a tokenizer, or the id of a model in the local cache.
        adapter: folder of a PEFT adapter for it.
        quantise: weights in 4 bits (NF4), by bitsandbytes.

    Raises:
        NotReadyError: a package or the model is not there.
        ModelError: it is no causal language model, is broken, needs code of its own, or does not fit into memory.
    """
    _require(*_PACKAGES, *(["peft"] if adapter else []), *(["bitsandbytes"] if quantise else []))
    folder = _find_model(name)
    _check_model(folder, name)
    if adapter is not None:
        _check_adapter(adapter)
    device = fastest_device()
    dtype = half_precision(device)
    _check_memory(folder, name, device, _NF4_BYTES if quantise else dtype.itemsize)
    with _loading(name), without_bars():
        tokenizer = _load_tokenizer(folder)
        network = _load_network(folder, device, dtype, quantise=quantise)
        _check_vocabulary(network, tokenizer, name)
        end_ids = _reset_generation(network, tokenizer)
    if adapter is not None:
        with _loading(f"{name} with the adapter {adapter}"):
            network = _with_adapter(network, adapter)
    identity = _identity(folder, name) + (f"+{_identity(adapter, adapter.name)}" if adapter else "")
    _LOG.info("loaded %s on %s in %s", identity, device, dtype)
    return CausalModel(
        network=network.eval(),
        tokenizer=tokenizer,
        identity=identity,
        device=device,
        end_ids=end_ids,
        max_context_size=getattr(network.config.get_text_config(), "max_position_embeddings", None),
    )


def half_precision(device: str) -> torch.dtype:
    """bfloat16 where the device computes in it, else float16 on a GPU and float32 on a CPU, where half is slower."""
    import torch

    if device == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    if device == "mps":
        return torch.bfloat16 if torch.backends.mps.is_macos_or_newer(14, 0) else torch.float16
    can = torch.cpu.get_capabilities()
    return torch.bfloat16 if can.get("avx512_bf16") or can.get("amx_bf16") or can.get("bf16") else torch.float32


def check_memory(name: str, n_needed: float, n_free: float, device: str) -> None:
    """Refuse a model whose weights alone do not fit; both numbers in bytes.

    Raises:
        ModelError: they do not.
    """
    if n_needed <= n_free:
        return
    where = "GPU" if device == "cuda" else "memory"
    raise ModelError(
        f"{name} needs {n_needed / 1e9:.1f} GB for its weights and the {where} has {n_free / 1e9:.1f} GB free: take a "
        f"smaller model, quantise it (--quantise), {_SERVE_HINT}"
    )


def _require(*packages: str) -> None:
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing == ["bitsandbytes"]:
        raise NotReadyError("a quantised model needs bitsandbytes: pip install bitsandbytes, or go without --quantise")
    if missing:
        raise NotReadyError(f"a local language model needs {' and '.join(missing)}: {INSTALL_HINT}")


def _find_model(name: str) -> Path:
    """The folder itself, or that of the newest revision in the local cache of the hub."""
    folder = Path(name).expanduser()
    if name and folder.is_dir():
        return folder
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (OSError, ValueError) as error:  # not in the cache; not even an id
        raise NotReadyError(
            f"there is no folder {name!r} and no model of this name in the local cache: check the name, "
            f"or fetch the model once with `hf download {name}`"
        ) from error


def _check_model(folder: Path, name: str) -> None:
    if not (folder / "config.json").is_file():
        if (folder / "adapter_config.json").is_file():
            raise ModelError(f"{name} is an adapter: give its base model as the model and this as --adapter")
        if any(folder.glob("*.gguf")):
            raise ModelError(f"{name} holds GGUF weights, which llama.cpp or Ollama serves: give the server's address")
        raise ModelError(f"{name} is not a model of transformers: it has no config.json")
    if not any(folder.glob("*.safetensors")):
        raise ModelError(
            f"{name} has no safetensors weights; pickled ones (*.bin, *.pt) can run code and are not read: "
            "save the model as safetensors"
        )


def _check_adapter(adapter: Path) -> None:
    for file in ("adapter_config.json", "adapter_model.safetensors"):
        if not (adapter / file).is_file():
            raise ModelError(f"{adapter} is not a PEFT adapter with safetensors weights: it has no {file}")


def _check_memory(folder: Path, name: str, device: str, bytes_each: float) -> None:
    from safetensors import SafetensorError

    try:
        n_parameters = sum(_count_parameters(file) for file in folder.glob("*.safetensors"))
    except (OSError, SafetensorError) as error:
        raise ModelError(f"the weights of {name} cannot be read: {error}") from error
    check_memory(name, n_parameters * bytes_each, _free_bytes(device), device)


def _count_parameters(file: Path) -> int:
    from safetensors import safe_open

    with safe_open(file, "pt") as tensors:
        return sum(math.prod(tensors.get_slice(key).get_shape()) for key in tensors.keys())  # noqa: SIM118


def _free_bytes(device: str) -> int:
    import psutil  # type: ignore[import-untyped, unused-ignore]
    import torch

    return torch.cuda.mem_get_info()[0] if device == "cuda" else psutil.virtual_memory().available


def _load_tokenizer(folder: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)


def _load_network(folder: Path, device: str, dtype: torch.dtype, *, quantise: bool) -> Any:
    from transformers import AutoConfig, AutoModelForCausalLM, BitsAndBytesConfig
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES as CAUSAL

    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    kinds = config.architectures or []
    if not set(kinds) & set(CAUSAL.values()):
        raise ValueError(f"it is a {', '.join(kinds) or config.model_type}, not a causal language model")
    settings: dict[str, Any] = {"dtype": dtype, "device_map": device}
    if quantise:
        settings["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype
        )
    network, info = AutoModelForCausalLM.from_pretrained(
        folder,
        local_files_only=True,
        trust_remote_code=False,
        use_safetensors=True,
        output_loading_info=True,
        **settings,
    )
    if info["missing_keys"]:  # transformers would fill them with random numbers
        raise ValueError(f"{len(info['missing_keys'])} weights are missing, {min(info['missing_keys'])} among them")
    return network


def _check_vocabulary(network: Any, tokenizer: Any, name: str) -> None:
    n_embeddings = network.get_input_embeddings().weight.shape[0]
    if len(tokenizer) > n_embeddings:
        raise ModelError(
            f"the tokenizer of {name} has {len(tokenizer)} tokens and the model only {n_embeddings}: "
            "the two do not belong together"
        )


def _reset_generation(network: Any, tokenizer: Any) -> tuple[int, ...]:
    """Greedy decoding, whatever sampling the folder asks for: the same patient gets the same answer."""
    from transformers import GenerationConfig

    told = network.generation_config.eos_token_id
    told = tokenizer.eos_token_id if told is None else told
    if told is None:
        raise ValueError("neither the model nor its tokenizer names a token that ends a text")
    end_ids = tuple(told) if isinstance(told, list) else (told,)
    padding = end_ids[0] if tokenizer.pad_token_id is None else tokenizer.pad_token_id
    network.generation_config = GenerationConfig(do_sample=False, eos_token_id=list(end_ids), pad_token_id=padding)
    return end_ids


def _with_adapter(network: Any, adapter: Path) -> Any:
    from peft import PeftModel  # type: ignore[import-not-found, unused-ignore]

    return PeftModel.from_pretrained(network, str(adapter), is_trainable=False)


def _identity(folder: Path, name: str) -> str:
    """Name and what the model is: the revision of the hub, or a checksum of the folder."""
    if folder.parent.name == "snapshots":
        return f"{name}@{folder.name[:12]}"
    return f"{folder.resolve().name}@sha256:{_fingerprint(folder)[:12]}"


def _fingerprint(folder: Path) -> str:
    """Checksum of the settings and of samples of the weights.

    Reading tens of gigabytes would double the time to load; a training changes every tensor, so samples spread over
    each file tell two models apart.
    """
    settings = {p.name: cache.checksum(p) for p in folder.iterdir() if p.suffix in (".json", ".jinja")}
    return cache.digest(settings | {p.name: _sampled(p) for p in sorted(folder.glob("*.safetensors"))})


def _sampled(file: Path) -> str:
    size = file.stat().st_size
    found = hashlib.sha256(str(size).encode())
    with file.open("rb") as stream:
        for i in range(_N_SAMPLES):
            stream.seek(i * max(size - _SAMPLE_BYTES, 0) // (_N_SAMPLES - 1))
            found.update(stream.read(_SAMPLE_BYTES))
    return found.hexdigest()


@contextmanager
def _loading(name: str) -> Iterator[None]:
    """A model that cannot be loaded is refused in one line."""
    import torch
    from safetensors import SafetensorError

    try:
        yield
    except torch.OutOfMemoryError as error:
        raise ModelError(f"the GPU has too little memory for {name}: take a smaller model, {_SERVE_HINT}") from error
    except ImportError as error:  # such as the package of a model's own quantisation
        raise NotReadyError(f"{name} cannot be loaded: {_first_line(error)}") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, SafetensorError) as error:
        raise ModelError(f"{name} cannot be loaded: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
