"""OBO and obographs JSON give the same terms; what is neither is refused in one line."""

import gzip
import json
import runpy
from pathlib import Path

import pytest

from kg.errors import SourceError
from kg.schema import Synonym
from kg.sources.hpo import load_ontology

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture(scope="module")
def release():
    return load_ontology(DATA / "toy.obo")


def test_the_toy_files_are_what_the_recipe_writes(tmp_path):
    runpy.run_path(str(DATA / "recipe.py"))["write_toy"](tmp_path)
    written = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    assert sorted(written) == ["toy.hpoa", "toy.json", "toy.obo", "toy_genes.txt"]
    assert written == {name: (DATA / name).read_bytes() for name in written}


def test_both_formats_give_the_same_release(release):
    assert load_ontology(DATA / "toy.json") == release


@pytest.mark.parametrize("name", ["toy.obo", "toy.json"])
def test_gzipped_files_are_read(tmp_path, release, name):
    packed = tmp_path / f"{name}.gz"
    packed.write_bytes(gzip.compress((DATA / name).read_bytes()))
    assert load_ontology(packed) == release


def test_what_is_read(release):
    assert release.version == "2030-01-01"
    assert release.replaced == {"HP:9000090": "HP:9000011"}
    ids = [t.term_id for t in release.terms]
    assert ids == sorted(ids)
    assert len(ids) == 18
    assert {"HP:9000090", "HP:9000091", "HP:9000092", "TOY:1"}.isdisjoint(ids)


def test_a_term_with_everything(release):
    terms = {t.term_id: t for t in release.terms}
    large = terms["HP:9000011"]
    assert large.name == "Large zorb"
    assert large.definition == 'A zorb of more than 3 "units" [of the toy scale],\nat rest.'
    assert large.synonyms == (
        Synonym(text="Zorbomegaly"),
        Synonym(text="Big zorb", kind="layperson"),
        Synonym(text='So-called "mega" zorb'),
    )
    assert terms["HP:9000021"].alt_ids == ("HP:9000092", "HP:9000093")
    assert [(s.scope, s.kind) for s in terms["HP:9000021"].synonyms] == [
        ("EXACT", ""),
        ("EXACT", "uk_spelling"),
        ("EXACT", "abbreviation"),
        ("NARROW", "layperson"),
        ("RELATED", "obsolete_synonym"),
    ]
    assert terms["HP:9000012"].synonyms[1] == Synonym(text="Patterned zorb", scope="BROAD")
    assert terms["HP:9000022"].synonyms[1].kind == "HP:9000006"
    assert terms["HP:9000024"].parent_ids == ("HP:9000012", "HP:9000022")
    assert terms["HP:0000001"] == type(large)(term_id="HP:0000001", name="All")


BROKEN = {
    "text.obo": b"This is no ontology.\n",
    "empty.obo": b"",
    "binary.obo": b"\x89PNG\r\n\x1a\n\xff\xfe",
    "synonym.obo": b"[Term]\nid: HP:1\nname: One\nsynonym: no quotes EXACT []\n",
    "nameless.obo": b"[Term]\nid: HP:1\n",
    "parent.obo": b"[Term]\nid: HP:1\nname: One\nis_a: HP:2 ! not there\n",
    "other.obo": b"[Term]\nid: GO:1\nname: One\n",
    "text.json": b"This is no ontology.",
    "list.json": b"[]",
    "object.json": b"{}",
    "nothing.json": b'{"graphs": []}',
    "no_terms.json": b'{"graphs": [{"nodes": [], "edges": []}]}',
    "cut_off.json": (DATA / "toy.json").read_bytes()[:500],
    "not_packed.obo.gz": b"[Term]\nid: HP:1\nname: One\n",
    "cut_off.obo.gz": gzip.compress((DATA / "toy.obo").read_bytes())[:200],
    "damaged.obo.gz": gzip.compress((DATA / "toy.obo").read_bytes())[:200] + bytes(50),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_are_refused_in_one_line(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(BROKEN[name])
    with pytest.raises(SourceError) as refused:
        load_ontology(path)
    assert str(path) in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SourceError, match=r"cannot read the ontology .*gone\.obo: No such file or directory$"):
        load_ontology(tmp_path / "gone.obo")


def test_an_unknown_scope_in_json_is_refused(tmp_path):
    document = json.loads((DATA / "toy.json").read_text())
    node = next(n for n in document["graphs"][0]["nodes"] if n.get("meta", {}).get("synonyms"))
    node["meta"]["synonyms"][0]["pred"] = "hasOddSynonym"
    path = tmp_path / "odd.json"
    path.write_text(json.dumps(document))
    with pytest.raises(SourceError, match="hasOddSynonym"):
        load_ontology(path)
