"""The words of answers, types, difficulties and marks as people write them in tables."""

import re
import unicodedata
from decimal import Decimal, InvalidOperation

from item_bank.exchange.records import ItemType
from item_bank.rules.kinds import RIGHT, WRONG

OPTION_RIGHT = frozenset(
    ["正确", "对", "√", "✓", "✔", "是", "true", "t", "right", "correct", "yes", "真"]
)
OPTION_WRONG = frozenset(
    ["错误", "错", "×", "✗", "✘", "x", "否", "false", "f", "wrong", "incorrect", "no", "假", "不对"]
)
ANSWER_RIGHT = OPTION_RIGHT | {"1", "y"}
ANSWER_WRONG = OPTION_WRONG | {"0", "n"}
SEPARATORS = re.compile(r"[\s,;、/|和与&.。+]+")
TYPE_WORDS = {
    ItemType.SINGLE: ("单选", "单项选择", "单项", "single", "single choice", "radio"),
    ItemType.MULTIPLE: (
        "多选",
        "多项选择",
        "多项",
        "不定项",
        "multiple",
        "multiple choice",
        "checkbox",
    ),
    ItemType.JUDGE: ("判断", "是非", "对错", "judge", "judgement", "true false", "true/false"),
}
OTHER_TYPES = re.compile(
    r"填空|简答|问答|论述|案例|计算|名词|匹配|排序|连线|操作|材料|组合|essay|match|fill|short"
)
DIFFICULTY_WORDS = {
    1: ("易", "容易", "简单", "easy", "very easy"),
    2: ("较易", "较容易", "较简单", "偏易", "fairly easy"),
    3: ("中", "中等", "一般", "适中", "普通", "medium", "normal"),
    4: ("较难", "偏难", "fairly hard"),
    5: ("难", "困难", "很难", "hard", "difficult"),
}
TYPE_OF_WORD = {word: kind for kind, words in TYPE_WORDS.items() for word in words}
DIFFICULTY_OF_WORD = {word: level for level, words in DIFFICULTY_WORDS.items() for word in words}


def plain(text: str) -> str:
    """Bring a word to half width and lower case, without outer blanks."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def option_verdict(text: str) -> str | None:
    """Return what an option of a judgement says, or None when it is another text."""
    return _verdict(text, OPTION_RIGHT, OPTION_WRONG)


def answer_verdict(text: str) -> str | None:
    """Return what an answer or a flag says; 1 and 0 count here."""
    return _verdict(text, ANSWER_RIGHT, ANSWER_WRONG)


def _verdict(text: str, right: frozenset[str], wrong: frozenset[str]) -> str | None:
    word = plain(text).strip('()[]{}。.“”" ')
    if word in right:
        return RIGHT
    return WRONG if word in wrong else None


def answer_letters(text: str) -> list[str] | None:
    """Return the letters of an answer such as ABD, A、B、D or ＡＢＤ; None for other texts."""
    word = re.sub(r"choice_(\d+)", _letter_of_number, plain(text))
    letters = SEPARATORS.sub("", word).strip("()[]").upper()
    if letters and all("A" <= letter <= "Z" for letter in letters):
        return list(dict.fromkeys(letters))
    return None


def _letter_of_number(found: re.Match[str]) -> str:
    number = int(found[1][:3])
    return chr(ord("a") + number - 1) if 1 <= number <= 26 else found[0]


def type_named(text: str) -> ItemType | None:
    """Return the type a word names; None when it names none that is known."""
    word = plain(text).replace("_", " ").removesuffix("题")
    found = TYPE_OF_WORD.get(word.strip())
    if found:
        return found
    if OTHER_TYPES.search(word):
        return ItemType.UNSUPPORTED
    return next(
        (TYPE_OF_WORD[w] for w in ("单选", "单项", "多选", "多项", "判断") if w in word), None
    )


def type_codes(header: str) -> dict[str, ItemType]:
    """Return the codes a header explains, as in 题型（0单选,1判断,2多选）."""
    found = re.findall(r"(\d)\s*[:=\-、.]?\s*(单选|单项|多选|多项|判断)", plain(header))
    return {code: TYPE_OF_WORD[word] for code, word in found}


def difficulty_named(text: str) -> int | None:
    """Return the level 1 to 5 of a word or number; None when it must be asked."""
    word = plain(text).removesuffix("级").removesuffix("题").strip()
    if word in {"1", "2", "3", "4", "5"}:
        return int(word)
    return DIFFICULTY_OF_WORD.get(word)


def number_in(text: str) -> Decimal | None:
    """Return a finite number such as 2, 1.5 or 2分; None for anything else."""
    try:
        number = Decimal(plain(text).removesuffix("分").strip())
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) > 12:
        return None
    return number


def looks_like_p_value(text: str) -> bool:
    """Tell a share of right answers (0.85 means easy) from a level."""
    number = number_in(text)
    return number is not None and 0 <= number <= 1 and plain(text) != "1"
