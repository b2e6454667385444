"""Labels in other languages, from a data folder."""

import pytest

from kg.errors import NotReadyError, SourceError, UsageError
from kg.sources.wordings import bundled_wordings, load_wordings
from kg.translations import TRANSLATED, Language, load_translations
from tests.babelon import write_babelon
from tests.toy import BRITTLE, LARGE, OLD_LARGE, ZORB


def test_labels_are_those_of_current_ids_and_older_ids_add_wordings(tmp_path, toy_graph):
    write_babelon(
        tmp_path,
        Language.CHINESE,
        {ZORB: "佐布", LARGE: "大佐布", OLD_LARGE: "巨佐布", "HP:9999999": "无"},
    )
    translations = load_translations(Language.CHINESE, toy_graph.ontology, tmp_path)
    assert dict(translations.labels) == {ZORB: "佐布", LARGE: "大佐布"}
    assert translations.synonyms == ((LARGE, "巨佐布"),)  # the project's own wordings are of no term of the toy
    assert translations.label(LARGE) == "大佐布"
    assert translations.label(BRITTLE) is None
    assert translations.provenance.source == "HPO translation (zh)"
    assert len(translations.provenance.version) == 12


@pytest.mark.parametrize("language", TRANSLATED)
def test_absent_translations_name_the_command(tmp_path, toy_graph, language):
    with pytest.raises(NotReadyError, match="citedx data pull translations"):
        load_translations(language, toy_graph.ontology, tmp_path)


@pytest.mark.parametrize("language", [Language.ENGLISH, "fr"])
def test_other_languages_are_refused(tmp_path, toy_graph, language):
    with pytest.raises(UsageError, match=f"^expected one of the languages zh, es, got {language}$"):
        load_translations(language, toy_graph.ontology, tmp_path)


@pytest.mark.parametrize("language", Language)
def test_own_wordings_are_whole(language):
    wordings = load_wordings(bundled_wordings(language))
    assert len(wordings) > 500
    assert len(set(wordings)) == len(wordings)
    assert all(term_id.startswith("HP:") and text == text.strip() and text for term_id, text in wordings)


def test_another_table_of_wordings_is_refused(tmp_path):
    path = tmp_path / "wordings_zh.tsv"
    with pytest.raises(SourceError, match="cannot read the wordings"):
        load_wordings(path)
    path.write_text("term_id\twording\nHP:1\ta\n", encoding="utf-8")
    with pytest.raises(SourceError, match="is not a table"):
        load_wordings(path)


@pytest.mark.data
@pytest.mark.release
@pytest.mark.parametrize(("language", "label"), [(Language.CHINESE, "癫痫发作"), (Language.SPANISH, "Convulsiones")])
def test_nearly_every_abnormality_of_the_release_is_translated(release_graph, language, label):
    ontology = release_graph.ontology
    translations = load_translations(language, ontology)
    assert translations.label("HP:0001250") == label
    assert len(ontology.phenotypic_abnormalities - set(translations.labels)) < 50


@pytest.mark.release
def test_own_wordings_are_of_phenotypic_abnormalities(release_graph):
    known = release_graph.ontology.phenotypic_abnormalities
    for language in Language:
        assert {term_id for term_id, _ in load_wordings(bundled_wordings(language))} <= known
