"""Brings stems to forms that can be compared: plain, bare, and neutral as to affirmation.

All texts of a bank are handled at once, joined by line feeds, because sixty thousand stems are
read through a dozen patterns each. What the forms are compared for stands in ``duplicates``.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from item_bank.rules.rich_text import without_marks

BLANK_MARK = "_"
DENIAL = "\ue000"  # stands in a text where a denying word was; from the private use area
_SIGNS = str.maketrans(
    {
        **dict.fromkeys("—–−‐‑―－～〜~", "-"),
        **dict.fromkeys("＊*✕✖", "×"),
        **{sign: f"^{digit}" for digit, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
        "⁻": "^-",
        "＿": BLANK_MARK,
        "﹍": BLANK_MARK,
    }
)
_LATEX = {
    **{"times": "×", "cdot": "×", "div": "÷", "frac": "÷", "dfrac": "÷", "tfrac": "÷"},
    **{"Omega": "Ω", "mu": "μ", "circ": "°", "sqrt": "√", "pm": "±", "%": "%"},
    **{"leq": "≤", "le": "≤", "geq": "≥", "ge": "≥"},
}
_LATEX_SETTING = {"mathrm", "mathbf", "mathit", "text", "left", "right", "quad", "qquad", "rm"}
_LATEX_WORD = re.compile(r"\\([A-Za-z]+|.)")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_SPACE = re.compile(r"[^\S\n]+")
_EMPTY_BLANK = re.compile(r"[(\[【〔{][)\]】〕}]|_+")
_PARENTHESES = re.compile(r"\(([^()\n]*)\)")
_OPERATOR = re.compile(r"[-+×÷/^=<>]")
_MEGA = re.compile(r"(?<=\d)M(?=[A-Za-zΩ])")
_PERCENT = re.compile(r"百分之(\d+(?:\.\d+)?)")
_SPAN = re.compile(r"(?<=\d)至(?=-?\d)")
_DROPPED = re.compile(
    r"[,;!?\"'“”‘’、。…·\[\]{}【】《》〈〉「」『』〔〕|\\@#$&`\ue000]|(?<!\d):|:(?!\d)"
    r"|(?<!\d)\.|\.(?!\d)|-(?!\d)|(?<![0-9a-zω%°])/|/(?![0-9a-zω])"
)
_LAST_BLANK = re.compile(r"_+(?=\n|\Z)")
_UNITS = {
    "千瓦时": "kwh",
    "千瓦小时": "kwh",
    "安培小时": "ah",
    "安时": "ah",
    "兆欧姆": "兆ω",
    "兆欧": "兆ω",
    "千欧": "kω",
    "毫欧": "mω",
    "欧姆": "ω",
    "欧": "ω",
    "兆帕": "兆pa",
    "千帕": "kpa",
    "帕": "pa",
    "千伏": "kv",
    "毫伏": "mv",
    "伏特": "v",
    "伏": "v",
    "毫安": "ma",
    "安培": "a",
    "安": "a",
    "千瓦": "kw",
    "瓦特": "w",
    "瓦": "w",
    "千赫": "khz",
    "赫兹": "hz",
    "赫": "hz",
    "公里每小时": "km/h",
    "千米每小时": "km/h",
    "公里": "km",
    "千米": "km",
    "厘米": "cm",
    "毫米": "mm",
    "微米": "μm",
    "米": "m",
    "公斤": "kg",
    "千克": "kg",
    "毫克": "mg",
    "克": "g",
    "毫升": "ml",
    "升": "l",
    "个小时": "h",
    "小时": "h",
    "分钟": "min",
    "毫秒": "ms",
    "秒钟": "s",
    "秒": "s",
    "摄氏度": "°c",
}
_NO_UNIT_BEFORE = {"欧": "洲", "安": "全装", "瓦": "斯", "克": "服", "升": "高降温压"}
_UNIT = re.compile(
    r"(?<=\d)(?:"
    + "|".join(
        f"{name}(?![{_NO_UNIT_BEFORE[name]}])" if name in _NO_UNIT_BEFORE else name
        for name in sorted(_UNITS, key=len, reverse=True)
    )
    + ")"
)

_FILLER = re.compile("[的了]|下列|以下|请问|各项|选项中")
_DENYING = re.compile(
    "不(?:得|应当|应该|应|准许|准|许|允许|必须|必|需要|需|须|正确|恰当|妥当|当(?=[是有])|妥|对(?=[是有]|$))"
    "|不(?=能|可|宜|要|用|会|是|属|包|符合|合理|适|存在|具|利于|影响|超过|[大小高低少多晚早]于)"
    "|错误(?!代码|信息|提示|码)|有误|禁止|严禁|切勿|请勿|无需|无须|没(?=有)|无(?=法)"
    "|(?<=除_)[以之]?外|除外",
    re.M,
)
_AFFIRMING = re.compile(
    "正确|恰当|妥当|应当|应该|(?<![响对适反供效相感])应(?![力用急变答对])|必须|可以|允许|准许|需要"
)
_OPEN_END = re.compile(
    "(?:正确|错误|有误|恰当|合理|妥当|不妥|不当)的?.{0,4}[是有]$"
    "|(?:属于|包括|符合|体现|违反).{1,18}[是有]$|(?:属于|包括|有)$"
)


@dataclass(frozen=True)
class Stem:
    """A stem in the forms it is compared in, each made of the one before.

    ``plain`` is what it says without differences of typing, ``bare`` without particles and stock
    words, ``neutral`` without affirming and denying words. ``denials`` counts the latter: where
    two counts differ by an odd number, the sense is turned round.
    """

    plain: str
    bare: str
    neutral: str
    denials: int


def plain_texts(texts: Sequence[str]) -> list[str]:
    """Return texts without differences of typing: width, blanks, punctuation, unit names.

    Signs that carry a meaning stay: the point and colon between digits, a minus, ``/``, ``%``.

    Examples
    --------
    >>> plain_texts(["电压为２２０ 伏（　　）。", "电压为220V____。"])
    ['电压为220v', '电压为220v']
    """
    joined = "\n".join(_on_one_line(text) for text in texts).translate(_SIGNS)
    joined = _THOUSANDS.sub("", joined)
    joined = unicodedata.normalize("NFKC", joined)
    joined = _EMPTY_BLANK.sub(BLANK_MARK, _SPACE.sub("", joined))
    joined = _PARENTHESES.sub(_kept_if_sum, joined)
    joined = _MEGA.sub("兆", joined).casefold()
    joined = _PERCENT.sub(r"\1%", joined)
    joined = _SPAN.sub("-", _UNIT.sub(lambda unit: _UNITS[unit[0]], joined))
    joined = _LAST_BLANK.sub("", _DROPPED.sub("", joined))
    return joined.split("\n")


def read_stems(texts: Sequence[str]) -> list[Stem]:
    """Return the stems in the forms they are compared in."""
    plain = plain_texts(texts)
    bare = _FILLER.sub("", "\n".join(plain))
    neutral = _AFFIRMING.sub("", _DENYING.sub(DENIAL, bare)).split("\n")
    return [
        Stem(said, left, rest.replace(DENIAL, ""), rest.count(DENIAL))
        for said, left, rest in zip(plain, bare.split("\n"), neutral, strict=True)
    ]


def denying_words(stem: Stem) -> tuple[str, ...]:
    """Return the denying words of a stem in their order.

    Examples
    --------
    >>> denying_words(read_stems(["下列不属于低压电器的是（ ），说法错误。"])[0])
    ('不', '错误')
    """
    return tuple(match[0] for match in _DENYING.finditer(stem.bare))


def is_open(plain: str) -> bool:
    """Tell whether a plain stem only asks which of its options holds.

    Such a stem may stand over several honest items: its options belong to the question.

    Examples
    --------
    >>> is_open("关于绝缘手套的说法正确的是"), is_open("绝缘手套的试验周期是")
    (True, False)
    """
    return bool(_OPEN_END.search(plain))


def _on_one_line(text: str) -> str:
    if "**" in text or "__" in text:
        text = without_marks(text)
    if "\\" in text:
        text = _LATEX_WORD.sub(_latex_meaning, text).replace("{", "").replace("}", "")
    return " ".join(text.splitlines())


def _latex_meaning(word: re.Match[str]) -> str:
    name = word[1]
    if name in _LATEX:
        return _LATEX[name]
    return "" if name in _LATEX_SETTING or not name.isalpha() else name


def _kept_if_sum(match: re.Match[str]) -> str:
    return match[0] if _OPERATOR.search(match[1]) else match[1]
