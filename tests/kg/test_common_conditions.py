"""The facts on common conditions: tables -> records, what is wrong with a table, the graph with and without them."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from kg.build import SourceFiles, build_graph, bundled_sources, load_graph
from kg.common_schema import FactKind, Seen, Sex, Urgency
from kg.errors import SourceError
from kg.graph import KnowledgeGraph
from kg.sources.common_conditions import BUNDLED, find_flaws, load_common_conditions, load_web_pages, title_of
from tests.toy import ALPHA, BETA, BRITTLE, FLIM, LARGE, STRIPED, UNKNOWN_TERM, VERY_LARGE, build_model, patient

HEAD = "# source: toy facts\n# version: 3\n# licence: CC0-1.0\n"
PAGE, WEB_PAGE = "https://example.org/zorb", "https://example.net/zorb-flu"
DESCRIPTION = " ".join(["zorb"] * 40)
CONDITIONS = (
    "condition_id\tname\tsynonyms\tsystem\tgeneral_practice\temergency\tspecialised\tage_from\tage_to\tsex\turgency\tsources\n"
    "DOID:1\tZorb flu\tflu of the zorb|zorbitis\tzorbs\tvery common\tcommon\tnot seen\t0.5\t90\tany\turgent\t"
    f"{PAGE}|DOID:1|{WEB_PAGE}\n"
    f"{ALPHA}\tAlpha\t\tzorbs\trare\trare\tuncommon\t1\t9\tmostly female\troutine\tDDXPLUS:alpha\n"
)
FINDINGS = (
    "condition_id\tcondition\tterm_id\tlabel\tfrequency\tred_flag\tsource\tlocator\n"
    f"DOID:1\tZorb flu\t{VERY_LARGE}\tVery large zorb\tvery frequent\tyes\t{PAGE}\t\n"
    f"DOID:1\tZorb flu\t{STRIPED}\tStriped zorb\toccasional\t\tDOID:1\tSYMP:1\n"
    f"DOID:1\tZorb flu\t{BRITTLE}\tBrittle flim\texcluded\t\t{PAGE}\tthe flim stays whole\n"
    f"{ALPHA}\tAlpha\t{BRITTLE}\tBrittle flim\tfrequent\t\tDDXPLUS:alpha\tDDXPLUS:E_1\n"
)
TABLES = {
    "conditions.tsv": CONDITIONS,
    "findings.tsv": FINDINGS,
    "risk_factors.tsv": (
        "condition_id\tcondition\trisk_factor\tterm_id\tsource\tlocator\n"
        f"DOID:1\tZorb flu\tlarge zorb\t{LARGE}\t{PAGE}\t\nDOID:1\tZorb flu\tcold\t\t{PAGE}\t\n"
    ),
    "tests.tsv": f"condition_id\tcondition\ttest\tsource\tlocator\nDOID:1\tZorb flu\tzorboscopy\t{PAGE}\t\n",
    "treatments.tsv": (
        f"condition_id\tcondition\ttreatment\tkind\tsource\tlocator\nDOID:1\tZorb flu\trest\tnon-drug\t{PAGE}\t\n"
    ),
    "descriptions.tsv": (
        f"condition_id\tcondition\tdescription\tsources\nDOID:1\tZorb flu\t{DESCRIPTION}\t{WEB_PAGE}|{PAGE}\n"
        f"{ALPHA}\tAlpha\t{DESCRIPTION}\tDDXPLUS:alpha\n"
    ),
    "web_pages.tsv": f"address\ttitle\tread\n{WEB_PAGE}\tZorb flu – Zorb Society\t2026-11-29\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, table in TABLES.items():
        (tmp_path / name).write_text(HEAD + table, encoding="utf-8")
    return tmp_path


def change(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_tables_become_records(folder: Path):
    table = load_common_conditions(folder)
    flu = table.conditions[0]
    assert (flu.name, flu.synonyms, flu.age_from) == ("Zorb flu", ("flu of the zorb", "zorbitis"), 0.5)
    assert (flu.general_practice, flu.specialised) == (Seen.VERY_COMMON, Seen.NOT_SEEN)
    assert (flu.sex, flu.urgency, flu.references) == (Sex.ANY, Urgency.URGENT, (PAGE, "DOID:1", WEB_PAGE))
    large, striped, brittle, _ = table.findings
    assert (large.association.term_id, str(large.association.frequency)) == (
        VERY_LARGE,
        "80% to 99% of patients (very frequent)",
    )
    assert large.association.provenance[0].url == PAGE
    assert large.association.provenance[0].source == "toy facts"
    assert (striped.locator, striped.is_red_flag, brittle.association.excluded) == ("SYMP:1", False, True)
    assert [f.association.term_id for f in table.red_flags_of("DOID:1")] == [VERY_LARGE]
    assert [(f.fact.kind, f.fact.name, f.fact.term_id) for f in table.facts] == [
        (FactKind.RISK_FACTOR, "large zorb", LARGE),
        (FactKind.RISK_FACTOR, "cold", None),
        (FactKind.TEST, "zorboscopy", None),
        (FactKind.NON_DRUG, "rest", None),
    ]
    told, _ = table.descriptions
    assert (told.disease_id, told.text) == ("DOID:1", DESCRIPTION)
    assert [(p.source, p.reference) for p in told.provenance] == [("toy facts", WEB_PAGE), ("toy facts", PAGE)]
    assert [(p.address, p.title, p.read) for p in table.web_pages] == [
        (WEB_PAGE, "Zorb flu – Zorb Society", "2026-11-29")
    ]


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("findings.tsv", "very frequent", "often", "row 1 .DOID:1.*often"),
        ("findings.tsv", "\tyes\t", "\tYES\t", "row 1 .DOID:1.*YES"),
        ("findings.tsv", f"{PAGE}\t\n", "\t\n", "names no source"),
        ("conditions.tsv", "very common", "daily", "daily"),
        ("conditions.tsv", "0.5\t90", "90\t0.5", "ages"),
        ("conditions.tsv", f"{PAGE}|DOID:1|{WEB_PAGE}", "", "names no page or entry"),
        ("treatments.tsv", "non-drug", "magic", "magic"),
        ("tests.tsv", "condition_id", "id", "condition_id"),
        ("findings.tsv", f"{PAGE}\t\n", f"{PAGE}\n", "row 1 has not the"),
        ("findings.tsv", f"{PAGE}\t\n", f"{PAGE}\t\tmore\n", "row 1 has not the"),
        ("descriptions.tsv", f"{WEB_PAGE}|{PAGE}", "", "names no source"),
        ("web_pages.tsv", "2026-11-29", "yesterday", "yesterday"),
    ],
)
def test_a_wrong_value_is_named(folder: Path, name: str, old: str, new: str, said: str):
    change(folder, name, old, new)
    with pytest.raises(SourceError, match=said):
        load_common_conditions(folder)


def test_a_missing_table_is_named(folder: Path):
    (folder / "tests.tsv").unlink()
    with pytest.raises(SourceError, match=r"tests\.tsv"):
        load_common_conditions(folder)


def test_a_sound_table_has_no_flaws(folder: Path, toy_graph: KnowledgeGraph):
    assert find_flaws(load_common_conditions(folder), toy_graph.ontology) == ()


@pytest.mark.parametrize(
    ("name", "old", "new", "flaw"),
    [
        (
            "findings.tsv",
            f"{VERY_LARGE}\tVery large",
            f"{UNKNOWN_TERM}\tVery large",
            f"{UNKNOWN_TERM} is no current term",
        ),
        ("findings.tsv", "\tVery large zorb\t", "\tLarge zorb\t", f"{VERY_LARGE} is 'Very large zorb'"),
        ("findings.tsv", f"{STRIPED}\tStriped zorb", f"{VERY_LARGE}\tVery large zorb", "stands there 2 times"),
        ("findings.tsv", f"{PAGE}\t\n", "https://example.org/other\t\n", "is not among the sources of DOID:1"),
        ("findings.tsv", f"{ALPHA}\tAlpha", "DOID:7\tAlpha", "DOID:7 is no condition of the table"),
        ("conditions.tsv", f"{ALPHA}\t", "DOID:9\t", "DOID:9 has no finding"),
        ("risk_factors.tsv", f"\t{LARGE}\t", "\tHP:9000002\t", "is no phenotypic abnormality"),
        ("risk_factors.tsv", "cold", "large zorb", "stands there 2 times"),
        ("findings.tsv", "the flim stays whole", "in all of them the flim stays whole", "has more than 6 words"),
        ("descriptions.tsv", DESCRIPTION, "too short", "the description of DOID:1 has 2 words, 40 to 150 are asked"),
        ("descriptions.tsv", f"|{PAGE}", "|https://example.org/other", "is not among the sources of DOID:1"),
        ("descriptions.tsv", "DOID:1\t", "DOID:7\t", "DOID:7 is no condition of the table"),
        ("descriptions.tsv", ALPHA, "DOID:1", f"{ALPHA} has no description"),
        ("web_pages.tsv", WEB_PAGE, "https://example.net/other", "no condition cites https://example.net/other"),
    ],
)
def test_flaws_are_found(folder: Path, toy_graph: KnowledgeGraph, name: str, old: str, new: str, flaw: str):
    change(folder, name, old, new)
    assert any(flaw in found for found in find_flaws(load_common_conditions(folder), toy_graph.ontology))


def test_the_graph_has_the_facts_only_where_asked(folder: Path, toy_sources: SourceFiles, toy_graph: KnowledgeGraph):
    assert toy_sources.common is None
    assert "DOID:1" not in toy_graph.diseases
    graph = build_graph(replace(toy_sources, common=folder))
    assert graph.disease("DOID:1").name == "Zorb flu"
    assert [a.term_id for a in graph.findings_of("DOID:1")] == [VERY_LARGE, STRIPED, BRITTLE]
    assert graph.disease(ALPHA).name == toy_graph.disease(ALPHA).name  # the release's own entry keeps its name
    assert len(graph.findings_of(ALPHA)) == len(toy_graph.findings_of(ALPHA)) + 1
    assert graph.versions["toy facts"] == "3"
    assert len(graph.annotations) == len(toy_graph.annotations) + 4
    model = build_model(graph)
    scores = model.log_lrs(patient(VERY_LARGE, STRIPED, no=[BRITTLE])).sum(axis=0)
    assert scores[model.group_index["DOID:1"]] > scores[model.group_index[BETA]]
    assert graph.explain("DOID:1", patient(FLIM)).matches[0].associations == ()


def test_a_changed_table_makes_another_graph(
    folder: Path, toy_sources: SourceFiles, tmp_path_factory: pytest.TempPathFactory
):
    with_facts, cache_dir = replace(toy_sources, common=folder), tmp_path_factory.mktemp("cache")
    first = load_graph(with_facts, cache_dir)
    assert load_graph(with_facts, cache_dir).identity == first.identity != load_graph(toy_sources, cache_dir).identity
    change(folder, "findings.tsv", "very frequent", "obligate")
    changed = load_graph(with_facts, cache_dir)
    assert changed.identity != first.identity
    assert str(changed.findings_of("DOID:1")[0].frequency) == "100% of patients (obligate)"


def test_a_folder_without_tables_is_named(toy_sources: SourceFiles, folder: Path):
    shutil.rmtree(folder)
    with pytest.raises(SourceError, match="common"):
        build_graph(replace(toy_sources, common=folder))


def test_the_graph_of_rare_diseases_is_without_the_bundled_table():
    assert bundled_sources().common is None
    assert bundled_sources(common=True).common == BUNDLED


@pytest.mark.release
def test_the_bundled_table_is_sound(release_graph: KnowledgeGraph):
    table = load_common_conditions()
    assert find_flaws(table, release_graph.ontology) == ()
    assert len(table.conditions) >= 300
    by_urgency = [c.urgency for c in table.conditions]
    assert by_urgency.count(Urgency.EMERGENCY) >= 80
    flagged = {f.association.disease_id for f in table.findings if f.is_red_flag}
    without = [c.name for c in table.conditions if c.urgency is Urgency.EMERGENCY and c.disease_id not in flagged]
    assert without == []
    treatments = [f.fact.name for f in table.facts if f.fact.kind is not FactKind.RISK_FACTOR]
    assert [name for name in treatments if re.search(r"\d\s*(mg|g|ml|units?)\b", name)] == []  # never a dose


def test_a_page_of_the_shipped_tables_has_a_title_and_another_reference_stays_as_it_is():
    page = load_web_pages()[0]
    assert title_of(page.address) == page.title != page.address
    assert title_of("PMID:1") == "PMID:1"
