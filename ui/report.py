"""An answer as a Markdown report: findings, differential, claims, evidence, questions, sources and versions.

Promise: plain CommonMark without HTML; every word from a user, a source or a model is escaped and stays what it is; a
citation such as ``[E3]`` is a link to its source, and the same answer gives the same text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from llm.schema import Differential
from ui.page.words import ENGLISH, Words
from ui.report_content import Block, Span, Style, report_blocks

_PREFIXES = {Style.TITLE: "# ", Style.SECTION: "## ", Style.ENTRY: "### ", Style.TEXT: "", Style.ITEM: "- "}
_INLINE = re.compile(r"[\\`*_\[\]<>&|~$^#]")
_BARE_LINK = re.compile(r":(?=//)|@|(?i:(?<=www)\.)")  # many renderers make links of bare addresses
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")  # but those that count as white space
_AT_START = re.compile(r"^(\d*)([-+=.):])")


def report_markdown(differential: Differential, words: Words = ENGLISH) -> str:
    """The report as CommonMark, UTF-8, ending in a line feed; in the language of these words."""
    pages = {e.evidence_id: e.url for e in differential.evidence if e.url is not None}
    lines: list[str] = []
    before = None
    for block in report_blocks(differential, words):
        if before is not None and not before is block.style is Style.ITEM:
            lines.append("")
        lines.append(_PREFIXES[block.style] + _words(block, pages))
        before = block.style
    definitions = [f"[{evidence_id}]: <{_address(url)}>" for evidence_id, url in pages.items()]
    return "\n".join([*lines, *(["", *definitions] if definitions else [])]) + "\n"


def escape_markdown(text: str, *, at_start: bool = False) -> str:
    """A text as one line of CommonMark that is read as this text, and as nothing else.

    Args:
        text: any; line breaks and runs of white space become one space.
        at_start: whether it begins a block, where ``1.``, ``#`` and ``-`` have a meaning.
    """
    flat = " ".join(_CONTROL.sub("\ufffd", text).split())
    flat = (" " if text[:1].isspace() and not at_start else "") + flat + (" " if flat and text[-1:].isspace() else "")
    escaped = _INLINE.sub(r"\\\g<0>", flat)
    escaped = _BARE_LINK.sub(r"\\\g<0>", escaped)
    return _AT_START.sub(r"\1\\\2", escaped) if at_start else escaped


def _words(block: Block, pages: Mapping[str, str]) -> str:
    is_free = block.style in (Style.TEXT, Style.ITEM)  # a heading begins no other block
    return "".join(_span(span, pages, at_start=is_free and i == 0) for i, span in enumerate(block.spans)).rstrip()


def _span(span: Span, pages: Mapping[str, str], *, at_start: bool) -> str:
    if span.evidence_id in pages:
        return f"[[{span.evidence_id}]]"  # the inner brackets are a link, which is defined at the end of the report
    text = escape_markdown(span.text, at_start=at_start)
    if span.url is not None:
        return f"[{text}](<{_address(span.url)}>)"
    return f"**{text.strip()}**" if span.strong and text.strip() else text


def _address(url: str) -> str:
    return quote(url, safe=":/?#@!$&'()*+,;=%-._~")
