"""Rare characters of names on paper and for pages: drawn by a second typeface, never as a box."""

import io
import re
from pathlib import Path

import pypdfium2
import pytest
from reportlab.pdfgen.canvas import Canvas

from registry.fonts_folder import RARE_SLICE, rare_font_of
from registry.typeface import BOLD, REGULAR, MissingCharacterError, register_fonts

FACES = Path(__file__).parents[2] / "exam_server/static/css/rare_han.css"
NAME = "𠮷㛃䶮·𪚥𬀩"


def drawn(words: str, font: str = REGULAR) -> pypdfium2.PdfPage:
    """Print one line and open the page."""
    register_fonts()
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=(400, 40), invariant=1)
    canvas.setFont(font, 20)
    canvas.drawString(10, 10, words)
    canvas.save()
    return pypdfium2.PdfDocument(stream.getvalue())[0]


@pytest.mark.parametrize("font", [REGULAR, BOLD])
def test_a_name_with_rare_characters_is_printed_whole(font: str) -> None:
    page = drawn(f"考生 {NAME} 同学", font)
    assert page.get_textpage().get_text_range() == f"考生 {NAME} 同学"
    ink = [drawn(sign, font).render(scale=2).to_pil().convert("L").tobytes() for sign in NAME]
    assert len(set(ink)) == len(NAME)  # boxes would look the same


def test_a_line_is_as_wide_as_its_parts() -> None:
    canvas = Canvas(io.BytesIO())
    register_fonts()
    assert canvas.stringWidth("王𠮷", REGULAR, 10) == pytest.approx(20, abs=0.1)


def test_what_no_typeface_has_is_refused_by_its_name() -> None:
    with pytest.raises(MissingCharacterError, match=r"“王𱍐”中的“𱍐”（U\+31350）"):
        drawn("王𱍐")


def test_what_has_no_shape_is_left_out_and_a_narrow_space_is_a_space() -> None:
    page = drawn("一\u200b二\ufe0f\ufeff三\u2009四")
    assert page.get_textpage().get_text_range() == "一二三 四"
    assert Canvas(io.BytesIO()).stringWidth("一\u200b", REGULAR, 10) == pytest.approx(10, abs=0.1)


def test_pages_are_offered_the_same_slices() -> None:
    offered = re.findall(r"rare-han/(\w+)\.ttf\?v=1.*?U\+(\w+)-(\w+);", FACES.read_text("utf-8"))
    assert [name for name, _, _ in offered] == sorted(
        path.stem for path in rare_font_of("𠮷").parent.glob("*.ttf")
    )
    for name, first, last in offered:
        assert int(name, 16) <= int(first, 16) <= int(last, 16) < int(name, 16) + RARE_SLICE
