"""The printed paper: every item once, by position, letters in stored order, figures drawn."""

import io
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from support.invented_bank import SVG, paper_content

from item_bank.booklet import print_booklet
from item_bank.figure_drawing import DrawnFigure, path_steps
from item_bank.formula_text import Run, plain_text, text_runs
from item_bank.rules.figure import check_svg
from item_bank.text_setting import NO_END, NO_START, REGULAR, TextBlock, TextStyle
from registry.typeface import register_fonts

SEED_FIGURES = sorted(Path(__file__).parents[2].glob("seeds/item_banks/[0-9]*/figures/*.svg"))
STYLE = TextStyle(REGULAR, 10, 15)


@pytest.fixture(autouse=True, scope="module")
def fonts():
    register_fonts()


def printed(paper=None, figure=SVG):
    return print_booklet(paper or paper_content(), lambda _: figure.encode(), paper_mark="试卷 1")


def words_of(pdf):
    document = pypdfium2.PdfDocument(pdf)
    return [page.get_textpage().get_text_bounded() for page in document]


def picture_of(draw):
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=(200, 200))
    draw(canvas)
    canvas.save()
    page = pypdfium2.PdfDocument(stream.getvalue())[0]
    return page.render(scale=1, grayscale=True).to_numpy().squeeze()


def figure_of(shapes, box="0 0 100 100"):
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">{shapes}</svg>'.encode()


def lines_of(text, width_pt):
    block = TextBlock(text_runs(text), STYLE)
    block.wrap(width_pt, 0)
    return ["".join(sign for unit in line for sign, *_ in unit.signs) for line in block.lines]


def test_every_item_stands_once_under_its_position():
    paper = paper_content(30, 10, 10)
    text = "\n".join(words_of(printed(paper)))
    numbers = [int(n) for n in re.findall(r"(?m)^(\d+)．\s*第\d+题", text)]
    assert numbers == list(range(1, 51))
    for heading in ("一、单项选择题", "二、多项选择题", "三、判断题", "每题 1 分"):
        assert heading in text


def test_options_carry_the_letters_of_the_card_in_stored_order():
    text = "".join(words_of(printed(paper_content(1, 0, 0))))
    letters = re.findall(r"([A-F])．\s*第1题选项([a-f])", text)
    assert letters == [("A", "a"), ("B", "b"), ("C", "c"), ("D", "d")]


def test_every_page_says_which_of_how_many_and_which_paper():
    pages = words_of(printed(paper_content(40, 20, 20)))
    assert len(pages) > 2
    for number, text in enumerate(pages, start=1):
        assert f"第 {number} 页　共 {len(pages)} 页" in text
        assert "试卷 1" in text


def test_the_same_paper_gives_the_same_bytes():
    assert printed() == printed()


def test_pages_are_a4():
    page = pypdfium2.PdfDocument(printed())[0]
    assert page.get_size() == pytest.approx(A4, abs=0.01)


@pytest.mark.parametrize("path", SEED_FIGURES, ids=lambda path: path.stem)
def test_every_figure_of_the_seeds_is_let_in_and_drawn(path):
    content = path.read_bytes()
    assert check_svg(content) == ()
    figure = DrawnFigure(content, 180, "Helvetica")
    picture = picture_of(lambda canvas: figure.drawOn(canvas, 5, 5))
    assert 0.001 < np.mean(picture < 128) < 0.5


@pytest.mark.parametrize(
    ("shape", "dark", "light"),
    [
        (
            '<rect x="10" y="20" width="30" height="10"/>',
            [(15, 25), (39, 29)],
            [(15, 35), (45, 25)],
        ),
        ('<circle cx="50" cy="50" r="20"/>', [(50, 35), (65, 50)], [(65, 65)]),
        ('<ellipse cx="50" cy="50" rx="30" ry="10"/>', [(75, 50)], [(50, 65)]),
        ('<polygon points="10,10 90,10 10,90"/>', [(20, 20)], [(80, 80)]),
        ('<path d="M10 10 h80 v80 H10 Z"/>', [(50, 50)], [(95, 50)]),
        ('<path d="M10 90 C10 10 90 10 90 90 Z"/>', [(50, 40)], [(50, 25)]),
        (
            '<g stroke="#000" stroke-width="4"><line x1="0" y1="50" x2="99" y2="50"/></g>',
            [(50, 50)],
            [(50, 60)],
        ),
        (
            '<polyline points="0,50 99,50" fill="none" stroke="#000" stroke-width="4" '
            'stroke-dasharray="10 10"/>',
            [(5, 50), (25, 50)],
            [(15, 50), (35, 50)],
        ),
        ('<rect width="99" height="99" fill="#fff"/>', [], [(50, 50)]),
    ],
)
def test_a_shape_is_drawn_where_svg_puts_it(shape, dark, light):
    figure = DrawnFigure(figure_of(shape), 200, "Helvetica")
    picture = picture_of(lambda canvas: figure.drawOn(canvas, 0, 0))
    assert all(picture[2 * y, 2 * x] < 128 for x, y in dark)
    assert all(picture[2 * y, 2 * x] > 128 for x, y in light)


