"""A fine-tuning from end to end on the toy release: a tiny model of random weights learns to answer."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("trl", reason="needs trl (pip install -e '.[finetuning]')")
pytest.importorskip("llguidance", reason="llguidance is not installed")

from evaluation.finetuning import ADAPTER, CHECKPOINTS, EXAMPLES, FinetuningOptions, run_finetuning
from evaluation.finetuning_cases import PROTOCOL, divide, show_case, vary_cases
from evaluation.finetuning_scores import HeldOut, ask
from evaluation.protocols import Knowledge, check_no_leak
from kg.errors import UsageError
from kg.graph import KnowledgeGraph
from llm.chat.local import LocalChatModel
from llm.chat.protocol import Message, Role
from llm.finetuning.examples import Example, load_examples
from llm.finetuning.settings import FinetuningSettings
from tests.evaluation.store import STORE, build_knowledge, cases_of_store
from tests.llm.chat.tiny import save_tiny_model
from tests.packets import write_packet

SETTINGS = FinetuningSettings(
    rank=8, learning_rate=2e-2, n_epochs=1, max_steps=12, batch_size=2, accumulate=1, save_steps=5, warm_up=0.1
)
ASK = (Message(role=Role.USER, text="Which disease?"),)


@pytest.fixture(scope="module")
def knowledge(toy_graph: KnowledgeGraph) -> Knowledge:
    return build_knowledge(toy_graph, STORE, with_text=True)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("model") / "tiny", max_position_embeddings=8192)


@pytest.fixture(scope="module")
def packets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cases") / "packets"
    for patient in STORE:
        present = [f.term_id for f in patient.findings if not f.excluded]
        absent = [f.term_id for f in patient.findings if f.excluded]
        name, (disease,), (publication,) = patient.patient_id, patient.disease_ids, patient.references
        write_packet(folder, name, disease=disease, present=present, absent=absent, publication=publication)
    return folder


@pytest.fixture(scope="module")
def options(tiny: Path, packets: Path, tmp_path_factory: pytest.TempPathFactory) -> FinetuningOptions:
    return FinetuningOptions(
        model=str(tiny),
        cases=packets,
        out=tmp_path_factory.mktemp("out") / "tuned",
        settings=SETTINGS,
        n_variants=2,
        n_asked=1,
        context_size=3000,
        n_workers=1,
    )


class CutOffError(Exception):
    """As if somebody had pulled the plug."""


def cut_at(step: int):
    def stop(done: int) -> None:
        if done == step:
            raise CutOffError

    return stop


@pytest.fixture(scope="module")
def tuned(options: FinetuningOptions, knowledge: Knowledge) -> Path:
    """Trained in one go."""
    run_finetuning(options, "citedx finetune", knowledge=knowledge)
    return options.out


def test_the_model_learns_and_the_adapter_changes_its_answers(tuned: Path, tiny: Path):
    metrics = json.loads((tuned / "metrics.json").read_text())
    before, after = metrics["before"], metrics["after"]
    assert after["loss"] < before["loss"] - 0.5
    assert metrics["curve"][-1]["loss"] < metrics["curve"][0]["loss"] - 0.5
    assert metrics["n_steps"] == 12
    assert (before["n"], after["n"]) == (1, 1)
    assert before["reader_top_1"] == after["reader_top_1"]
    base, adapted = (LocalChatModel.load(str(tiny), adapter=a) for a in (None, tuned / ADAPTER))
    said = ["".join(model.reply(ASK, max_tokens=24)) for model in (base, adapted)]
    assert said[0] != said[1]
    assert "+adapter@sha256:" in adapted.identity
    assert not (tuned / CHECKPOINTS).exists()


def test_report_and_card_tell_what_was_done(tuned: Path):
    metrics = json.loads((tuned / "metrics.json").read_text())
    report, card = (tuned / "report.md").read_text(), (tuned / ADAPTER / "README.md").read_text()
    for text in (report, card):
        assert f"| loss (perplexity), 1 held-out patient | {metrics['before']['loss']:.3f}" in text
        assert "tiny@sha256:" in text
        assert "| seed | 0 |" in text
    assert metrics["perplexity"] == pytest.approx([math.exp(metrics[w]["loss"]) for w in ("before", "after")])
    (held_out,) = metrics["publications"]
    assert f"were neither trained on nor shown as evidence (1): {held_out}." in card
    assert "packets (the user's own; its licence is theirs to know)" in card


def test_a_training_that_was_cut_off_ends_as_if_it_had_not_been(
    options: FinetuningOptions, knowledge: Knowledge, tuned: Path, tmp_path: Path
):
    cut = replace(options, out=tmp_path / "cut")
    with pytest.raises(CutOffError):
        run_finetuning(cut, "citedx finetune", knowledge=knowledge, on_step=cut_at(7))
    assert {p.name for p in (cut.out / CHECKPOINTS).iterdir()} >= {"checkpoint-5"}
    with pytest.raises(UsageError, match="go on with --resume"):
        run_finetuning(cut, "citedx finetune", knowledge=knowledge)
    other = replace(cut, resume=True, settings=replace(SETTINGS, rank=4))
    with pytest.raises(UsageError, match="holds a run with other settings"):
        run_finetuning(other, "citedx finetune", knowledge=knowledge)
    done: list[int] = []
    run_finetuning(replace(cut, resume=True), "citedx finetune", knowledge=knowledge, on_step=done.append)
    assert done == list(range(6, 13))
    whole, again = (json.loads((out / "metrics.json").read_text()) for out in (tuned, cut.out))
    assert again["before"] == whole["before"]
    assert [e["step"] for e in again["curve"]] == [e["step"] for e in whole["curve"]]
    assert [e["loss"] for e in again["curve"]] == pytest.approx([e["loss"] for e in whole["curve"]], abs=1e-4)
    assert again["after"]["loss"] == pytest.approx(whole["after"]["loss"], abs=1e-3)
    with pytest.raises(UsageError, match="holds a finished fine-tuning"):
        run_finetuning(replace(cut, resume=True), "citedx finetune", knowledge=knowledge)


def test_nothing_of_the_held_out_publications_is_shown_or_learned_from(
    tuned: Path, knowledge: Knowledge, toy_graph: KnowledgeGraph, tiny: Path
):
    cases = cases_of_store(toy_graph)
    material = divide(knowledge, cases, n_workers=1, seed=0)
    assert list(material.publications) == json.loads((tuned / "metrics.json").read_text())["publications"]
    assert {c.publication for c in material.asked.cases} == material.publications
    for told in material.trained:
        own = {c.publication for c in told.cases}
        assert not own & material.publications
        check_no_leak(told.knowledge, frozenset(own | material.publications), PROTOCOL, told.fusion.publications)
    check_no_leak(material.asked.knowledge, material.publications, PROTOCOL, material.asked.fusion.publications)
    sources = {e.source for e in load_examples(tuned / EXAMPLES)}
    assert sources
    assert not sources & material.publications
    model = LocalChatModel.load(str(tiny))
    for case, prompted in vary_cases(model, material.trained, 3, 0):
        shown = [r for e in prompted.reading.evidence for r in (p.reference for p in e.provenance)]
        assert not {case.publication, *material.publications} & set(shown)


def test_a_patient_is_shown_in_several_ways(knowledge: Knowledge, toy_graph: KnowledgeGraph, tiny: Path):
    model = LocalChatModel.load(str(tiny))
    material = divide(knowledge, cases_of_store(toy_graph), n_workers=1, seed=0)
    shown = [(case.case_id, p) for case, p in vary_cases(model, material.trained, 6, 0)]
    of_one = [p for case_id, p in shown if case_id == "a2"]
    if not of_one:  # the fold that is asked
        of_one = [p for case_id, p in shown if case_id == shown[0][0]]
    assert len(of_one) == 6
    assert len({p.prompt.messages for p in of_one}) >= 4
    for _, p in shown:
        assert any(not f.excluded for f in p.findings)
        assert 1 <= len(p.prompt.diseases) <= 10


def test_what_is_asked_is_counted(knowledge: Knowledge, toy_graph: KnowledgeGraph, tiny: Path):
    """The base model's answer to a prompt, by hand: the likelihood of its target over that target's tokens."""
    model = LocalChatModel.load(str(tiny), context_size=3000)
    material = divide(knowledge, cases_of_store(toy_graph), n_workers=1, seed=0)
    case = material.asked.cases[0]
    prompted = show_case(model, material.asked, case, case.findings)
    assert prompted is not None
    example = Example(messages=prompted.prompt.messages, answer='{"claims":[]}', source=case.publication)
    outcome = ask(model, HeldOut(case_id=case.case_id, prompted=prompted, example=example))
    assert outcome.log_likelihood == model.log_likelihoods(example.messages, [example.answer])[0]
    assert outcome.n_tokens == len(model.encode_answer('{"claims":[]}'))
    assert outcome.reader_first == (prompted.reading.diagnoses[0].disease_id in case.gold_ids)
    assert 0 <= outcome.n_grounded <= outcome.n_claims
    assert 0 <= outcome.n_kept <= outcome.n_sentences


def test_too_few_publications_are_refused(knowledge: Knowledge, options: FinetuningOptions, tmp_path: Path):
    few = tmp_path / "few"
    for name, publication in (("a", "PMID:1"), ("b", "PMID:2")):
        write_packet(few, name, disease="OMIM:900001", present=["HP:9000013"], publication=publication)
    with pytest.raises(UsageError, match=r"three publications or more: .* got 2"):
        run_finetuning(replace(options, cases=few, out=tmp_path / "out"), "", knowledge=knowledge)
    nobody = tmp_path / "nobody"
    write_packet(nobody, "n", disease=None, present=["HP:9000013"])
    with pytest.raises(UsageError, match="holds no patient to learn from: 1 cannot be used"):
        run_finetuning(replace(options, cases=nobody, out=tmp_path / "out"), "", knowledge=knowledge)
