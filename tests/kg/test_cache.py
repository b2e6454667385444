"""The cache: what is loaded equals what was built, damage is noticed, and a refused write leaves nothing behind."""

import errno
import json
import logging
import os
import shutil
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from kg import cache
from kg.build import SourceFiles, build_graph, bundled_sources, load_graph
from kg.errors import SourceError, StorageError
from kg.graph import KnowledgeGraph

FILES = ("columns.npz", "diseases.json", "pools.json", "relations.json", "terms.json")


def facts(graph: KnowledgeGraph) -> tuple[object, ...]:
    """All that a graph knows."""
    return (
        graph.identity,
        graph.versions,
        graph.ontology.version,
        graph.ontology.terms,
        graph.ontology.replaced,
        graph.diseases,
        [graph.associations_of(d) for d in graph.diseases],
        [graph.genes_of(d) for d in graph.diseases],
    )


@pytest.fixture
def place(tmp_path: Path, toy_sources: SourceFiles) -> Path:
    """The cached folder of the toy graph."""
    load_graph(toy_sources, tmp_path)
    (folder,) = tmp_path.iterdir()
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir()}


def test_a_second_load_equals_the_first(toy_sources, toy_graph, tmp_path, caplog):
    first = load_graph(toy_sources, tmp_path)
    (folder,) = tmp_path.iterdir()
    written = folder.stat().st_ino
    second = load_graph(toy_sources, tmp_path)
    assert facts(second) == facts(first) == facts(toy_graph)
    assert folder.stat().st_ino == written
    assert not [r for r in caplog.records if "building it again" in r.message]


def test_the_manifest_tells_what_is_there(place):
    manifest = json.loads((place / "manifest.json").read_text())
    assert sorted(manifest["sha256"]) == sorted(FILES)
    assert sorted(manifest["identity"]) == ["annotations", "format", "genes", "ontology"]
    assert manifest["counts"] == {"terms": 18, "diseases": 6, "genes": 3, "associations": 19}
    assert manifest["versions"]["hpo"] == "2030-01-01"


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def change_format(manifest: Path) -> None:
    content = json.loads(manifest.read_text())
    content["identity"]["format"] = "0"
    manifest.write_text(json.dumps(content))


def replace_by_list(manifest: Path) -> None:
    manifest.write_text("[]")


def forget_the_files(manifest: Path) -> None:
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"sha256": {}}))


def list_the_files(manifest: Path) -> None:
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"sha256": list(FILES)}))


DAMAGE = [(damage, name) for damage in (truncate, flip, Path.unlink) for name in FILES] + [
    (damage, "manifest.json")
    for damage in (truncate, Path.unlink, change_format, replace_by_list, forget_the_files, list_the_files)
]


@pytest.mark.parametrize(("damage", "name"), DAMAGE, ids=[f"{d.__name__}-{n}" for d, n in DAMAGE])
def test_damage_is_noticed_and_mended(toy_sources, toy_graph, place, caplog, damage, name):
    whole = contents(place)
    damage(place / name)
    assert contents(place) != whole
    with caplog.at_level(logging.WARNING):
        loaded = load_graph(toy_sources, place.parent)
    assert facts(loaded) == facts(toy_graph)
    assert [r.message for r in caplog.records if "building it again" in r.message]
    manifest = json.loads((place / "manifest.json").read_text())
    cache.verify(place, manifest["identity"])
    assert sorted(contents(place)) == sorted(whole)
    assert [p.name for p in place.parent.iterdir()] == [place.name]


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch])
def test_an_empty_folder_or_a_file_in_its_place_is_replaced(toy_sources, toy_graph, place, make):
    shutil.rmtree(place)
    make(place)
    assert facts(load_graph(toy_sources, place.parent)) == facts(toy_graph)
    assert (place / "manifest.json").is_file()


def test_a_half_written_folder_is_never_seen(toy_sources, toy_graph, place, caplog):
    # What is left where the process is killed while it writes.
    half = place.with_name(f".{place.name}-killed") / "fresh"
    half.mkdir(parents=True)
    (place / "terms.json").rename(half / "terms.json")
    shutil.rmtree(place)
    assert facts(load_graph(toy_sources, place.parent)) == facts(toy_graph)
    assert not [r for r in caplog.records if "building it again" in r.message]
    cache.verify(place, json.loads((place / "manifest.json").read_text())["identity"])


def test_a_changed_source_is_another_artefact(toy_sources, place, tmp_path):
    annotations = tmp_path / "other" / "toy.hpoa"
    annotations.parent.mkdir()
    lines = toy_sources.annotations.read_text().splitlines(keepends=True)
    annotations.write_text("".join(lines[:-2]))  # without the rows on Epsilon
    sources = replace(toy_sources, annotations=annotations)
    assert load_graph(sources, place.parent).counts()["diseases"] == 5
    annotations.write_text("".join(lines))
    assert load_graph(sources, place.parent).counts()["diseases"] == 6
    assert len(list(place.parent.glob("graph-*"))) == 3


