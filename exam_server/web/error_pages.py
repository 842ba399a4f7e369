"""Words refusals and failures: a page for people, JSON for the exam room's pages."""

import logging
from urllib.parse import urlsplit

from flask import Blueprint, Flask, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from exam_server.context import NotSignedInError
from exam_server.languages import refusal_text
from exam_server.languages import translated as _
from registry.errors import AssessmentError, NotAllowedError, NotFoundError

log = logging.getLogger("kaohe")
blueprint = Blueprint("error_pages", __name__)

STATUS: dict[type[AssessmentError], int] = {
    NotFoundError: 404,
    NotAllowedError: 403,
    NotSignedInError: 401,
}
WORDS = {
    400: "请求不完整，或页面已过期。请返回上一页，刷新后重试。",
    403: "您没有办理此项业务的权限。",
    404: "没有这个页面。请检查网址，或返回首页。",
    405: "不能这样打开这个页面。请从菜单进入。",
    413: "上传的文件太大。请分批上传，每批不超过 200 MB。",
    503: "系统正忙，您提交的内容没有保存。请稍等几秒后重新提交。",
    500: "系统出错，已记录。您提交的内容没有保存，请稍后重试；如多次出现，请联系管理员。",
}


def wants_json() -> bool:
    """Say whether the asker is one of our scripts."""
    return request.is_json or "/api/" in request.path


def refuse(status: int, code: str, message: str) -> ResponseReturnValue:
    """Answer a refusal in the form the asker understands."""
    if wants_json():
        return jsonify(ok=False, error=code, message=message), status
    page = render_template(
        "error_pages/refusal.html", message=message, status=status, came_from=_came_from()
    )
    return page, status


def _came_from() -> str | None:
    """Return the page of ours that was left for this one, if it can be opened again."""
    left = urlsplit(request.referrer or "")
    address = f"{left.path}?{left.query}" if left.query else left.path
    same = left.netloc == request.host and address.startswith("/") and left.path != request.path
    return address if same and not address.startswith("//") else None


def register(app: Flask) -> None:
    """Attach the handlers."""

    @app.errorhandler(AssessmentError)
    def refused(error: AssessmentError) -> ResponseReturnValue:
        return refuse(STATUS.get(type(error), 400), error.code, refusal_text(error))

    @app.errorhandler(HTTPException)
    def failed(error: HTTPException) -> ResponseReturnValue:
        status = error.code or 500
        return refuse(status, f"http_{status}", _(WORDS.get(status, error.description or "")))

    @app.errorhandler(OperationalError)
    def busy(error: OperationalError) -> ResponseReturnValue:
        log.warning("the database did not answer at %s: %s", request.path, error)
        return refuse(503, "busy", _(WORDS[503]))

    @app.errorhandler(Exception)
    def crashed(error: Exception) -> ResponseReturnValue:
        log.exception("unexpected error at %s", request.path, exc_info=error)
        return refuse(500, "internal", _(WORDS[500]))
