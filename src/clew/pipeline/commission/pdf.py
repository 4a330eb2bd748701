"""A page of facts and a table as PDF, in Chinese and English, without any font of the machine's.

The Chinese font is named, not embedded: every reader of PDF has one for it. docs/decisions/statements-name-their-font.md
says why.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from io import BytesIO

FONT = "STSong-Light"
MM = 72 / 25.4
INK, DIM, LINE = "#1d1e22", "#686b72", "#cfcec7"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under heads; widths in millimetres, `numbers` are the columns that end at the right."""

    heads: Sequence[str]
    widths: Sequence[int]
    numbers: frozenset[int]
    rows: Sequence[Sequence[str]]
    last: Sequence[str]


def page(
    title: str, under: str, facts: Sequence[tuple[str, str]], table: Table, foot: str
) -> bytes:
    """Give a document of A4 pages: a title, facts, and the table with its heads on each page."""
    # It takes a tenth of a second to load, and few ask for it.
    from reportlab.pdfbase import pdfmetrics  # noqa: PLC0415
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # noqa: PLC0415
    from reportlab.platypus import SimpleDocTemplate, Spacer  # noqa: PLC0415
    from reportlab.platypus import Table as Grid  # noqa: PLC0415

    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    out = BytesIO()
    margin = 20 * MM
    document = SimpleDocTemplate(
        out,
        leftMargin=margin,
        rightMargin=margin,
        topMargin=margin,
        bottomMargin=margin,
        title=title,
        author=foot,
        invariant=1,
    )
    told = [[_text(name, colour=DIM), _text(value)] for name, value in facts]
    known = Grid(told, colWidths=[32 * MM, 138 * MM], style=_PLAIN, hAlign="LEFT")
    rows = [table.heads, *table.rows, table.last]
    cells = [[_text(cell, is_right=at in table.numbers) for at, cell in enumerate(r)] for r in rows]
    widths = [width * MM for width in table.widths]
    grid = Grid(cells, colWidths=widths, repeatRows=1, style=_LINED, hAlign="LEFT")
    story = [
        _text(title, size=18),
        Spacer(1, 3 * MM),
        _text(under, colour=DIM),
        Spacer(1, 5 * MM),
        known,
        Spacer(1, 6 * MM),
        grid,
    ]

    def number(canvas: object, made: object) -> None:
        canvas.setFont(FONT, 8)  # type: ignore[attr-defined]
        canvas.setFillColor(DIM)  # type: ignore[attr-defined]
        canvas.drawString(margin, 12 * MM, foot)  # type: ignore[attr-defined]
        canvas.drawRightString(190 * MM, 12 * MM, str(made.page))  # type: ignore[attr-defined]

    document.build(story, onFirstPage=number, onLaterPages=number)
    return out.getvalue()


_PLAIN = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]
_LINED = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LINEBELOW", (0, 0), (-1, -2), 0.4, LINE),
    ("LINEBELOW", (0, 0), (-1, 0), 0.8, INK),
    ("LINEABOVE", (0, -1), (-1, -1), 0.8, INK),
    ("LEFTPADDING", (0, 0), (-1, -1), 2),
    ("RIGHTPADDING", (0, 0), (-1, -1), 6),
]


def _text(text: str, *, size: int = 9, colour: str = INK, is_right: bool = False) -> object:
    from reportlab.lib.styles import ParagraphStyle  # noqa: PLC0415
    from reportlab.platypus import Paragraph  # noqa: PLC0415

    style = ParagraphStyle(
        "text",
        fontName=FONT,
        fontSize=size,
        leading=size * 1.45,
        textColor=colour,
        alignment=2 if is_right else 0,
        wordWrap="CJK",
    )
    return Paragraph(escape(text.replace("−", "-")), style)  # the font has no real minus
