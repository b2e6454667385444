"""The trained embedder brings wordings of one term together, the same for one seed, without what is held out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from kg.errors import StorageError
from kg.graph import KnowledgeGraph
from kg.schema import Association, Disease, Predicate, Provenance
from retrieval.embedder_training import (
    EmbedderSettings,
    TrainingText,
    _contrast,
    collect_text,
    save_embedder,
    train_embedder,
)
from retrieval.embedding import SentenceEmbedder
from retrieval.linking import wordings_of
from tests.fakes import HashEmbedder

SETTINGS = EmbedderSettings(
    dimension=8, n_epochs=60, n_terms=8, n_diseases=2, dropout=0.0, table_rate=0.05, projection_rate=0.01
)
PIECES = ("[PAD]", "[UNK]", "gro", "##we", "##d", "ü")
TEXT = TrainingText(
    wordings={
        "T:1": ("Short stature", "Small height"),
        "T:2": ("Large head", "Big skull"),
        "T:3": ("Pale skin", "Wan complexion"),
        "T:4": ("Thin hair",),
    },
    definitions={"T:4": "Hair that is sparse."},
    families=(("T:1", "T:2"), ("T:3", "T:4")),
    parents={"T:1": (), "T:2": (), "T:3": (), "T:4": ("T:3",)},
    profiles=((("T:1", 1.0), ("T:2", 0.5), ("T:3", 0.1)), (("T:2", 1.0), ("T:4", 0.2))),
    disease_names=("Growth failure",),
)


def cosine(embedder, one: str, other: str) -> float:
    vectors = embedder.encode([one, other])
    return float(vectors[0] @ vectors[1])


def test_wordings_of_one_term_come_together_and_those_of_siblings_apart():
    trained = train_embedder(TEXT, HashEmbedder(64), PIECES, SETTINGS)
    assert cosine(trained.model, "short stature", "small height") > 0.9
    assert cosine(trained.model, "short stature", "big skull") < 0.6
    assert len(trained.losses) == SETTINGS.n_epochs
    assert trained.losses[-1][0] < trained.losses[0][0]


def test_the_vocabulary_holds_the_words_of_all_texts_and_the_pieces_of_the_teacher():
    model = train_embedder(TEXT, HashEmbedder(64), PIECES, replace(SETTINGS, n_epochs=1)).model
    words = set(model.tokenizer.get_vocab())
    assert {"[UNK]", "growth", "sparse", "complexion", "gro", "##we", "##d"} <= words
    assert not words & {"[PAD]", "ü", "Growth"}
    assert [model.tokenizer.id_to_token(i) for i in next(model.tokenize(["Growed, GROWTH!"]))] == [
        "gro",
        "##we",
        "##d",
        "growth",
    ]
    np.testing.assert_allclose(model.table[model.tokenizer.token_to_id("[UNK]")], np.zeros(8), atol=1e-6)


def test_one_seed_gives_one_model_and_leaves_the_program_as_it_was():
    few = replace(SETTINGS, n_epochs=2, dropout=0.2)
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    one, same, other = (train_embedder(TEXT, HashEmbedder(64), PIECES, few, seed=s).model.table for s in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 0
    assert torch.rand(1) == expected


def test_the_loss_by_hand():
    """Two pairs at right angles, temperature 0.5: log((e^2 + 1) / e^2); a lone negative adds 1 to one way."""
    eye = torch.eye(3)
    some = eye[:2]
    e2 = np.exp(2)
    assert float(_contrast(some, some, 0.5)) == pytest.approx(np.log((e2 + 1) / e2), abs=1e-6)
    with_near = float(_contrast(some, some, 0.5, near=eye[2:]))
    assert with_near == pytest.approx((np.log((e2 + 1) / e2) + np.log((e2 + 2) / e2)) / 2, abs=1e-6)
    assert float(_contrast(some, some, 0.5, torch.tensor([4, 4]))) == pytest.approx(0, abs=1e-6)


def test_what_is_held_out_is_in_no_text(toy_graph: KnowledgeGraph):
    everything = collect_text(toy_graph)
    synonym = next(w for w in wordings_of(toy_graph.ontology) if w.kind != "name")
    text = collect_text(toy_graph, frozenset({synonym}))
    assert synonym.text in everything.wordings[synonym.term_id]
    assert synonym.text not in text.wordings[synonym.term_id]
    assert synonym.text.lower() not in text.definitions.get(synonym.term_id, "").lower()
    assert sum(map(len, text.wordings.values())) == sum(map(len, everything.wordings.values())) - 1


def test_no_case_is_drawn_from_a_statement_of_a_publication(toy_graph: KnowledgeGraph):
    terms = sorted(toy_graph.ontology.phenotypic_abnormalities)[:5]
    entry, publication = (
        Provenance(source="toy", version="1", reference=r, licence="CC0") for r in ("OMIM:999999", "PMID:1")
    )
    statements = [
        Association(
            disease_id="OMIM:999999",
            predicate=Predicate.PHENOTYPE,
            term_id=t,
            provenance=(publication if t == terms[0] else entry,),
        )
        for t in terms
    ]
    disease = Disease(disease_id="OMIM:999999", name="Drawn disease")
    graph = toy_graph.with_statements([disease], statements, entry)
    assert [{t for t, _ in profile} for profile in collect_text(graph).profiles] == [set(terms[1:])]


def test_a_saved_embedder_is_a_model_with_its_history(tmp_path: Path):
    trained = train_embedder(TEXT, HashEmbedder(64), PIECES, replace(SETTINGS, n_epochs=3))
    save_embedder(trained, tmp_path / "new" / "own", {"seed": 0})
    texts = ["short stature", "big skull", "unheard"]
    np.testing.assert_allclose(
        SentenceEmbedder(tmp_path / "new" / "own").encode(texts), trained.model.encode(texts), atol=0.02
    )
    card = json.loads((tmp_path / "new" / "own" / "training.json").read_text())
    assert card["seed"] == 0
    assert [set(epoch) for epoch in card["losses"]] == [{"wordings", "cases"}] * 3
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot write the embedder into"):
        save_embedder(trained, tmp_path / "file", {})


@pytest.mark.release
def test_a_definition_that_quotes_a_held_out_wording_goes_too(release_graph: KnowledgeGraph):
    terms = release_graph.ontology.terms
    quoted = next(
        w
        for w in wordings_of(release_graph.ontology)
        if w.kind != "name" and w.text.lower() in terms[w.term_id].definition.lower()
    )
    assert quoted.term_id in collect_text(release_graph).definitions
    text = collect_text(release_graph, frozenset({quoted}))
    assert quoted.term_id not in text.definitions
    assert len(text.definitions) > 10_000


@pytest.mark.release
def test_profiles_of_the_release_rest_on_no_publication(release_graph: KnowledgeGraph):
    text = collect_text(release_graph)
    assert len(text.profiles) > 5_000
    assert all(0 <= f <= 1 for profile in text.profiles for _, f in profile)
