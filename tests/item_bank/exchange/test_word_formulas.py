"""Formulas of Word as LaTeX, and what lies beyond the subset by name."""

import pytest
from lxml import etree
from support.word_files import document, paragraph

from item_bank.exchange.importing import read_file
from item_bank.exchange.word_formulas import FormulaReader

M = "http://schemas.openxmlformats.org/officeDocument/2006/math"


def made(inside):
    reader = FormulaReader()
    latex = reader.latex(etree.fromstring(f'<m:oMath xmlns:m="{M}">{inside}</m:oMath>'))
    return latex, list(reader.lost)


def r(text, settings=""):
    return f"<m:r><m:rPr>{settings}</m:rPr><m:t>{text}</m:t></m:r>"


def e(text, name="e"):
    return f"<m:{name}>{text if text.startswith('<') else r(text)}</m:{name}>"


QUOTIENT = f"<m:f>{e('a', 'num')}{e('b', 'den')}</m:f>"
LIMIT = f"<m:limLow>{e('lim')}{e('x→∞', 'lim')}</m:limLow>"
SUM = '<m:naryPr><m:chr m:val="∑"/></m:naryPr>'


@pytest.mark.parametrize(
    ("inside", "latex"),
    [
        (f"<m:f>{e('U', 'num')}{e('R', 'den')}</m:f>", r"\frac{U}{R}"),
        (
            f'<m:f><m:fPr><m:type m:val="lin"/></m:fPr>{e("a", "num")}{e("b+1", "den")}</m:f>',
            "a/{b+1}",
        ),
        (f"<m:sSup>{e('10')}{e('-3', 'sup')}</m:sSup>", "{10}^{-3}"),
        (f"<m:sSub>{e('R')}{e('1', 'sub')}</m:sSub>", "R_{1}"),
        (f"<m:sSubSup>{e('x')}{e('i', 'sub')}{e('2', 'sup')}</m:sSubSup>", "x_{i}^{2}"),
        (f"<m:sPre>{e('1', 'sub')}{e('2', 'sup')}{e('H')}</m:sPre>", "{}_{1}^{2}H"),
        (f"<m:rad><m:deg/>{e('3')}</m:rad>", r"\sqrt{3}"),
        (f"<m:rad>{e('3', 'deg')}{e('x')}</m:rad>", r"\sqrt[{3}]{x}"),
        (
            f"<m:nary>{SUM}{e('i=1', 'sub')}{e('n', 'sup')}{e('x')}</m:nary>",
            r"\sum_{i=1}^{n}x",
        ),
        (f"<m:nary><m:sub/><m:sup/>{e('x')}</m:nary>", r"\int x"),
        (f"<m:d>{e('a+b')}</m:d>", "(a+b)"),
        (
            f"<m:d>{e(QUOTIENT)}</m:d>",
            r"\left( \frac{a}{b}\right)",
        ),
        (
            f'<m:d><m:dPr><m:begChr m:val="{{"/><m:endChr m:val=""/></m:dPr>{e("x")}</m:d>',
            r"\left\{ x\right.",
        ),
        (f"<m:func>{e('sin', 'fName')}{e('α')}</m:func>", r"\sin\alpha"),
        (f"<m:func>{e('sin', 'fName')}{e('x')}</m:func>", r"\sin x"),
        (
            f"<m:func>{e(LIMIT, 'fName')}{e('y')}</m:func>",
            r"\lim_{x\to\infty}y",
        ),
        (f'<m:bar><m:barPr><m:pos m:val="top"/></m:barPr>{e("A")}</m:bar>', r"\overline{A}"),
        (f'<m:acc><m:accPr><m:chr m:val="&#x20D7;"/></m:accPr>{e("F")}</m:acc>', r"\vec{F}"),
        (r("αx≤5×10%"), r"\alpha x\le 5\times 10\%"),
        (r("压力=P"), r"\text{压力}=P"),
        (r("mm", '<m:sty m:val="p"/>'), r"\mathrm{mm}"),
        (r("and so", "<m:nor/>"), r"\text{and so}"),
        (r("a_b{c}"), r"a\_b\{c\}"),
        (f"<m:del>{r('x')}</m:del><m:ins>{r('y')}</m:ins>", "y"),
        (f"<m:oMathPara><m:oMath>{r('z')}</m:oMath></m:oMathPara>", "z"),
    ],
)
def test_the_subset(inside, latex):
    assert made(inside) == (latex, [])


@pytest.mark.parametrize(
    ("inside", "latex", "name"),
    [
        (
            f"<m:m><m:mr>{e('1')}{e('0')}</m:mr><m:mr>{e('0')}{e('1')}</m:mr></m:m>",
            r"\begin{matrix}1 & 0 \\ 0 & 1\end{matrix}",
            "矩阵",
        ),
        (f"<m:eqArr>{e('x')}{e('y')}</m:eqArr>", r"\begin{matrix}x \\ y\end{matrix}", "多行算式"),
        (f"<m:borderBox>{e('x')}</m:borderBox>", "x", "borderBox"),
        (f'<m:acc><m:accPr><m:chr m:val="?"/></m:accPr>{e("F")}</m:acc>', "F", "符号 ?"),
        (f'<m:nary><m:naryPr><m:chr m:val="⨁"/></m:naryPr>{e("x")}</m:nary>', "⨁x", "运算符 ⨁"),
    ],
)
def test_what_lies_beyond_is_named(inside, latex, name):
    found, lost = made(inside)
    assert found == latex
    assert name in "".join(lost)


def test_formulas_stand_in_their_brackets_in_the_text():

    formula = f"<m:oMath><m:f>{e('1', 'num')}{e('2', 'den')}</m:f></m:oMath>"
    (item,) = read_file("t", document(paragraph("1. 占", formula, "。（√）"))).items
    assert item.stem == r"占\(\frac{1}{2}\)。"
