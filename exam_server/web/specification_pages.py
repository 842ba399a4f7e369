"""What pages of staff and of the public tell alike of a specification: its line, its PDF."""

from flask import Response

from exam_server.web.downloads import PDF, shown
from exam_server.web.off_loop import off_the_loop
from exam_server.web.specification_print import print_specification
from registry.catalog import queries
from registry.catalog.models import Specification
from registry.catalog.rules.specification_states import SpecificationState
from scoring.rules.printed import PrintMark


def pdf_of(version: Specification, printed: PrintMark) -> Response:
    """Return a version as a PDF that the browser shows."""
    text = queries.text_of(version)
    content = off_the_loop(
        print_specification, text, version_line=version_line(version), printed=printed
    )
    return shown(content, f"{version.name}考核规范-第{version.version}版.pdf", PDF)


def version_line(version: Specification) -> str:
    """Return the line below the title: version, filing number, day of effect."""
    parts = [f"第 {version.version} 版"]
    if version.ministry_filing_no:
        parts.append(f"国家备案号：{version.ministry_filing_no}")
    if version.effective_from_on:
        day = version.effective_from_on
        parts.append(f"{day.year} 年 {day.month} 月 {day.day} 日起施行")
    if version.state in (SpecificationState.DRAFT, SpecificationState.IN_REVIEW):
        parts.append("未公布")
    return "　".join(parts)
