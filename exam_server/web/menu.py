"""The menu of staff and the links of the public, built in one place from permissions."""

from dataclasses import dataclass

from flask import Flask, g, request, url_for

from exam_server.languages import language, translated
from registry.access import Actor, Permission

_P = Permission
CARD_USERS = (_P.CARDS_PRINT, _P.CARDS_SCAN, _P.CARDS_REVIEW)
PAPER_USERS = (_P.PAPER_COMPOSE, _P.PAPER_RELEASE)
ITEM_WRITERS = (_P.ITEM_AUTHOR, _P.BANK_WRITE)
BANK_AREAS = (
    "question_bank",
    "bank_members",
    "element_table",
    "adequacy",
    "blueprints",
    "exposure_ledger",
    "item_import",
    "item_export",
)
CERTIFICATE_READERS = (_P.CERTIFICATE_ISSUE, _P.CERTIFICATE_APPROVE)

SPECIFICATION_READERS = (_P.CATALOG_MANAGE, _P.PROJECT_PROPOSE, _P.PLAN_READ, _P.BANK_READ)


@dataclass(frozen=True)
class Entry:
    """One link of the menu; any of the permissions shows it."""

    group: str
    label: str
    endpoint: str
    permissions: tuple[Permission, ...] = ()
    areas: tuple[str, ...] = ()  # blueprints whose pages belong to the link


ENTRIES: tuple[Entry, ...] = (
    Entry("工作", "工作台", "home.workbench"),
    Entry("目录", "考核规范", "specifications.index", SPECIFICATION_READERS, ("specifications",)),
    Entry(
        "目录",
        "立项开发",
        "development.index",
        (_P.CATALOG_MANAGE, _P.PROJECT_PROPOSE),
        ("development",),
    ),
    Entry(
        "考务", "考核计划", "plans.index", (_P.PLAN_READ,), ("plans", "enrolment", "arrangement")
    ),
    Entry("考务", "考场", "venues.index", (_P.ARRANGE,)),
    Entry("考务", "考场规则", "exam_rules.show", (_P.EXAM_RULES_SET, _P.PLAN_APPROVE)),
    Entry("题库", "题库", "question_bank.projects", (_P.BANK_READ,), BANK_AREAS),
    Entry(
        "题库", "我的命题", "item_authoring.index", ITEM_WRITERS, ("item_authoring", "own_import")
    ),
    Entry("题库", "审题", "item_review.queue", (_P.ITEM_REVIEW,), ("item_review",)),
    Entry(
        "题库",
        "试卷",
        "papers.index",
        (_P.PAPER_COMPOSE, _P.PAPER_RELEASE),
        ("papers", "paper_prints"),
    ),
    Entry("题库", "试题勘误", "errata.index", (_P.BANK_WRITE, _P.ERRATUM_DECIDE), ("errata",)),
    Entry(
        "考场",
        "监考",
        "proctor_console.sittings",
        (_P.ROOM_PROCTOR,),
        ("proctor_console", "room_record", "check_in"),
    ),
    Entry("考场", "考场服务器状态", "health.show", (_P.ROOM_PROCTOR, _P.ACCOUNTS_MANAGE)),
    Entry(
        "评分",
        "答题卡版式",
        "card_designs.index",
        (_P.CARDS_DESIGN, _P.CARDS_PRINT),
        ("card_designs",),
    ),
    Entry(
        "评分",
        "答题卡",
        "card_scanning.index",
        CARD_USERS,
        ("card_scanning", "scan_batches", "scan_rooms", "card_review", "card_reconciling"),
    ),
    Entry("评分", "我的考评任务", "practical.sessions", (_P.PRACTICAL_SCORE,), ("practical",)),
    Entry("评分", "成绩", "results.index", (_P.RESULTS_READ, _P.PLAN_READ), ("results",)),
    Entry("证书", "证书核发", "certificates.index", CERTIFICATE_READERS, ("certificates",)),
    Entry("证书", "空白证书", "certificates.stock", (_P.STOCK_MANAGE,)),
    Entry("系统", "账号", "accounts.index", (_P.ACCOUNTS_MANAGE,), ("accounts",)),
    Entry("系统", "审计日志", "accounts.audit_log", (_P.AUDIT_READ,)),
)
PUBLIC_LINKS: tuple[tuple[str, str], ...] = (
    ("证书查询", "public_lookup.lookup"),
    ("考核目录", "public_lookup.catalog"),
    ("工作人员登录", "sign_in.form"),
)


def menu_of(actor: Actor) -> list[dict[str, object]]:
    """Return the groups and links that the person may open."""
    groups: dict[str, list[dict[str, object]]] = {}
    has_own = any(request.path == url_for(entry.endpoint) for entry in ENTRIES)
    open_entries = [
        entry
        for entry in ENTRIES
        if not entry.permissions or any(actor.may(needed) for needed in entry.permissions)
    ]
    for entry in open_entries:
        link = {
            "label": translated(entry.label),
            "href": url_for(entry.endpoint),
            "current": _is_current(entry, has_own=has_own),
        }
        groups.setdefault(translated(entry.group), []).append(link)
    return [{"title": title, "links": links} for title, links in groups.items()]


def _is_current(entry: Entry, *, has_own: bool) -> bool:
    """Say whether the page belongs to the entry: by its own address first, then by its area.

    A form that was refused is shown at its address too, by another endpoint.
    """
    if has_own:
        return request.path == url_for(entry.endpoint)
    return request.blueprint in entry.areas


def public_links() -> list[dict[str, object]]:
    """Return the links above every public page."""
    addresses = [(translated(label), url_for(endpoint)) for label, endpoint in PUBLIC_LINKS]
    return [
        {"label": label, "href": address, "current": address == request.path}
        for label, address in addresses
    ]


def surroundings_of_page() -> dict[str, object]:
    """Return what the layouts need: language, menu, the person."""
    actor = g.get("actor")
    return {
        "language": "en" if language() == "en" else "zh-CN",
        "current_account": actor,
        "menu": menu_of(actor) if actor else [],
        "public_links": public_links(),
    }


def register(app: Flask) -> None:
    """Give language, menu and links to every page."""
    app.context_processor(surroundings_of_page)
