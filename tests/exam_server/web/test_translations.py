"""Every text of the interface has an English entry, and refusals are told in English too."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

from exam_server.cookies import LANGUAGE_COOKIE
from exam_server.languages import english
from exam_server.web import menu, results, waiting, words
from registry.access import Permission
from registry.errors import AssessmentError
from tests.exam_server.web.office_site import Site
from tests.support import factories

SERVER = Path(menu.__file__).parents[1]
PACKAGES = ("exam_server", "item_bank", "omr", "proctor", "scoring", "registry")
CALL = re.compile(r"""\b_\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""")
CHINESE = re.compile("[\u3001-\u303f\u4e00-\u9fff\uff00-\uffef]")
FIELD = re.compile(r"{\w+}")
SOURCES = sorted([*SERVER.glob("templates/**/*.html"), *SERVER.glob("web/*.py")])
MODULES = sorted(path for name in PACKAGES for path in (SERVER.parent / name).rglob("*.py"))


def texts_of(path: Path) -> set[str]:
    found = (match[1] or match[2] for match in CALL.finditer(path.read_text("utf-8")))
    return {text for text in found if CHINESE.search(text)}


@cache
def syntax_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def literals() -> set[str]:
    nodes = (node for path in MODULES for node in ast.walk(syntax_of(path)))
    constants = (node.value for node in nodes if isinstance(node, ast.Constant))
    return {text for text in constants if isinstance(text, str)}


@cache
def kinds_of_refusal() -> tuple[type[AssessmentError], ...]:
    for name in PACKAGES:
        for module in walk_packages(import_module(name).__path__, f"{name}."):
            if not module.name.startswith("exam_server.migrations."):  # run by Alembic only
                import_module(module.name)
    return tuple(below(AssessmentError))


def below(kind: type[AssessmentError]) -> Iterator[type[AssessmentError]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from below(narrower)


def details_told() -> set[str]:
    """Return the details that the sources give to refusals as they stand, not made up of parts."""
    names = {kind.__name__ for kind in kinds_of_refusal()}
    nodes = (node for path in MODULES for node in ast.walk(syntax_of(path)))
    calls = (node for node in nodes if isinstance(node, ast.Call))
    given = (
        keyword.value
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id in names
        for keyword in call.keywords
    )
    told = (value.value for value in given if isinstance(value, ast.Constant))
    return {text for text in told if isinstance(text, str) and CHINESE.search(text)}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_every_marked_text_has_an_english_entry(path: Path) -> None:
    assert texts_of(path) - english().keys() == set()


def test_every_word_of_states_menus_and_lists_has_an_english_entry() -> None:
    texts = {entry.text for kind in words.WORDS.values() for entry in kind.values()}
    texts |= {text for entry in menu.ENTRIES for text in (entry.group, entry.label)}
    texts |= {label for label, _endpoint in menu.PUBLIC_LINKS}
    texts |= {text for duty in waiting.DUTIES for text in (duty.title, duty.text)}
    texts |= {*results.SOURCES.values(), *results.VERDICTS.values(), *results.SORTS.values()}
    assert {text for text in texts if text} - english().keys() == set()


def test_every_refusal_has_an_english_wording_with_the_same_places_for_details() -> None:
    texts = {kind.text for kind in kinds_of_refusal()}
    assert len(texts) > 100  # all packages were read
    assert texts - english().keys() == set()
    for text in texts:
        assert set(FIELD.findall(text)) == set(FIELD.findall(english()[text])), text


def test_every_fixed_detail_of_a_refusal_has_an_english_entry() -> None:
    assert details_told() - english().keys() == set()


def test_every_permission_has_an_english_name() -> None:
    assert {permission.value for permission in Permission} - english().keys() == set()


def test_no_english_entry_is_left_over() -> None:
    every_file = "".join(path.read_text("utf-8") for path in SOURCES)
    known = literals()
    left = [text for text in english() if text not in every_file and text not in known]
    assert left == []


def test_english_keeps_the_places_for_details() -> None:
    for chinese, text in english().items():
        assert set(FIELD.findall(chinese)) == set(FIELD.findall(text)), chinese


# What a visitor is told ------------------------------------------------------------------------

TOLD = {
    "permission": (
        ("city_officer", "/accounts", {}),
        "您没有“管理账号”的权限。如确需办理，请联系系统管理员授权。",
        "You lack the permission “Manage accounts”. If you need it, ask the system administrator.",
    ),
    "what is sought": (
        ("city_officer", "/plans/999999", {}),
        "找不到考核计划，或者它不在您的管辖范围内。请检查编号后重试。",
        "Assessment plans: not found, or outside your area. Check the number and try again.",
    ),
    "field and reason": (
        ("institution_officer", "/plans/", {"project_number": "1", "planned_on": "soon"}),
        "考核日期：请按 2026-12-05 的格式填写日期。",
        "Assessment date: Write the date as 2026-12-05.",
    ),
    "what was typed stays": (
        ("institution_officer", "/plans/", {"project_number": "缺考"}),
        "考核项目：“缺考”不是整数，请填写数字。",
        "Project: “缺考”不是整数，请填写数字。",
    ),
}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", TOLD)
def test_a_refusal_is_told_in_the_language_of_the_visitor(
    quiet_site: Site, name: str, language: str
) -> None:
    (role, address, fields), *told = TOLD[name]
    visitor = quiet_site.signed_in(role)
    if language == "en":
        visitor.client.set_cookie(LANGUAGE_COOKIE, "en")
    answer = visitor.post(address, **fields) if fields else visitor.get(address)
    assert answer.status_code in (400, 403, 404)
    shown = [text in unescape(visitor.page) for text in told]
    assert shown == [language == "zh", language == "en"]


@pytest.mark.parametrize(
    ("language", "told"), [("zh", "账号或密码不正确。"), ("en", "Login name or password is wrong.")]
)
def test_a_wrong_password_is_told_in_the_language_of_the_visitor(
    site: Site, language: str, told: str
) -> None:
    visitor = site.visitor()
    visitor.client.set_cookie(LANGUAGE_COOKIE, language)
    visitor.get("/sign-in")
    visitor.post("/sign-in", login_name=site.known.logins["city_officer"], password="wrong")
    assert told in visitor.page
    visitor.post("/sign-in", login_name="nobody", password=factories.PASSWORD)
    assert told in visitor.page
