"""Pulling from a server on this machine: whole, interrupted, refused, damaged."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import lzma
import socket
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kg.datasets import DataSet, State, data_folder, load_manifest, members, pull, status, verify
from kg.errors import NotReadyError, SourceError, StorageError, UsageError
from kg.sources.medquad import load_documents

TABLE = b"id\tname\n" + b"".join(b"HP:%07d\tterm %d\n" % (i, i) for i in range(20_000))
SHA256 = hashlib.sha256(TABLE).hexdigest()
DEV_FULL = Path("/dev/full")


@dataclass
class Publisher:
    """A web server with one file, which can fail on purpose."""

    body: bytes = TABLE
    etag: str = '"v1"'
    failures: list[int] = field(default_factory=list)
    """Status codes to answer the next requests with."""
    cuts: list[int] = field(default_factory=list)
    """After how many bytes to drop the next answers."""
    ranges: list[str | None] = field(default_factory=list)
    """The Range header of each request."""
    url: str = ""


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    there = Publisher()

    class Handler(BaseHTTPRequestHandler):
        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Keep the test output quiet."""

        def do_GET(self) -> None:
            asked = self.headers.get("Range")
            there.ranges.append(asked)
            if there.failures:
                self.send_error(there.failures.pop(0))
                return
            begin = 0
            if asked and self.headers.get("If-Range") == there.etag:
                begin = int(asked.removeprefix("bytes=").removesuffix("-"))
            if begin > len(there.body) - 1:
                self.send_error(416)
                return
            self.send_response(206 if begin else 200)
            self.send_header("Content-Length", str(len(there.body) - begin))
            if there.etag:
                self.send_header("ETag", there.etag)
            self.end_headers()
            end = there.cuts.pop(0) if there.cuts else len(there.body)
            self.wfile.write(there.body[begin:end])

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    there.url = f"http://127.0.0.1:{server.server_port}/file"
    yield there
    server.shutdown()
    thread.join()
    server.server_close()


def a_set(url: str, path: str = "toy/table.tsv", sha256: str = "", compress: str = "", convert: str = "") -> DataSet:
    return DataSet(
        name="toy",
        description="a toy table",
        path=path,
        url=url,
        home="https://example.org/toy",
        version="1",
        licence="CC0-1.0",
        citation="Nobody, 2026",
        compress=compress,
        convert=convert,
        sha256=sha256,
    )


def fetch(dataset: DataSet, folder: Path, *, overwrite: bool = False) -> Path:
    return pull("toy", folder=folder, manifest=[dataset], overwrite=overwrite, backoff_s=0.0)


def state_of(dataset: DataSet, folder: Path) -> tuple[State, str]:
    (found,) = verify(folder, [dataset])
    return found.state, found.detail


def left_over(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.rglob("*") if p.is_file())


def test_pull_stores_checks_and_records(publisher: Publisher, tmp_path: Path) -> None:
    dataset = a_set(publisher.url)
    assert status(dataset, tmp_path).state is State.MISSING
    path = fetch(dataset, tmp_path)
    assert path == tmp_path / "toy" / "table.tsv"
    assert path.read_bytes() == TABLE
    record = json.loads((tmp_path / "pulled.json").read_text())["toy"]
    assert (record["sha256"], record["url"]) == (SHA256, publisher.url)
    assert left_over(tmp_path) == ["pulled.json", "table.tsv"]
    found = status(dataset, tmp_path)
    assert (found.state, found.n_bytes) == (State.PRESENT, len(TABLE))
    assert state_of(dataset, tmp_path) == (State.OK, "")


def test_second_pull_is_free_unless_asked_for(publisher: Publisher, tmp_path: Path) -> None:
    dataset = a_set(publisher.url)
    fetch(dataset, tmp_path)
    publisher.body = b"id\tname\nnew\tnew\n"
    assert fetch(dataset, tmp_path).read_bytes() == TABLE
    assert len(publisher.ranges) == 1
    assert fetch(dataset, tmp_path, overwrite=True).read_bytes() == publisher.body
    assert state_of(dataset, tmp_path) == (State.OK, "")


