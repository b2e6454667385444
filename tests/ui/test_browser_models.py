"""The page with a language model: a folder, a server, and a server that dies in mid-answer."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest

from kg.graph import KnowledgeGraph
from llm.assistant import DiagnosisAssistant
from llm.chat.load import load_chat_model
from llm.chat.reader import ChatReader
from retrieval.candidates import FusionRanker
from retrieval.cases import build_library, series_of
from retrieval.lexicon import Lexicon
from tests.fakes import HashEmbedder
from tests.toy import build_extractor, linear_fusion
from ui.app import create_server

pytest.importorskip("playwright.sync_api", reason="needs Playwright (pip install -e '.[browser]')")
pytest.importorskip("llguidance", reason="llguidance is not installed")

from tests.llm.chat import peer as acts
from tests.llm.chat.tiny import save_tiny_model
from tests.ui.browsing import LAPTOP, Visitor, served

pytestmark = pytest.mark.browser

STORY = "A 7-year-old girl with a very large zorb and a striped zorb. No brittle flim."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("model") / "tiny", max_position_embeddings=8192)


@pytest.fixture(scope="module")
def assistant(toy_graph: KnowledgeGraph) -> DiagnosisAssistant:
    extractor = build_extractor(toy_graph)
    library = build_library(series_of(toy_graph), HashEmbedder(), toy_graph.ontology)
    ranker = FusionRanker(extractor, linear_fusion(log_lr=0.5))
    return DiagnosisAssistant(extractor.model, ranker, Lexicon(toy_graph.ontology), library)


def page_of(assistant: DiagnosisAssistant, model: str) -> AbstractContextManager[str]:
    """The address of a chat with this model."""
    reader = partial(ChatReader, load_chat_model(model), max_tokens=400)
    return served(create_server(assistant, second_reader=reader))


def ask(browser, address: str) -> str:
    """What the page says once the model has had its turn; the reader's differential is there all the time."""
    user = Visitor(browser, address, viewport=LAPTOP)
    user.page.set_default_timeout(60_000)  # random weights write all that they may
    user.send(STORY)
    user.answered()
    user.page.locator(".commentary").wait_for()
    said = user.page.locator(".commentary").inner_text()
    assert user.cards.count() > 0
    assert user.page.get_by_label("Sex", exact=True).input_value() == "FEMALE"
    assert user.page.get_by_label("Age", exact=True).input_value() == "7"
    user.close()
    return said


def test_a_model_in_a_folder(browser, assistant, folder):
    with page_of(assistant, str(folder)) as address:
        assert "Also read by tiny" in ask(browser, address)


def test_a_model_on_a_server(browser, assistant, folder):
    answer = '{"claims": [], "ranking": ["D1"], "summary": "Nothing that its evidence does not say."}'
    behaviour = acts.Peer(load_chat_model(str(folder)), script=[])
    with acts.serving(behaviour) as server, page_of(assistant, server.address) as address:
        behaviour.keeps, behaviour.script = (), [acts.say("{}"), acts.say("{}"), acts.say(answer)]
        said = ask(browser, address)
    assert "Also read by" in said
    assert "the reader's own" not in said  # the model's answer came and was read
    assert "Nothing that its evidence" not in said  # no citation, so it is not shown


def test_a_server_that_dies_in_mid_answer_leaves_the_first_answer_and_says_so(browser, assistant, folder):
    behaviour = acts.Peer(load_chat_model(str(folder)))
    with acts.serving(behaviour) as server, page_of(assistant, server.address) as address:
        broken = acts.stream(acts.event({"content": '{"claims": ['}), breaks=True)
        behaviour.keeps, behaviour.script = (), [acts.say("{}"), acts.say("{}"), broken]
        said = ask(browser, address)
    assert "The language model gave no answer, so this is the reader's own" in said
