"""What people send by accident: other languages, markup, scripts and signs of all of Unicode, very long texts."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import NotReadyError
from llm.assistant import DiagnosisAssistant
from retrieval.errors import UnsupportedLanguageError
from retrieval.findings import MAX_CHARACTERS
from retrieval.lexicon import load_lexicon
from retrieval.multilingual import MultilingualReader
from ui.answer_json import finding_json

pytestmark = pytest.mark.release

STORY = "Seizures since birth. No fever. Hearing was normal."
READ = ["+Seizure", "-Fever", "-Hearing impairment"]


@pytest.fixture(scope="module")
def assistant(release_graph) -> DiagnosisAssistant:
    return DiagnosisAssistant.load(graph=release_graph, cases=False)


@pytest.fixture(scope="module")
def reader(release_graph) -> MultilingualReader:
    return MultilingualReader(release_graph.ontology, load_lexicon(release_graph))


def read(reader: MultilingualReader | DiagnosisAssistant, text: str) -> list[str]:
    found = reader.find_findings(text)
    assert all(text[f.start : f.end] == f.quote != "" for f in found)
    return [("-" if f.excluded else "+") + f.label for f in found]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Der Patient hat Fieber und Krampfanfälle, keine Taubheit.", "German"),
        ("Il a de la fièvre et des convulsions, sans surdité.", "French"),
        ("Il paziente ha febbre e convulsioni.", "Italian"),
        ("Paciente com convulsões e febre, sem tosse.", "Portuguese"),
        ("У пациента судороги и лихорадка.", "Russian"),
        ("المريض يعاني من نوبات وحمى", "Arabic"),
        ("לילד יש פרכוסים וחום", "Hebrew"),
        ("発作と発熱があります。", "Japanese"),
        ("환자는 발작과 열이 있다.", "Korean"),
    ],
)
def test_a_language_that_is_not_read_is_refused_by_name(assistant, text, name):
    said = rf"^the text seems to be {name}.*; stories are read in English, Chinese and Spanish: translate it, or give"
    with pytest.raises(UnsupportedLanguageError, match=said):
        assistant.find_findings(text)


@pytest.mark.parametrize(
    "text",
    [
        "<p>Seizures since birth.</p><p>No fever.</p><p>No hearing impairment.</p>",
        "<note><text>Seizures</text><text>Denies fever</text><text>No <b>hearing impairment</b></text></note>",
        "## Seizures\n- **no fever**\n- no _hearing impairment_",
        r"{\rtf1\ansi Seizures.\par No fever.\par No hearing impairment.}",
        "&quot;Seizures&quot; &amp; no fever.&#10;No hearing impairment.",
        "\u202eSeizures since birth\u202c. No fever. No hearing impairment.",
        "טל: Seizures since birth. No fever. No hearing impairment (שמיעה).",
        "🧠Seizures🧠 since birth. No 🤒fever. 👂🏽 No hearing impairment 👍",
        "\0Seizures\0. No fever\0.\0 No hearing impairment\0",
        "\ufeffSeizures since birth.\r\nNo fever.\r\nNo hearing impairment.\r\n",
        "ＳＥＩＺＵＲＥＳ. No fever. No hearing impairment.",
        "\ud800 Seizures. No fever.\u2028No hearing impairment.",
        "\x1b[31m Seizures\x1b[0m. No fever. No hearing impairment.",
    ],
)
def test_what_surrounds_the_words_changes_nothing(reader, text):
    assert read(reader, text) == READ


SIGNS = st.text(st.characters(categories=("So", "Sk", "Sc", "Cc", "Cf", "Mn", "Co", "Cs", "Zs")), max_size=60)


@given(before=SIGNS, after=SIGNS)
def test_signs_of_all_of_unicode_shift_the_quotes_and_nothing_else(reader, before, after):
    text = f"{before}\n\n{STORY}\n\n{after}"
    assert read(reader, text) == READ
    starts = [f.start - len(before) - 2 for f in reader.find_findings(text)]
    assert starts == [f.start for f in reader.find_findings(STORY)]


@given(st.text(max_size=40), st.text(max_size=40))
def test_offsets_in_json_are_code_points_of_the_text(reader, before, after):
    text = f"{before} seizures {after}"
    if "HP:" in text.upper():
        return
    try:
        found = [finding_json(f) for f in reader.find_findings(text)]
    except (UnsupportedLanguageError, NotReadyError):  # another language, or one whose translation is not pulled
        return
    for f in json.loads(json.dumps(found)):
        assert text[f["start"] : f["end"]] == f["quote"]


@pytest.mark.parametrize(
    "part",
    [
        "No seizures, possible ataxia since birth; hearing was normal, OFC -3 SD. ",
        "seizures and ataxia or hypotonia and ",
        "<td>fever</td>",
        "([{",
        "a, ",
        "1 ",
        "no ",
        "seizures",
        " ",
        "\n",
        ",,,,\n",
    ],
)
def test_the_time_grows_with_the_text(reader, part):
    seconds = []
    for n in (30_000, 120_000):
        text = "Hearing was normal, not lost." + (part * (n // len(part) + 1))[:n]
        before = time.thread_time()
        reader.find_findings(text)
        seconds.append(time.thread_time() - before)
    assert seconds[1] < 12 * seconds[0] + 0.2  # four times the text; quadratic would be sixteen


def test_a_hundred_thousand_words_are_read_to_the_end(reader):
    text = "The child was seen again and again in the clinic, and nothing of note came of it all. " * 5_600
    text += STORY
    assert len(text.split()) > 100_000
    assert len(text) < MAX_CHARACTERS
    assert read(reader, text) == READ
