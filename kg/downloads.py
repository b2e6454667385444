"""Files from the web: fetched in a few attempts, each of which resumes the one before.

Promise: a part is only gone on with where the server still has the very file that it was begun from.
Deliberately not done here: whether what came is what was wanted (``kg.datasets``).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kg.errors import NotReadyError, how_to_install

if TYPE_CHECKING:
    import httpx

_ATTEMPTS = 4
_TIMEOUT_S = 30.0


class DownloadError(NotReadyError):
    """An address does not give its file: which, why, and after how many attempts."""


def download(url: str, part: Path, name: str, *, backoff_s: float = 1.0) -> None:
    """Fill a file with the bytes of an address.

    Args:
        url: where they are.
        part: file to fill; what an earlier call has left of it is gone on with.
        name: for the progress bar.
        backoff_s: wait before the second attempt; doubles with each further one.

    Raises:
        DownloadError: the network failed, or the server refused.
        NotReadyError: a package that it needs is not installed.
        OSError: the file cannot be written.
    """
    try:
        import httpx
        import tenacity
    except ImportError as error:
        raise NotReadyError(f"pulling data needs {error.name}: {how_to_install('data')}") from error

    attempts = tenacity.Retrying(
        stop=tenacity.stop_after_attempt(_ATTEMPTS),
        wait=tenacity.wait_exponential(multiplier=backoff_s, max=30.0),
        retry=tenacity.retry_if_exception(_is_transient),
        reraise=True,
    )
    try:
        with httpx.Client(follow_redirects=True, timeout=_TIMEOUT_S) as client:
            attempts(_fetch, client, url, part, name)
    except httpx.HTTPError as error:
        if isinstance(error, httpx.HTTPStatusError):
            reason = f"{error.response.status_code} {error.response.reason_phrase}"
        else:
            reason = str(error) or type(error).__name__
        tried = f"{url} failed with {reason} (attempts: {attempts.statistics['attempt_number']})"
        raise DownloadError(tried) from error


def _is_transient(error: BaseException) -> bool:
    import httpx

    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code in (416, 429) or error.response.status_code >= 500
    return isinstance(error, httpx.TransportError)


def _fetch(client: httpx.Client, url: str, part: Path, name: str) -> None:
    """One attempt; continues ``part`` where the server still has the very file that it was begun from."""
    import httpx

    etag_file = part.with_name(part.name + ".etag")
    headers = {"Accept-Encoding": "identity"}  # a range counts bytes of the file, not of its compressed form
    if part.is_file() and etag_file.is_file():
        headers |= {"Range": f"bytes={part.stat().st_size}-", "If-Range": etag_file.read_text(encoding="utf-8")}
    with client.stream("GET", url, headers=headers) as response:
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            # The part is no shorter than the file; without its ETag the next attempt begins anew.
            etag_file.unlink(missing_ok=True)
        response.raise_for_status()
        resumed = response.status_code == 206
        if not resumed:
            _note_etag(etag_file, response.headers.get("ETag", ""))
        _write_body(response, part, name, append=resumed)
    etag_file.unlink(missing_ok=True)


def _note_etag(etag_file: Path, etag: str) -> None:
    # A weak ETag names the meaning, not the bytes, and must not be used to resume.
    if etag and not etag.startswith("W/"):
        etag_file.write_text(etag, encoding="utf-8")
    else:
        etag_file.unlink(missing_ok=True)


def _write_body(response: httpx.Response, part: Path, name: str, *, append: bool) -> None:
    from tqdm import tqdm

    begun = part.stat().st_size if append else 0
    length = response.headers.get("Content-Length")
    total = begun + int(length) if length else None
    with (
        part.open("ab" if append else "wb") as file,
        tqdm(total=total, initial=begun, unit="B", unit_scale=True, desc=name, disable=None) as progress,
    ):
        for chunk in response.iter_raw():  # as they come: a chunk size would hold bytes back, and lose them in a drop
            file.write(chunk)
            progress.update(len(chunk))
