"""The page 查重 shows pairs of items side by side, by class, to those who may read the bank."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from item_bank.actions import load_bank
from item_bank.exchange.bank_folder import BankSource, SourceItem, read_bank
from item_bank.rules.kinds import ItemKind
from registry.access import Role
from registry.accounts.queries import actor_of
from registry.catalog.queries import project_by_number
from tests.exam_server.web.office_site import Site, Visitor
from tests.support import factories
from tests.support.invented_bank import write_bank


def planted(source: BankSource) -> BankSource:
    """Add copies of a judgement and of a choice: another key, the sense turned round."""
    judged = next(i for i in source.items if i.content.kind is ItemKind.TRUE_FALSE)
    chosen = next(i for i in source.items if i.content.kind is ItemKind.SINGLE_CHOICE)
    stem = "检修充电桩以前应当断开电源并验电。"
    copies = (
        replace(judged.content, key=frozenset({"wrong"})),
        chosen.content,
        replace(judged.content, stem=stem),
        replace(judged.content, stem=stem.replace("应当", "不得")),
    )
    added = [SourceItem(f"99-9{place:03d}", copy) for place, copy in enumerate(copies)]
    return replace(source, items=(*source.items, *added))


@pytest.fixture
def bank(site: Site, tmp_path: Path) -> tuple[str, Visitor]:
    """The address of the page, and a bank manager."""
    now = site.clock()  # type: ignore[operator]
    with site.database.transaction() as db:
        first, second = (
            actor_of(factories.make_account(db, Role.BANK_MANAGER, now=now)) for _ in range(2)
        )
        source = planted(read_bank(write_bank(tmp_path / "bank", per_cell=1)))
        load_bank(db, 1, source, actor=first, reviewer=second, now=now)
        project_id = project_by_number(db, 1).id
    return f"/bank/{project_id}/duplicates", site.signed_in(Role.BANK_MANAGER)


def test_pairs_of_a_class_stand_side_by_side_with_their_keys(bank: tuple[str, Visitor]) -> None:
    address, manager = bank
    manager.get(f"{address}?class=other_key")
    table = manager.page[manager.page.index("<tbody>") :]
    assert table.count("<tr>") == 1
    assert table.count("正确答案") == 2
    assert "99-9000" in table
    assert "答案相互矛盾" in table
    assert "1.00" in table


def test_words_that_differ_are_marked_in_both_stems(bank: tuple[str, Visitor]) -> None:
    address, manager = bank
    manager.get(f"{address}?class=negated")
    assert re.findall("<mark>(.*?)</mark>", manager.page) == ["应当", "不得"]


def test_gravest_class_comes_first_and_every_class_is_counted(bank: tuple[str, Visitor]) -> None:
    address, manager = bank
    manager.get(address)
    badges = re.findall(
        r'<td class="grid__wrap"><span class="badge[^>]*>(.*?)</span>', manager.page
    )
    assert badges[:3] == ["同题异答", "题意相反", "相同试题"]
    assert set(badges[3:]) == {"近似试题"}


def test_item_of_a_pair_opens_in_the_list_of_items(bank: tuple[str, Visitor]) -> None:
    address, manager = bank
    manager.get(f"{address}?class=identical")
    link = re.search(r'href="(/bank/\d+/items\?item=\d+)#item">99-9001<', manager.page)
    assert link is not None
    assert manager.get(link[1]).status_code == 200
    assert f'href="{address}"' in manager.page


def test_bank_without_duplicates_says_so(site: Site) -> None:
    manager = site.signed_in(Role.BANK_MANAGER)
    assert manager.get("/bank/2/duplicates").status_code == 200
    assert "没有发现重复试题" in manager.page


def test_page_speaks_english(bank: tuple[str, Visitor]) -> None:
    address, manager = bank
    manager.client.set_cookie("kaohe_language", "en")
    manager.get(f"{address}?class=other_key")
    assert "Same stem, other key" in manager.page


def test_page_is_closed_to_those_who_may_not_read_the_bank(site: Site) -> None:
    assert site.signed_in("institution_officer").get("/bank/1/duplicates").status_code == 403
