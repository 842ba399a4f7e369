"""Duplicates are found whatever the typing, and each pair has the class a person would give it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from item_bank.rules.duplicates import (
    WAITING_ITEMS,
    DuplicateClass,
    DuplicateIndex,
    KeyRelation,
    differing_parts,
    find_duplicates,
)
from item_bank.rules.item import Figure, ItemContent, OptionContent, judgement_options
from item_bank.rules.kinds import ItemKind
from item_bank.rules.similarity import alike_pairs, fit_grams
from item_bank.rules.stem_text import is_open, plain_texts, read_stems

VOLTS = ("110 V", "220 V", "380 V", "660 V")
WORDS = st.sampled_from(
    [
        "充电桩",
        "蓄电池",
        "绝缘手套",
        "母线",
        "断路器",
        "电缆",
        "应当",
        "不应",
        "不得",
        "可以",
        "正确",
        "错误",
        "属于",
        "不属于",
        "检查",
        "更换",
        "接地",
        "下列",
        "的",
        "是",
        "电压",
        "220V",
        "检修",
        "之前",
        "以后",
        "颜色",
        "说法",
        "（",
        "）",
        "。",
        "，",
    ]
)
STEMS = st.lists(WORDS, min_size=1, max_size=9).map("".join)


def choice(stem, options=VOLTS, key="b", kind=ItemKind.SINGLE_CHOICE):
    named = tuple(OptionContent(name, text) for name, text in zip("abcde", options, strict=False))
    return ItemContent(kind, "A-A-A-001", 3, stem, named, frozenset(key), "虚构", "虚构")


def judged(stem, key="right"):
    options = judgement_options()
    kind = ItemKind.TRUE_FALSE
    return ItemContent(kind, "A-A-A-001", 3, stem, options, frozenset({key}), "虚构", "虚构")


ITEMS = st.one_of(
    st.builds(choice, STEMS, st.permutations(VOLTS), st.sampled_from("abcd")),
    st.builds(judged, STEMS, st.sampled_from(["right", "wrong"])),
)


def class_of(*items):
    return [pair.likeness.duplicate_class for pair in find_duplicates(items)]


@pytest.mark.parametrize(
    ("written", "also"),
    [
        ("单相电压为２２０Ｖ（　　）。", "单相电压为220V( )."),
        ("单相电压为220伏特____", "单相电压为 220 V（ ）。"),
        ("间距为5毫米～10毫米。", "间距为5mm-10mm"),
        ("面积为6 mm²，误差百分之5", "面积为6mm^2误差5％。"),
        ("绝缘电阻不低于５ MΩ", "绝缘电阻不低于5兆欧"),
        ("“爱岗敬业”的要求", "爱岗敬业的要求"),
        (r"电流为\(I=5\,\mathrm{A}\)。", "电流为I=5A"),
        ("共1,000只", "共1000只"),
    ],
)
def test_differences_of_typing_do_not_count(written, also):
    first, second = plain_texts([written, also])
    assert first == second


@pytest.mark.parametrize(
    ("written", "other"),
    [
        ("气温为-5℃", "气温为5℃"),
        ("间隙为0.5 mm", "间隙为05 mm"),
        ("电阻为5 MΩ", "电阻为5 mΩ"),
        ("变比为1:10", "变比为110"),
        ("占5%", "占5"),
        ("等于2(a+b)", "等于2a+b"),
        (r"\(\dfrac{U}{R}\)", r"\(UR\)"),
    ],
)
def test_signs_that_carry_a_meaning_stay(written, other):
    first, second = plain_texts([written, other])
    assert first != second


def test_same_item_typed_in_another_way_is_identical():
    items = choice("单相交流电的额定电压是（　　）。"), choice("单相交流电额定电压是（ ）.")
    assert class_of(*items) == [DuplicateClass.IDENTICAL]


def test_same_stem_with_another_key_blocks():
    items = choice("额定电压是（ ）。"), choice("额定电压是____。", key="c")
    assert class_of(*items) == [DuplicateClass.OTHER_KEY]
    assert class_of(judged("母线带电。"), judged("母线带电。", "wrong")) == [
        DuplicateClass.OTHER_KEY
    ]
    assert all(pair.likeness.is_blocking for pair in find_duplicates(items))


def test_moved_letters_are_no_other_key():
    items = choice("额定电压是（ ）。"), choice("额定电压是（ ）。", VOLTS[::-1], "c")
    assert class_of(*items) == [DuplicateClass.IDENTICAL]


def test_other_options_and_key_under_a_question_of_fact_block():
    other = choice("额定电压是（ ）。", ("1 V", "2 V", "3 V", "4 V"))
    assert class_of(choice("额定电压是（ ）。"), other) == [DuplicateClass.OTHER_KEY]


def test_stem_that_asks_about_its_options_may_stand_over_other_options():
    stem = "下列说法正确的是（ ）。"
    other = choice(stem, ("甲方先办理停电", "乙方先办理验电", "丙方先挂牌", "丁方先放电"))
    assert class_of(choice(stem), other) == []
    assert class_of(choice(stem), choice(stem, key="c")) == [DuplicateClass.OTHER_KEY]


@pytest.mark.parametrize(
    ("said", "turned"),
    [
        ("检修前应当断开电源并验电。", "检修前不得断开电源并验电。"),
        ("雨天可以露天更换充电模块。", "雨天严禁露天更换充电模块。"),
        ("断路器属于低压电器的一种。", "断路器不属于低压电器的一种。"),
        ("充电前需要检查电缆外皮。", "充电前不必检查电缆外皮。"),
        ("绝缘手套的电压等级不应低于设备电压。", "绝缘手套的电压等级应低于设备电压。"),
    ],
)
def test_stem_of_opposite_sense_blocks_with_its_denying_words(said, turned):
    (pair,) = find_duplicates([judged(said), judged(turned, "wrong")])
    assert pair.likeness.duplicate_class is DuplicateClass.NEGATED
    evidence = pair.likeness.evidence
    assert len(evidence.first_denials) != len(evidence.second_denials)
    assert evidence.keys is KeyRelation.CONFLICT


def test_choice_of_opposite_sense_blocks_only_over_shared_options():
    asked = "关于充电桩接地的说法，正确的是（ ）。"
    turned = "关于充电桩接地的说法，不正确的是（ ）。"
    assert class_of(choice(asked), choice(turned)) == [DuplicateClass.NEGATED]
    other = choice(turned, ("甲方先办理停电", "乙方先办理验电", "丙方先挂牌", "丁方先放电"))
    assert DuplicateClass.NEGATED not in class_of(choice(asked), other)


def test_words_that_only_contain_a_denying_sign_do_not_turn_the_sense():
    items = judged("不锈钢外壳应当接地并定期检查。"), judged("不锈钢的外壳应接地并定期检查。")
    assert class_of(*items) == [DuplicateClass.NEAR]


def test_edited_stem_is_near():
    items = (
        choice("单相交流充电桩的额定电压通常是（ ）。"),
        choice("单相交流充电桩额定电压一般为（ ）。"),
    )
    assert class_of(*items) == [DuplicateClass.NEAR]


def test_same_words_about_another_figure_are_near():
    figures = [Figure(digit * 64, "image/svg+xml", "虚构", "图") for digit in "01"]
    items = [
        replace(choice("题图所示的电压是（ ）。", key=k), figure=f)
        for k, f in zip("bc", figures, strict=True)
    ]
    assert class_of(*items) == [DuplicateClass.NEAR]


def test_a_judgement_and_a_question_of_the_same_fact_are_near():
    asked = choice("单相交流充电桩的额定电压是（ ）。")
    assert class_of(asked, judged("单相交流充电桩的额定电压是220 V。")) == [DuplicateClass.NEAR]


def test_items_without_likeness_and_an_empty_bank_give_nothing():
    assert class_of(judged("母线涂黄绿红三色。"), judged("雨天停止户外作业。")) == []
    assert find_duplicates([]) == []
    assert DuplicateIndex().check(judged("母线带电。")) == []


def test_differing_parts_are_cut_out_but_formulas_stay_whole():
    first, second = differing_parts("应当断电", "不得断电")
    assert [(part.text, part.is_different) for part in first] == [("应当", True), ("断电", False)]
    assert "".join(part.text for part in second) == "不得断电"
    assert len(differing_parts(r"\(U=1\)", "断电")[0]) == 1


def test_open_stems_are_told_from_questions_of_fact():
    assert is_open("下列属于低压电器的是")
    assert not is_open("低压电器的额定电压是")


def mirrored(pairs, count):
    """Return classes and similarities by pair as they would stand in the reversed list."""
    return {
        (count - 1 - pair.second, count - 1 - pair.first): (
            pair.likeness.duplicate_class,
            pytest.approx(pair.likeness.stem_similarity, abs=1e-3),
        )
        for pair in pairs
    }


@settings(max_examples=60)
@given(st.lists(ITEMS, max_size=8))
def test_likeness_does_not_depend_on_the_order_of_items(items):
    forward, backward = find_duplicates(items), find_duplicates(items[::-1])
    seen = {
        (pair.first, pair.second): (pair.likeness.duplicate_class, pair.likeness.stem_similarity)
        for pair in backward
    }
    assert seen == mirrored(forward, len(items))


@settings(max_examples=60)
@given(st.lists(ITEMS, min_size=1, max_size=8), st.data(), st.floats(0.3, 1.0))
def test_identical_item_is_always_found(items, data, threshold):
    place = data.draw(st.integers(0, len(items) - 1))
    pairs = find_duplicates([*items, items[place]], threshold)
    classes = {(pair.first, pair.second): pair.likeness.duplicate_class for pair in pairs}
    assert classes[place, len(items)] is DuplicateClass.IDENTICAL
    hits = DuplicateIndex(items, threshold).check(items[place])
    assert DuplicateClass.IDENTICAL in {
        h.likeness.duplicate_class for h in hits if h.place == place
    }


@settings(max_examples=60)
@given(st.lists(ITEMS, min_size=2, max_size=6), st.randoms(use_true_random=False))
def test_order_of_options_does_not_matter(items, random):
    def shuffled(item):
        return replace(item, options=tuple(random.sample(item.options, len(item.options))))

    assert find_duplicates([shuffled(item) for item in items]) == find_duplicates(items)


@settings(max_examples=60)
@given(st.lists(ITEMS, max_size=8), st.floats(0.2, 1.0), st.floats(0.2, 1.0))
def test_higher_threshold_only_loses_pairs(items, one, other):
    low, high = sorted((one, other))
    assert set(find_duplicates(items, high)) <= set(find_duplicates(items, low))


@settings(max_examples=40)
@given(st.lists(ITEMS, min_size=1, max_size=8), ITEMS)
def test_index_says_of_its_own_items_what_a_scan_says(items, extra):
    everything = [*items, extra]
    index = DuplicateIndex(everything)
    found = {
        pair.first: pair.likeness
        for pair in find_duplicates(everything)
        if pair.second == len(items)
    }
    hits = {hit.place: hit.likeness for hit in index.check(extra) if hit.place < len(items)}
    assert {p: x.duplicate_class for p, x in hits.items()} == {
        p: x.duplicate_class for p, x in found.items()
    }


def test_index_finds_added_items_before_and_after_it_is_made_anew():
    index = DuplicateIndex([judged("雨天停止户外作业。")])
    for number in range(WAITING_ITEMS + 5):
        index.add(judged(f"第{number}号设备带电。"))
    assert len(index) == WAITING_ITEMS + 6
    for number in (0, 300, WAITING_ITEMS + 4):
        assert index.check(judged(f"第{number}号的设备带电"))[0].place == number + 1


def test_index_that_began_empty_finds_what_was_added():
    index = DuplicateIndex()
    index.add(judged("雨天停止户外作业。"))
    assert index.check(judged("雨天停止户外作业"))[0].place == 0


@pytest.mark.parametrize("work_per_row", [4000, 40, 4, 0])
def test_leaving_out_frequent_grams_loses_no_pair(work_per_row):
    random = np.random.Generator(np.random.PCG64(7))
    words = ["充电桩", "母线", "应当", "检查", "电缆", "接地", "断路器", "更换", "颜色", "绝缘"]
    texts = ["".join(random.choice(words, size=6)) for _ in range(1300)]
    _, vectors = fit_grams(texts)
    every = np.triu((vectors @ vectors.T).toarray(), 1)
    first, second, cosine = alike_pairs(vectors, 0.6, work_per_row=work_per_row, strip_rows=1200)
    expected = np.nonzero(every >= 0.6)
    assert len(first) > 0
    assert list(zip(first, second, strict=True)) == list(zip(*expected, strict=True))
    assert np.allclose(cosine, every[expected], atol=1e-5)


def test_each_form_of_a_stem_is_made_of_the_one_before():
    (stem,) = read_stems(["下列不属于低压电器的是（ ）。"])
    assert (stem.bare, stem.neutral, stem.denials) == ("不属于低压电器是", "属于低压电器是", 1)
