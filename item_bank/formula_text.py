"""Sets the simple formulas of items as one line of signs, some raised or lowered.

Takes LaTeX between ``\\(`` and ``\\)``, gives runs of text; fractions stand on the line, (a)/(b).
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from enum import StrEnum

FORMULA = re.compile(r"\\\((.+?)\\\)", re.S)
LEXEME = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|\s+|.", re.S)
GAP = "\u00a0"  # a narrow space is missing from many typefaces
DEGREE = "°"
SYMBOLS = {
    r"\times": "×",
    r"\cdot": "·",
    r"\div": "÷",
    r"\pm": "±",
    r"\le": "≤",
    r"\leq": "≤",
    r"\ge": "≥",
    r"\geq": "≥",
    r"\ne": "≠",
    r"\neq": "≠",
    r"\approx": "≈",
    r"\parallel": "∥",
    r"\to": "→",
    r"\rightarrow": "→",
    r"\infty": "∞",
    r"\sum": "∑",
    r"\angle": "∠",
    r"\circ": DEGREE,
    r"\degree": DEGREE,
    r"\%": "%",
    r"\ ": " ",
    r"\,": GAP,
    r"\;": " ",
    r"\quad": " ",
    r"\{": "{",
    r"\}": "}",
    "-": "−",
}
FUNCTIONS = frozenset(["sin", "cos", "tan", "cot", "ln", "log", "lg", "max", "min", "exp", "lim"])
PLAIN_GROUPS = frozenset(
    (r"\mathrm", r"\text", r"\mathit", r"\mathbf", r"\operatorname", r"\boldsymbol")
)
FRACTIONS = frozenset((r"\frac", r"\dfrac", r"\tfrac"))
IGNORED = frozenset((r"\left", r"\right", r"\displaystyle", r"\!"))
SPACED = frozenset("=<>≤≥≠≈→")
LOOSE = frozenset("+−×·÷±∥")  # operators; a part that holds one needs brackets


class Level(StrEnum):
    """Where a run of signs stands against the line."""

    BASE = "base"
    RAISED = "raised"
    LOWERED = "lowered"


@dataclass(frozen=True)
class Run:
    """Signs that are set alike."""

    text: str
    level: Level = Level.BASE
    is_bold: bool = False
    is_underlined: bool = False


@dataclass(frozen=True)
class _Part:
    """A set piece and how many factors it has."""

    runs: tuple[Run, ...]
    atoms: int = 1
    is_fraction: bool = False

    def bracketed(self) -> tuple[Run, ...]:
        return self.runs if self.atoms <= 1 else (Run("("), *self.runs, Run(")"))


def text_runs(text: str) -> tuple[Run, ...]:
    r"""Return a text with formulas as runs.

    Examples
    --------
    >>> plain_text(text_runs(r"由\(I=\dfrac{U}{R_1+R_2}\)可知"))
    '由I = U/(R_{1}+R_{2})可知'
    """
    runs: list[Run] = []
    start = 0
    for found in FORMULA.finditer(text):
        runs += [Run(text[start : found.start()]), *formula_runs(found.group(1))]
        start = found.end()
    return tuple(run for run in (*runs, Run(text[start:])) if run.text)


def formula_runs(latex: str) -> tuple[Run, ...]:
    r"""Return one formula as runs; one with a stray brace stays as it was written.

    Examples
    --------
    >>> plain_text(formula_runs(r"P=\sqrt{3}U_\mathrm{L}I^2"))
    'P = √3U_{L}I^{2}'
    """
    lexemes = LEXEME.findall(latex)
    setter = _Setter(lexemes)
    runs = setter.row().runs
    return runs if setter.place > len(lexemes) else (Run(latex),)


def plain_text(runs: tuple[Run, ...]) -> str:
    """Write runs without raising or lowering, for logs and tests."""
    forms = {Level.BASE: "{}", Level.RAISED: "^{{{}}}", Level.LOWERED: "_{{{}}}"}
    return "".join(forms[run.level].format(run.text) for run in runs)


class _Setter:
    """Reads lexemes from left to right."""

    def __init__(self, lexemes: list[str]) -> None:
        self.lexemes = lexemes
        self.place = 0

    def row(self) -> _Part:
        """Set everything up to the closing brace or the end."""
        runs: list[Run] = []
        atoms = 0
        while self.place < len(self.lexemes) and self.lexemes[self.place] != "}":
            lexeme = self.lexemes[self.place]
            if lexeme in "_^":
                self.place += 1
                runs += _shifted(lexeme, self.part().runs)
                continue
            part = self.part()
            follows_name = bool(runs) and runs[-1].text.strip() in FUNCTIONS
            runs += part.bracketed() if part.is_fraction and follows_name else part.runs
            atoms += part.atoms
        self.place += 1
        return _Part(_trimmed(runs), atoms)

    def part(self) -> _Part:
        """Set one lexeme with what belongs to it."""
        if self.place >= len(self.lexemes):
            return _Part((), 0)
        lexeme = self.lexemes[self.place]
        self.place += 1
        if lexeme.isspace():
            return self.part()
        if lexeme == "{":
            return self.row()
        if lexeme in PLAIN_GROUPS:
            return _Part(self.part().runs)
        if lexeme in IGNORED:
            return _Part((), 0)
        if lexeme in FRACTIONS:
            above, below = self.part().bracketed(), self.part().bracketed()
            return _Part((*above, Run("/"), *below), 2, is_fraction=True)
        if lexeme == r"\sqrt":
            return _Part((Run("√"), *self.part().bracketed()))
        return _symbol(lexeme)


def _shifted(mark: str, runs: tuple[Run, ...]) -> tuple[Run, ...]:
    if runs == (Run(DEGREE),):
        return runs
    level = Level.LOWERED if mark == "_" else Level.RAISED
    return tuple(replace(run, level=level) for run in runs)


def _trimmed(runs: list[Run]) -> tuple[Run, ...]:
    """Drop gaps at the ends: names of functions bring theirs on both sides."""
    if runs:
        runs[0] = replace(runs[0], text=runs[0].text.lstrip())
        runs[-1] = replace(runs[-1], text=runs[-1].text.rstrip())
    return tuple(run for run in runs if run.text)


def _symbol(lexeme: str) -> _Part:
    name = lexeme.removeprefix("\\")
    if lexeme.startswith("\\") and name in FUNCTIONS:
        return _Part((Run(f"{GAP}{name}{GAP}"),))
    sign = SYMBOLS.get(lexeme) or (_greek(name) if len(name) > 1 else name)
    if sign in SPACED:
        return _Part((Run(f" {sign} "),), 2)
    if sign in LOOSE:
        return _Part((Run(sign),), 2)
    return _Part((Run(sign),), 0 if sign.isspace() else 1)


def _greek(name: str) -> str:
    """Return the Greek letter of that name, else the name itself (numbers, unknown commands)."""
    case = "CAPITAL" if name[0].isupper() else "SMALL"
    letter = name.removeprefix("var").upper().replace("LAMBDA", "LAMDA")
    try:
        return unicodedata.lookup(f"GREEK {case} LETTER {letter}")
    except KeyError:
        return name
