"""Reads key, point, difficulty and the like of a draft from the words people write for them."""

import re
from collections.abc import Mapping
from decimal import Decimal

from item_bank.exchange import answer_words as words
from item_bank.exchange.item_draft import DraftOption, ItemDraft
from item_bank.exchange.records import NO_WEIGHTS, ItemType
from item_bank.rules.item import POINT_CODE, judgement_options

WEIGHT = re.compile(r"\s*([a-z])\s*[=:]\s*(-?\d{1,6}(?:\.\d{1,30})?)\s*")


def read_key(draft: ItemDraft, answer: str, where: str) -> None:
    """Set the key; options marked right before must agree with the answer."""
    if draft.type is ItemType.JUDGE:
        _read_verdict(draft, answer, where)
        return
    if not answer:
        return
    stated = _stated_key(draft, answer)
    if stated is None:
        draft.fail(f"答案“{answer[:60]}”无法识别。", where)
    elif draft.key is not None and set(draft.key) != set(stated):
        draft.fail(f"答案“{answer}”与选项的正确标记不一致。", where)
    else:
        _check_letters(draft, stated, answer, where)
        draft.key = stated


def inferred_type(
    draft: ItemDraft, answer: str, scores: Mapping[str, Decimal] = NO_WEIGHTS
) -> ItemType:
    """Return the type that options and answer suggest, else the scores, with a note."""
    draft.note("没有写题型，按答案推定。")
    if not draft.options and words.answer_verdict(answer):
        return ItemType.JUDGE
    right = len(draft.key or ()) or len(words.answer_letters(answer) or ())
    right = right if right or answer else sum(score > 0 for score in scores.values())
    return ItemType.MULTIPLE if right > 1 else ItemType.SINGLE


def apply_scores(draft: ItemDraft, scores: Mapping[str, Decimal]) -> None:
    """Take what each option earns: as key where none is stated, as weights where it is shared."""
    earning = [name for name, score in scores.items() if score > 0]
    if draft.type is ItemType.JUDGE or not earning:
        return
    if draft.key is None and draft.type is ItemType.SINGLE:
        best = max(scores.values())
        draft.key = [name for name in earning if scores[name] == best]
    draft.key = draft.key or earning
    is_plain = len({scores[name] for name in earning}) == 1 and min(scores.values()) >= 0
    if set(earning) != set(draft.key) or not is_plain:
        draft.weights = {o.source_id: scores.get(o.source_id, Decimal(0)) for o in draft.options}
        draft.warn("选项有部分得分，已保留权重。")


def take_point(draft: ItemDraft, text: str, where: str) -> None:
    """Take a code of a point; a name is a warning."""
    if text and POINT_CODE.fullmatch(text):
        draft.point = text
    elif text:
        draft.warn(f"鉴定点“{text[:60]}”不是鉴定点编号（如 B-C-A-007），没有采用。", where)


def take_difficulty(draft: ItemDraft, text: str, where: str, *, is_p: bool = False) -> None:
    """Take a level; a share of right answers is asked, not converted."""
    if not text:
        return
    if is_p or words.looks_like_p_value(text):
        asked = f"“{text[:30]}”像是难度系数（答对率，越大越易），不换算，请确认难度等级。"
        draft.warn(asked, where)
        return
    draft.difficulty = words.difficulty_named(text)
    if draft.difficulty is None:
        draft.fail(f"不认识难度“{text[:30]}”，应为 1 至 5 或易至难。", where)


def take_points(draft: ItemDraft, text: str, where: str) -> None:
    """Take the marks of an item."""
    draft.points = words.number_in(text)
    if text and draft.points is None:
        draft.fail(f"分值“{text[:30]}”不是数。", where)


def take_locked(draft: ItemDraft, text: str, where: str) -> None:
    """Lock the options named by their letters."""
    names = words.answer_letters(text) or []
    strange = set(names) - {option.source_id for option in draft.options}
    if text and (not names or strange):
        draft.fail(f"固定选项“{text[:30]}”不是选项字母。", where)
    for option in draft.options:
        option.is_locked |= option.source_id in names


def take_weights(draft: ItemDraft, text: str, where: str) -> None:
    """Take shares of the mark by option, as in A=0.5；B=-0.25."""
    if not text:
        return
    parts = [WEIGHT.fullmatch(part) for part in re.split(r"[;；,，、]", words.plain(text)) if part]
    found = {part[1].upper(): Decimal(part[2]) for part in parts if part}
    names = {option.source_id for option in draft.options}
    if len(found) != len(parts) or not found.keys() <= names:
        draft.fail(f"选项得分“{text[:40]}”无法识别，应如 A=0.5；B=0.5。", where)
        return
    draft.weights = found


def _stated_key(draft: ItemDraft, answer: str) -> list[str] | None:
    names = {option.source_id for option in draft.options}
    letters = words.answer_letters(answer)
    same = [o.source_id for o in draft.options if o.text.strip() == answer]
    if len(same) == 1 and not (letters and set(letters) <= names):
        return same
    return letters


def _check_letters(draft: ItemDraft, stated: list[str], answer: str, where: str) -> None:
    names = {option.source_id for option in draft.options}
    strange = [letter for letter in stated if letter not in names]
    if strange and names:
        draft.fail(f"答案“{answer}”中的 {'、'.join(strange)} 不在选项之中。", where)
        stated[:] = [letter for letter in stated if letter in names]


def _read_verdict(draft: ItemDraft, answer: str, where: str) -> None:
    """Read √, 对, T and the like; a letter counts only where the options are written."""
    verdict = words.answer_verdict(answer)
    letters = words.answer_letters(answer) or []
    named = next((o for o in draft.options if letters == [o.source_id]), None)
    if named is not None:
        verdict = words.option_verdict(named.text)
    elif draft.key and not answer:
        chosen = next(o for o in draft.options if o.source_id == draft.key[0])
        verdict = words.option_verdict(chosen.text)
    if len(draft.options) != 2 or not all(words.option_verdict(o.text) for o in draft.options):
        if draft.options:
            draft.fail("判断题的选项应为“正确”“错误”。")
        draft.options = []
    if not draft.options or verdict:
        options = judgement_options()
        draft.options = [DraftOption(o.canonical_id, o.content) for o in options]
    draft.key = [verdict] if verdict else None
    if answer and verdict is None:
        draft.fail(f"判断题答案“{answer[:60]}”无法识别。", where)