def test_converted_set_is_checked_by_what_was_made_of_it(publisher: Publisher, tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(
            "1.xml", '<Document url="u"><Focus>f</Focus><QAPair><Question/><Answer>a</Answer></QAPair></Document>'
        )
    publisher.body = out.getvalue()
    dataset = a_set(publisher.url, path="toy/m.jsonl.xz", convert="medquad")
    path = fetch(dataset, tmp_path)
    assert [d.focus for d in load_documents(path)] == ["f"]
    assert left_over(tmp_path) == ["m.jsonl.xz", "pulled.json"]
    assert state_of(dataset, tmp_path) == (State.OK, "")
    whole = path.read_bytes()
    path.write_bytes(lzma.compress(b"{}"))
    assert state_of(dataset, tmp_path)[0] is State.CHANGED
    path.write_bytes(whole[: len(whole) // 2])
    assert state_of(dataset, tmp_path)[0] is State.BROKEN


def test_what_cannot_be_converted_is_refused(publisher: Publisher, tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="did not send toy: it cannot be converted: File is not a zip file"):
        fetch(a_set(publisher.url, path="toy/m.jsonl.xz", convert="medquad"), tmp_path)
    assert left_over(tmp_path) == []


def test_compressed_set_is_checked_by_what_was_published(publisher: Publisher, tmp_path: Path) -> None:
    dataset = a_set(publisher.url, path="toy/table.tsv.gz", compress="gzip", sha256=SHA256)
    path = fetch(dataset, tmp_path)
    assert gzip.decompress(path.read_bytes()) == TABLE
    assert path.stat().st_size < len(TABLE) / 3
    assert state_of(dataset, tmp_path) == (State.OK, "")
    assert left_over(tmp_path) == ["pulled.json", "table.tsv.gz"]


def test_dropped_connection_resumes_within_one_pull(publisher: Publisher, tmp_path: Path) -> None:
    publisher.cuts = [100_000, 250_000]
    assert fetch(a_set(publisher.url, sha256=SHA256), tmp_path).read_bytes() == TABLE
    assert publisher.ranges == [None, "bytes=100000-", "bytes=250000-"]


def test_next_pull_resumes_what_was_left(publisher: Publisher, tmp_path: Path) -> None:
    dataset = a_set(publisher.url)
    publisher.cuts = [50_000] * 4
    with pytest.raises(NotReadyError):
        fetch(dataset, tmp_path)
    assert left_over(tmp_path) == ["table.tsv.part", "table.tsv.part.etag"]
    publisher.cuts.clear()
    assert fetch(dataset, tmp_path).read_bytes() == TABLE
    assert publisher.ranges[-1] == "bytes=50000-"


def test_a_newer_file_is_never_joined_to_an_older_part(publisher: Publisher, tmp_path: Path) -> None:
    dataset = a_set(publisher.url)
    publisher.cuts = [50_000] * 4
    with pytest.raises(NotReadyError):
        fetch(dataset, tmp_path)
    publisher.cuts.clear()
    publisher.body, publisher.etag = TABLE.upper(), '"v2"'
    assert fetch(dataset, tmp_path).read_bytes() == TABLE.upper()


@pytest.mark.parametrize("etag", ["", 'W/"v1"'])
def test_without_a_strong_etag_every_attempt_begins_anew(publisher: Publisher, tmp_path: Path, etag: str) -> None:
    publisher.etag = etag
    publisher.cuts = [50_000]
    assert fetch(a_set(publisher.url), tmp_path).read_bytes() == TABLE
    assert publisher.ranges == [None, None]


def test_part_that_is_already_whole(publisher: Publisher, tmp_path: Path) -> None:
    part = tmp_path / "toy" / "table.tsv.part"
    part.parent.mkdir()
    part.write_bytes(TABLE)
    part.with_name("table.tsv.part.etag").write_text('"v1"')
    assert fetch(a_set(publisher.url), tmp_path).read_bytes() == TABLE
    assert publisher.ranges == [f"bytes={len(TABLE)}-", None]


def test_server_errors_are_retried_and_refusals_are_not(publisher: Publisher, tmp_path: Path) -> None:
    publisher.failures = [503, 429]
    assert fetch(a_set(publisher.url), tmp_path).read_bytes() == TABLE
    publisher.failures = [404]
    with pytest.raises(NotReadyError) as caught:
        fetch(a_set(publisher.url, path="other.tsv"), tmp_path)
    assert str(caught.value) == (
        f"cannot pull toy: {publisher.url} failed with 404 Not Found (attempts: 1); "
        f"by hand: fetch it from https://example.org/toy and save it as {tmp_path / 'other.tsv'}"
    )


def test_no_server_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        dataset = a_set(f"http://127.0.0.1:{unused.getsockname()[1]}/", path="toy/t.tsv.gz", compress="gzip")
        with pytest.raises(NotReadyError) as caught:
            fetch(dataset, tmp_path)
    message = str(caught.value)
    assert "(attempts: 4)" in message
    assert message.endswith(f"save it, gzipped, as {tmp_path / 'toy' / 't.tsv.gz'}")
    assert "\n" not in message


def test_wrong_checksum_is_refused_and_leaves_nothing(publisher: Publisher, tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match=f"its sha256 is {SHA256}, expected 0000"):
        fetch(a_set(publisher.url, sha256="0" * 64), tmp_path)
    assert left_over(tmp_path) == []


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("a.zip", b"<html>sign in</html>", "not a readable zip file"),
        ("a.json", b'{"a": ', "not a readable json file"),
        ("a.jsonl", b'{"a": 1}\n{"b"\n', "not a readable jsonl file"),
        ("a.sif.gz", gzip.compress(TABLE)[:-20], "not a readable gz file"),
        ("a.tsv", b"<!DOCTYPE html>\n", "it is a web page, not data"),
        ("a.tsv", b"\n", "it is empty"),
    ],
)
def test_what_is_no_data_is_refused(publisher: Publisher, tmp_path: Path, path: str, body: bytes, reason: str) -> None:
    publisher.body = body
    with pytest.raises(NotReadyError, match=reason):
        fetch(a_set(publisher.url, path=path), tmp_path)
    assert left_over(tmp_path) == []


def test_unknown_name() -> None:
    with pytest.raises(UsageError, match="no data set is called 'nosuch'; there are: phenopackets, "):
        pull("nosuch")


@pytest.mark.skipif(not DEV_FULL.exists(), reason="this system has no /dev/full")
def test_full_disk(publisher: Publisher, tmp_path: Path) -> None:
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "table.tsv.part").symlink_to(DEV_FULL)
    with pytest.raises(StorageError) as caught:
        fetch(a_set(publisher.url), tmp_path)
    assert str(caught.value) == (
        f"cannot write {tmp_path / 'toy' / 'table.tsv'}: No space left on device; "
        "free some space, or set CITEDX_DATA to another folder"
    )


