"""Scoring sheets, results and certificates through their pages; what the public sees."""

import io

import pypdfium2
import pytest
from openpyxl import load_workbook

from tests.exam_server.web.office_site import Site


def test_sheet_is_saved_submitted_and_then_locked(site: Site, clock: object) -> None:
    clock.advance(hours=5)  # type: ignore[attr-defined]
    visitor = site.signed_in("examiner")
    address = f"/practical/sheets/{site.known.practical_admission}"
    visitor.get(f"/practical/{site.known.arranged_sittings['practical']}")
    page = visitor.follow(visitor.post(f"{address}/open"))
    fields = [part.split('"')[0] for part in page.split('name="mark-')[1:]]
    marks = {f"mark-{field}": "1" for field in fields}
    page = visitor.follow(visitor.post(address, **marks, minutes_used="50"))
    assert "已保存" in page
    visitor.follow(visitor.post(f"{address}/submit", confirmed="1"))
    visitor.get(address)
    assert 'name="mark-' not in visitor.page
    assert visitor.post(address, **marks).status_code == 400


@pytest.mark.parametrize("mark", ["abc", "1000", "-1", "0.3", "NaN"])
def test_mark_that_cannot_stand_is_named_and_keeps_what_was_typed(
    site: Site, clock: object, mark: str
) -> None:
    clock.advance(hours=5)  # type: ignore[attr-defined]
    visitor = site.signed_in("examiner")
    address = f"/practical/sheets/{site.known.practical_admission}"
    visitor.get("/practical/")
    page = visitor.follow(visitor.post(f"{address}/open"))
    field = page.split('name="mark-')[1].split('"')[0]
    response = visitor.post(address, **{f"mark-{field}": mark})
    assert response.status_code == 400
    assert f'value="{mark}"' in visitor.page
    assert f'id="e-{field}"' in visitor.page


def test_sheet_with_open_items_is_not_submitted(site: Site, clock: object) -> None:
    clock.advance(hours=5)  # type: ignore[attr-defined]
    visitor = site.signed_in("examiner")
    address = f"/practical/sheets/{site.known.practical_admission}"
    visitor.get("/practical/")
    visitor.follow(visitor.post(f"{address}/open"))
    assert visitor.post(f"{address}/submit", confirmed="1").status_code == 400
    assert "尚未评分" in visitor.page


def test_results_are_filtered_sorted_and_drawn(quiet_site: Site) -> None:
    visitor = quiet_site.signed_in("city_officer")
    address = f"/results/{quiet_site.known.published_plan}"
    visitor.get(address)
    assert visitor.page.count("<tr>") == 4
    assert 'class="chart' in visitor.page
    visitor.get(f"{address}?verdict=failed")
    assert visitor.page.count("<tr>") == 2
    visitor.get(f"{address}?sort=theory")
    assert visitor.page.index("78.0") < visitor.page.index("40.0")


def test_exported_results_agree_with_the_page(quiet_site: Site) -> None:
    visitor = quiet_site.signed_in("city_officer")
    content = visitor.get(f"/results/{quiet_site.known.published_plan}/export").data
    rows = list(load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True))
    assert len(rows) == 4
    assert sorted(row[4] for row in rows[1:]) == ["不合格", "合格", "合格"]


def test_institution_sees_published_results_but_no_export(quiet_site: Site) -> None:
    visitor = quiet_site.signed_in("institution_officer")
    assert visitor.get(f"/results/{quiet_site.known.published_plan}").status_code == 200
    assert "export" not in visitor.page


def test_certificates_print_one_page_each_and_leave_a_line_in_the_log(site: Site) -> None:
    maker = site.signed_in("certificate_maker")
    maker.get(f"/certificates/plans/{site.known.published_plan}")
    response = maker.post(f"/certificates/plans/{site.known.published_plan}/print")
    assert response.mimetype == "application/pdf"
    document = pypdfium2.PdfDocument(response.data)
    assert len(document) == 2
    document.close()
    auditor = site.signed_in("audit_administrator")
    auditor.get("/audit-log?words=打印证书&object=证书")
    assert auditor.page.count("<td>打印证书</td>") >= 2


def test_qr_address_shows_a_valid_certificate_with_masked_data(quiet_site: Site) -> None:
    visitor = quiet_site.visitor()
    response = visitor.get(quiet_site.known.qr_path)
    assert response.status_code == 200
    assert "证书有效" in visitor.page
    assert quiet_site.known.certificate_no in visitor.page
    assert quiet_site.known.certified_name not in visitor.page


def test_forged_qr_address_is_called_forged(quiet_site: Site) -> None:
    path = quiet_site.known.qr_path
    letter = "B" if path[-10] != "B" else "C"
    visitor = quiet_site.visitor()
    assert visitor.get(path[:-10] + letter + path[-9:]).status_code == 404
    assert "不是本系统签发的证书" in visitor.page


def test_voided_certificate_shows_as_void_to_the_public(site: Site) -> None:
    approver = site.signed_in("certificate_approver")
    address = f"/certificates/{site.known.certificate}"
    approver.get(address)
    approver.follow(approver.post(f"{address}/void", reason="姓名有误"))
    visitor = site.visitor()
    visitor.get(site.known.qr_path)
    assert "证书已作废" in visitor.page


def test_lookup_needs_both_name_and_number(quiet_site: Site) -> None:
    known, visitor = quiet_site.known, quiet_site.visitor()
    visitor.get("/lookup")
    visitor.post("/lookup", name=known.certified_name, certificate_no=known.certificate_no)
    assert "证书有效" in visitor.page
    visitor.post("/lookup", name="别人", certificate_no=known.certificate_no)
    assert "没有查到相符的证书" in visitor.page
    visitor.post("/lookup", name="", certificate_no=known.certificate_no)
    assert "不能为空" in visitor.page


def test_double_serial_refuses_the_whole_delivery(site: Site) -> None:
    keeper = site.signed_in("stock_keeper")
    keeper.get("/certificates/stock")
    centre = keeper.page.split('name="centre_id" value="')[1].split('"')[0]
    response = keeper.post(
        "/certificates/stock/receive", centre_id=centre, first="JS000010", last="JS000012"
    )
    assert response.status_code == 400
    assert "全部未入库" in keeper.page
    keeper.get("/certificates/stock")
    assert "JS000011" not in keeper.page
