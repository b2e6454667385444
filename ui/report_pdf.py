"""An answer as a PDF report, with the same content as the Markdown one.

Promise: real text that can be searched and copied, Latin, Greek, Cyrillic and Chinese; a citation leads to its evidence
in the document and a reference to its web page. A character that the font has not is shown as a box, and the report
says how many. Nothing is fetched; the same answer gives the same bytes. Deliberately not done: scripts that are written
from right to left.

The font is Noto Sans SC (SIL Open Font License 1.1), as carried by ``pylopdf-fonts-zh-cn``; a report holds only the
glyphs that it needs.
"""

from __future__ import annotations

import importlib.util
import io
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kg.errors import NotReadyError, how_to_install
from llm.schema import Differential
from ui.page.words import ENGLISH, Words
from ui.report_content import TITLE, Block, Span, Style, report_blocks

if TYPE_CHECKING:
    from fpdf import FPDF

INSTALL_HINT = how_to_install("documents")

_FAMILY = "noto"
_MISSING = "□"
MISSING_NOTE = f"Characters that the font of this report has not are shown as {_MISSING}: {{n}}."
_SIZES = {Style.TITLE: 18.0, Style.SECTION: 13.5, Style.ENTRY: 11.0, Style.TEXT: 9.5, Style.ITEM: 9.5}
"""Points."""
_SPACE_ABOVE = {Style.TITLE: 0.0, Style.SECTION: 5.0, Style.ENTRY: 3.0, Style.TEXT: 1.5, Style.ITEM: 0.8}
"""Millimetres."""
_INDENT = 4.0
_INK, _LINK = (30, 41, 59), (15, 94, 89)
_MADE = datetime(2000, 1, 1, tzinfo=UTC)  # PDF wants a date, and a clock would make each report another one

_SECONDS_FROM_1904_TO_2000 = 3_029_529_600  # the same date, as fonts count


def require_pdf() -> None:
    """Raise NotReadyError where what writes PDF is not installed."""
    if any(importlib.util.find_spec(name) is None for name in ("fpdf", "pylopdf_fonts_zh_cn")):
        raise NotReadyError(f"a PDF report needs fpdf2 and its font: {INSTALL_HINT}")


def report_pdf(differential: Differential, words: Words = ENGLISH) -> bytes:
    """The report as a PDF of A4 pages, in the language of these words.

    Raises:
        NotReadyError: what writes PDF is not installed.
    """
    require_pdf()
    from fpdf import FPDF

    blocks = list(report_blocks(differential, words))
    text = "".join(s.text for b in blocks for s in b.spans)
    missing = words(MISSING_NOTE)
    font, known = _draw_font({*text, *missing, *"•0123456789"})
    if n_missing := sum(_is_missing(c, known) for c in text):
        note = Span(text=missing.format(n=n_missing))
        blocks.insert(2, Block(style=Style.TEXT, spans=(note,)))

    class Report(FPDF):
        def footer(self) -> None:
            self.set_y(-12)
            self.set_font(_FAMILY, size=8)
            self.cell(0, 5, f"{self.page_no()}", align="C")

    pdf = Report(format="A4")
    pdf.set_creation_date(_MADE)
    pdf.set_title(words(TITLE))
    pdf.set_creator("citedx")
    pdf.set_margin(18)
    pdf.set_auto_page_break(auto=True, margin=18)
    with tempfile.TemporaryDirectory() as folder:  # fpdf2 reads fonts from files only
        file = Path(folder, "report.ttf")
        file.write_bytes(font)
        pdf.add_font(_FAMILY, fname=file)
        pdf.add_page()
        links = {e.evidence_id: pdf.add_link() for e in differential.evidence}
        for block in blocks:
            _write_block(pdf, block, links, known)
        return bytes(pdf.output())


