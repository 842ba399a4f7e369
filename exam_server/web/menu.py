"""The menu of staff and the links of the public, built in one place from permissions."""

from collections.abc import Iterable
from dataclasses import dataclass

from flask import Flask, g, request, url_for

from exam_server.languages import language, translated
from registry.access import Actor, Permission

_P = Permission


@dataclass(frozen=True)
class Entry:
    """One link of the menu; any of the permissions shows it."""

    group: str
    label: str
    endpoint: str
    permissions: tuple[Permission, ...] = ()


ENTRIES: tuple[Entry, ...] = (Entry("工作", "工作台", "home.workbench"),)
PUBLIC_LINKS: tuple[tuple[str, str], ...] = (
    ("证书查询", "public_lookup.lookup"),
    ("考核目录", "public_lookup.catalog"),
    ("工作人员登录", "sign_in.form"),
)


def menu_of(actor: Actor) -> list[dict[str, object]]:
    """Return the groups and links that the person may open."""
    groups: dict[str, list[dict[str, object]]] = {}
    addresses = {
        entry: url_for(entry.endpoint)
        for entry in ENTRIES
        if not entry.permissions or any(actor.may(needed) for needed in entry.permissions)
    }
    current = _nearest(addresses.values())
    for entry, address in addresses.items():
        link = {
            "label": translated(entry.label),
            "href": address,
            "current": address == current,
        }
        groups.setdefault(translated(entry.group), []).append(link)
    return [{"title": title, "links": links} for title, links in groups.items()]


def public_links() -> list[dict[str, object]]:
    """Return the links above every public page."""
    addresses = [(translated(label), url_for(endpoint)) for label, endpoint in PUBLIC_LINKS]
    return [
        {"label": label, "href": address, "current": address == request.path}
        for label, address in addresses
    ]


def _nearest(addresses: Iterable[str]) -> str:
    fitting = [address for address in addresses if _lies_below(request.path, address)]
    return max(fitting, key=len, default="")


def _lies_below(path: str, address: str) -> bool:
    return path == address or path.startswith(address.rstrip("/") + "/")


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