def test_text_of_a_figure_stands_upright_at_its_anchor():
    words = '<text x="50" y="50" font-size="20" text-anchor="middle">L</text>'
    figure = DrawnFigure(figure_of(words), 200, "Helvetica")
    rows, columns = np.nonzero(picture_of(lambda canvas: figure.drawOn(canvas, 0, 0)) < 128)
    assert rows.min() >= 60
    assert rows.max() <= 101  # sits on its baseline
    foot = columns[rows == rows.max() - 1]
    head = columns[rows == rows.min() + 1]
    assert len(foot) > len(head)  # an L, not upside down
    assert abs((columns.min() + columns.max()) / 2 - 100) < 4


def test_further_pairs_after_a_move_are_lines():
    assert list(path_steps("m1 1 2 0 0 2z m5 5l1-1")) == [
        ("M", (1, 1)),
        ("L", (3, 1)),
        ("L", (3, 3)),
        ("Z", ()),
        ("M", (6, 6)),
        ("L", (7, 5)),
    ]


@pytest.mark.parametrize(
    ("latex", "set_as"),
    [
        (r"\dfrac{S}{2}", "S/2"),
        (r"\frac{a+b}{2c}", "(a+b)/(2c)"),
        (r"I=\dfrac{P}{\sqrt{3}U\eta\cos\varphi}", "I = P/(√3Uη\u00a0cos\u00a0φ)"),
        (r"t=RC\ln\dfrac{U_0}{U}", "t = RC\u00a0ln\u00a0(U_{0}/U)"),
        (r"u=U_0\mathrm{e}^{-t/\tau}", "u = U_{0}e^{−t}^{/}^{τ}"),
        (r"\sqrt{x+1}", "√(x+1)"),
        (r"90^\circ", "90°"),
        (r"\lambda\Omega\mu", "λΩμ"),
        (r"470\ \mathrm{\mu F}", "470 μF"),
        (r"40\%", "40%"),
        (r"\left(a-b\right)\times c", "(a−b)×c"),
        (r"\unknown{x}", "unknownx"),
        ("}a", "}a"),
        ("x^", "x"),
    ],
)
def test_a_formula_is_set_on_one_line(latex, set_as):
    assert joined(plain_text(text_runs(rf"\({latex}\)"))) == joined(set_as)


def joined(text):
    return re.sub(r"\}[\^_]\{", "", text)


@given(st.text(alphabet=r"\{}_^ab12+=/\times\frac\sqrt()", max_size=30))
def test_no_formula_breaks_the_setting(latex):
    assert all(run.text for run in text_runs(rf"\({latex}\)"))


@given(
    st.text(alphabet="汉字，。（）“”　、ab12 \n", max_size=120),
    st.floats(60, 300),
)
def test_lines_keep_every_sign_and_the_rules_of_their_ends(text, width_pt):
    lines = lines_of(text, width_pt)
    squeezed = re.sub(r"[ \n\u00a0]", "", text)
    assert re.sub(r"[ \u00a0]", "", "".join(lines)) == squeezed
    block = TextBlock(text_runs(text), STYLE)
    block.wrap(width_pt, 0)
    fits = all(unit.width_pt <= width_pt for unit in block.units)
    for before, line in pairwise(lines):
        if fits and before and line and "\n" not in text and " " not in text:
            assert line[0] not in NO_START
            assert before[-1] not in NO_END


def test_the_blank_of_an_item_and_a_quantity_stay_whole():
    narrow = lines_of("汉字汉字汉字汉字（　　）。", 100)
    assert narrow[-1] == "（　　）。"
    assert lines_of("aaaa bbbb 25 mm", 50)[-1] == "25\u00a0mm"


def test_a_word_wider_than_the_line_is_broken():
    assert "".join(lines_of("a" * 100, 60)) == "a" * 100


def test_raised_signs_are_smaller_than_the_line():
    plain, raised = (TextBlock(text_runs(text), STYLE) for text in ("x2", r"\(x^2\)"))
    assert raised.one_line_pt < plain.one_line_pt
    assert text_runs("x") == (Run("x"),)