def _write_block(pdf: FPDF, block: Block, links: dict[str, int], known: frozenset[str]) -> None:
    size = _SIZES[block.style]
    height = size * 0.5  # of a line, in mm: points to mm, and half a line more
    indent = _INDENT if block.style is Style.ITEM else 0.0
    pdf.ln(_SPACE_ABOVE[block.style])
    if block.style in (Style.SECTION, Style.ENTRY) and pdf.will_page_break(4 * height):
        pdf.add_page()  # a heading stays with what follows
    pdf.set_left_margin(pdf.l_margin + indent)
    pdf.set_font(_FAMILY, size=size)
    pdf.set_text_color(*_INK)
    if block.evidence is not None:
        pdf.set_link(links[block.evidence.evidence_id], y=pdf.get_y(), page=pdf.page)
    if indent:
        pdf.set_x(pdf.l_margin - indent + 0.8)
        pdf.write(height, "•")
        pdf.set_x(pdf.l_margin)
    for span in block.spans:
        _write_span(pdf, span, height, links, known, is_heading=block.style is not Style.TEXT and not indent)
    pdf.ln(height)
    pdf.set_left_margin(pdf.l_margin - indent)
    pdf.set_x(pdf.l_margin)


def _write_span(
    pdf: FPDF, span: Span, height: float, links: dict[str, int], known: frozenset[str], *, is_heading: bool
) -> None:
    from fpdf.enums import TextMode

    link: str | int | None = span.url
    if span.evidence_id is not None:
        link = links.get(span.evidence_id)
    pdf.set_text_color(*(_INK if link is None else _LINK))
    strong = span.strong or is_heading
    text = "".join(_MISSING if _is_missing(c, known) else c for c in span.text)
    with pdf.local_context(
        text_mode=TextMode.FILL_STROKE if strong else TextMode.FILL, line_width=0.05, draw_color=_INK
    ):  # the font comes in one weight
        pdf.write(height, text, link or "")


def _is_missing(character: str, known: frozenset[str]) -> bool:
    return character not in known and not character.isspace()


def _draw_font(characters: Iterable[str]) -> tuple[bytes, frozenset[str]]:
    """A TrueType font of those of these characters that Noto Sans SC has, and which they are.

    Its outlines are cubic (CFF), for which fpdf2 writes wrong widths; so they are drawn again as quadratic curves, to a
    thousandth of the letter's size.
    """
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.cu2quPen import Cu2QuPen
    from fontTools.pens.ttGlyphPen import TTGlyphPen
    from fontTools.ttLib import TTFont
    from pylopdf_fonts_zh_cn import sans_path

    with TTFont(sans_path(), lazy=True) as noto:
        names = {ord(c): noto.getBestCmap().get(ord(c)) for c in sorted(characters)}
        cmap = {code: name for code, name in names.items() if name is not None}
        order = list(dict.fromkeys([".notdef", *cmap.values()]))
        outlines, glyphs = noto.getGlyphSet(), {}
        for name in order:
            pen = TTGlyphPen(None)
            outlines[name].draw(Cu2QuPen(pen, max_err=1.0, reverse_direction=True))
            glyphs[name] = pen.glyph()
        builder = FontBuilder(noto["head"].unitsPerEm, isTTF=True)
        builder.setupGlyphOrder(order)
        builder.setupCharacterMap(cmap)
        builder.setupGlyf(glyphs)
        builder.setupHorizontalMetrics({name: noto["hmtx"][name] for name in order})
        builder.setupHorizontalHeader(ascent=noto["hhea"].ascent, descent=noto["hhea"].descent)
        builder.setupNameTable({"familyName": "Noto Sans SC", "styleName": "Regular", "psName": "NotoSansSC-Regular"})
        builder.setupOS2(sTypoAscender=noto["OS/2"].sTypoAscender, sCapHeight=noto["OS/2"].sCapHeight)
        builder.setupPost()
    builder.font["head"].created = builder.font["head"].modified = _SECONDS_FROM_1904_TO_2000
    builder.font.recalcTimestamp = False
    written = io.BytesIO()
    builder.save(written)
    return written.getvalue(), frozenset(map(chr, cmap))
