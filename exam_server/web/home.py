"""The start page of everyone and the workbench of staff."""

import json
from dataclasses import dataclass

from flask import Blueprint, g, render_template, url_for
from flask.typing import ResponseReturnValue

from exam_server.context import public, reading, requires, surroundings
from exam_server.languages import translated as _
from exam_server.web.waiting import tasks_of

blueprint = Blueprint("home", __name__)
DEMO_FILE = "demo.json"


@dataclass(frozen=True)
class Tile:
    """One way on from the start page."""

    title: str
    text: str
    href: str
    icon: str


@blueprint.get("/")
@public
def start() -> ResponseReturnValue:
    """Explain the system and show the ways in."""
    return render_template("home/start.html", tiles=ways_in(), demo=demonstration())


@blueprint.get("/work")
@requires()
def workbench() -> ResponseReturnValue:
    """Show what waits for the person."""
    with reading() as db:
        tasks = tasks_of(db, actor=g.actor)
    return render_template("home/workbench.html", tasks=tasks)


def ways_in() -> list[Tile]:
    """Return the tiles of the start page."""
    staff = url_for("home.workbench") if g.actor else url_for("sign_in.form")
    return [
        Tile(
            _("考生登录"),
            _("在考场的机器上，用准考证号和考场口令进入考试。"),
            url_for("candidate.sign_in_form"),
            "pen",
        ),
        Tile(_("工作人员登录"), _("考试中心、考核机构、命题、监考、考评和制证。"), staff, "users"),
        Tile(
            _("证书查询"),
            _("用姓名和证书编号核对证书真伪。"),
            url_for("public_lookup.lookup"),
            "certificate",
        ),
        Tile(_("考核目录"), _("全省可以考核的项目。"), url_for("public_lookup.catalog"), "list"),
    ]


def demonstration() -> dict[str, object] | None:
    """Return the sign-ins of the demonstration, when this installation is one."""
    settings = surroundings().settings
    path = settings.files_folder.parent / DEMO_FILE
    if not settings.demonstration or not path.exists():
        return None
    found: dict[str, object] = json.loads(path.read_text("utf-8"))
    return found