def test_folder_that_is_a_file(publisher: Publisher, tmp_path: Path) -> None:
    (tmp_path / "toy").write_text("in the way")
    with pytest.raises(StorageError, match=r"cannot write .*table\.tsv: "):
        fetch(a_set(publisher.url), tmp_path)


def test_verify_tells_the_states_apart(publisher: Publisher, tmp_path: Path) -> None:
    dataset = a_set(publisher.url, path="toy/table.tsv.gz", compress="gzip")
    assert state_of(dataset, tmp_path) == (State.MISSING, "citedx data pull toy")
    path = fetch(dataset, tmp_path)
    path.write_bytes(gzip.compress(TABLE + b"one more\trow\n"))
    assert state_of(dataset, tmp_path)[0] is State.CHANGED
    path.write_bytes(gzip.compress(TABLE)[:-20])
    assert state_of(dataset, tmp_path)[0] is State.BROKEN
    path.write_bytes(gzip.compress(TABLE, compresslevel=1))
    assert state_of(dataset, tmp_path) == (State.OK, "")


def test_verify_of_a_set_put_there_by_hand(tmp_path: Path) -> None:
    dataset = a_set("https://example.org", path="a.zip")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.json", '{"intact": true}')
    (tmp_path / "a.zip").write_bytes(buffer.getvalue())
    assert state_of(dataset, tmp_path) == (State.OK, "readable; no checksum is known")
    assert state_of(replace(dataset, sha256="0" * 64), tmp_path)[0] is State.CHANGED
    (tmp_path / "a.zip").write_bytes(buffer.getvalue().replace(b"intact", b"broken", 1))
    assert state_of(dataset, tmp_path) == (State.BROKEN, "the member a.json is damaged")


def test_record_of_pulls_that_is_no_json(tmp_path: Path) -> None:
    (tmp_path / "pulled.json").write_text("{")
    with pytest.raises(SourceError, match=r"pulled\.json is not readable"):
        verify(tmp_path, [])


def test_manifest_is_complete_and_safe() -> None:
    sets = load_manifest()
    assert len(sets) == 28
    assert len({d.name for d in sets}) == len({d.path for d in sets}) == len(sets)
    for d in sets:
        assert d.url.startswith("https://"), d.name
        assert d.home.startswith("https://"), d.name
        assert not Path(d.path).is_absolute(), d.name
        assert ".." not in Path(d.path).parts, d.name
        assert d.licence, d.name
        assert d.citation, d.name
        assert len(d.sha256) in (0, 64), d.name
        assert (d.compress == "gzip") == (d.path.endswith(".gz") and not d.url.endswith(".gz")), d.name
        assert d.convert in ("", "medquad"), d.name
        assert not (d.sha256 and "/HEAD/" in d.url), f"{d.name}: a moving file cannot have a fixed checksum"


def test_manifest_with_an_unknown_field(tmp_path: Path) -> None:
    path = tmp_path / "m.toml"
    path.write_text('[[dataset]]\nname = "x"\nprice = 3\n')
    with pytest.raises(SourceError, match=r"is not a manifest of data sets: .*price"):
        load_manifest(path)


def test_data_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CITEDX_DATA", str(tmp_path))
    assert data_folder() == tmp_path


@pytest.mark.data
def test_data_at_hand_is_readable() -> None:
    found = [s for s in verify() if s.state is not State.MISSING]
    assert found
    assert [(s.dataset.name, s.state, s.detail) for s in found if s.state is not State.OK] == []


def test_a_group_stands_for_its_sets():
    assert members("translations") == ("hpo-zh", "hpo-es")
    assert members("hpo-zh") == ("hpo-zh",)
    assert len(members("all")) == len(load_manifest())
    with pytest.raises(UsageError, match=r"no data set is called 'x'.*translations"):
        members("x")