def test_what_nobody_has_read_for_two_months_goes_when_another_is_made(tmp_path):
    def load(name: str, number: int) -> None:
        cache.load_or_build(
            name,
            {"number": str(number)},
            read=lambda folder: (folder / "x").read_text(),
            build=lambda: str(number),
            write=lambda folder, built: (folder / "x").write_text(built),
            root=tmp_path,
        )

    def age(days: float) -> None:
        for folder in tmp_path.iterdir():
            os.utime(folder, (time.time() - days * 24 * 3600,) * 2)

    for number in (1, 2):
        load("zorb", number)
    load("zorb-shapes", 1)
    (tmp_path / f".zorb-{'0' * 16}-killed").mkdir()
    age(59)
    load("zorb", 3)
    assert len(list(tmp_path.iterdir())) == 5
    age(61)
    load("zorb", 2)  # read, so that it stays
    load("zorb", 4)
    kept = {(f.name.rpartition("-")[0], (f / "x").read_text()) for f in tmp_path.iterdir()}
    assert kept == {("zorb", "2"), ("zorb", "4"), ("zorb-shapes", "1")}


@pytest.mark.parametrize("name", ["file/x", "file/x/y", "n" * 300])
def test_an_unwritable_place_is_named_in_one_line(toy_sources, tmp_path, name):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"name another place with CITEDX_CACHE=FOLDER$") as refused:
        load_graph(toy_sources, tmp_path / name)
    assert str(tmp_path / name) in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


def fill_a_full_disk(folder: Path) -> None:
    (folder / "half.json").write_text("{")
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_leaves_nothing_behind(tmp_path):
    with pytest.raises(StorageError, match=r"cannot write .*artefact: No space left on device; free some space"):
        cache.write_folder(tmp_path / "artefact", fill_a_full_disk)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_old_folder_as_it_was(place):
    whole = contents(place)
    with pytest.raises(StorageError, match="No space left on device"):
        cache.write_folder(place, fill_a_full_disk)
    assert contents(place) == whole
    assert list(place.parent.iterdir()) == [place]


def test_any_other_error_while_writing_leaves_nothing_behind(tmp_path):
    def fill(folder: Path) -> None:
        (folder / "half.json").write_text("{")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.write_folder(tmp_path / "artefact", fill)
    assert list(tmp_path.iterdir()) == []


def test_processes_that_start_together_do_not_hinder_each_other(tmp_path):
    errors: list[BaseException] = []
    together = threading.Barrier(4)

    def write(number: int) -> None:
        try:
            for _ in range(25):
                together.wait()
                cache.write_folder(tmp_path / "artefact", lambda folder: cache.write_json(folder / "a.json", number))
        except Exception as error:
            errors.append(error)
            together.abort()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert cache.read_json(tmp_path / "artefact" / "a.json") in range(4)
    assert list(tmp_path.iterdir()) == [tmp_path / "artefact"]


def test_the_root_is_named_by_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("CITEDX_CACHE", str(tmp_path))
    assert cache.cache_root() == tmp_path
    monkeypatch.setenv("CITEDX_CACHE", "")
    assert cache.cache_root().name == "citedx"


def test_a_digest_does_not_depend_on_the_order_of_keys():
    assert cache.digest({"a": "1", "b": "2"}) == cache.digest({"b": "2", "a": "1"})
    assert cache.digest({"a": "1", "b": "2"}) != cache.digest({"a": "1", "b": "3"})


@pytest.mark.parametrize("kind", ["ontology", "annotations", "genes"])
def test_a_missing_source_is_named_before_anything_is_read(toy_sources, tmp_path, kind):
    sources = replace(toy_sources, **{kind: tmp_path / "gone"})
    for load in (build_graph, lambda s: load_graph(s, tmp_path)):
        with pytest.raises(SourceError, match=rf"^cannot read the {kind} file .*gone: No such file or directory$"):
            load(sources)


def test_a_broken_source_is_refused_and_not_cached(toy_sources, tmp_path):
    broken = tmp_path / "broken.hpoa"
    lines = toy_sources.annotations.read_text().replace("7/8", "9/8").splitlines(keepends=True)
    broken.write_text("".join(lines))
    with pytest.raises(SourceError, match=r"broken\.hpoa, line 5: expected 0 <= n <= m and m > 0, got 9/8$"):
        load_graph(replace(toy_sources, annotations=broken), tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("*"))


@pytest.mark.release
def test_the_bundled_release_is_there():
    sources = bundled_sources()
    assert sources.ontology.is_file()
    assert sources.annotations.is_file()
    assert sources.genes is not None
    assert sources.genes.is_file()
