"""The room record: everything that happened stands in it, on the page and on paper."""

import pypdfium2
import pytest
from flask.testing import FlaskClient

from exam_server.delivery.check_in import check_identity
from exam_server.room_record.record import RoomRecord, room_record
from proctor.rules.identity import Identity
from registry.enrolment.accommodations import approve_accommodation
from registry.scheduling.models import Admission
from tests.support.room import Room, signed_in_staff
from tests.support.sealed_papers import seal, slips

REVIEWER = "jiankao02"


def record_of(room: Room) -> RoomRecord:
    with room.database.reading() as db:
        return room_record(db, room.sitting_id, actor=room.office.actors["jiankao01"])


def rows_of(room: Room, title: str) -> tuple[tuple[str, ...], ...]:
    (found,) = [section.rows for section in record_of(room).sections if section.title == title]
    return found


def eventful_day(room: Room) -> None:
    """Hold an examination in which a little of everything happens."""
    first, second = room.working(2)
    first.send(first.choose(0))
    first.post("hand", {"kind": "technical", "text": "鼠标不动了"})
    room.clock.advance(minutes=4, seconds=10)
    late = room.seated(2)
    room.command(
        "extend", admission=room.admissions[0], minutes=5, reason="键盘失灵", reviewer=REVIEWER
    )
    kept = second.choose(1)
    room.command("release_seat", admission=room.admissions[1], reason="屏幕闪烁")
    for _ in range(2):  # by socket and by POST
        second.send(kept)  # from the seat that was given up
    room.command("record_incident", admission=room.admissions[2], text="携带手机，已收缴")
    room.command("override_seb", admission=room.admissions[2], reason="该机无法安装")
    room.command("force_submit", admission=room.admissions[1], reason="身体不适", reviewer=REVIEWER)
    first.hand_in()
    late.hand_in()
    late_ops = {"accept": True, "reason": "断网前已作答", "reviewer": REVIEWER}
    room.command("decide_late", admission=room.admissions[1], **late_ops)
    room.excuse_others(3)


def test_everything_that_happened_stands_in_the_record(room: Room) -> None:
    eventful_day(room)
    record = record_of(room)
    assert dict(record.counts_line) == {"应考": 5, "实考": 3, "缺考": 2, "交卷": 3}
    assert [row[0] for row in rows_of(room, "缺考")] == ["04", "05"]
    assert rows_of(room, "迟到入场")[0][-1] == "5 分钟"
    assert rows_of(room, "换机")[0][4] == "换机：屏幕闪烁"
    minutes, reason, by, checked = rows_of(room, "延时")[0][-4:]
    assert (minutes, reason) == ("5", "键盘失灵")
    assert by != checked
    assert "身体不适" in rows_of(room, "强制交卷")[0][4]
    assert rows_of(room, "免安全考试浏览器校验放行")[0][4] == "该机无法安装"
    assert rows_of(room, "违纪与特殊情况")[0][4] == "携带手机，已收缴"
    assert rows_of(room, "考场事件") == (("举手", "1", "01（1）", "1"),)
    assert rows_of(room, "未接收的作答操作")[0][3:] == (
        "1",
        "换机后由旧机位送出",
        "经裁定采纳，计入成绩",
    )
    decided, why, who = rows_of(room, "两人裁定")[0][-3:]
    assert (decided, why) == ("采纳迟到操作", "断网前已作答")
    assert who.count("（") == 2
    assert [row[1] for row in rows_of(room, "交卷")] == ["2", "1"]


def test_a_draft_names_what_does_not_tie_and_becomes_final_when_the_room_is_closed(
    room: Room,
) -> None:
    (page,) = room.working(1)
    draft = record_of(room)
    assert not draft.is_final
    assert [text[:10] for text in draft.untied] == ["还有 1 人未交卷：", "还有 4 人既未登录"]
    page.hand_in()
    room.excuse_others(1)
    room.command("close")
    final = record_of(room)
    assert final.is_final
    assert final.untied == ()
    assert final.root is not None
    (detail,) = room.audited("close_room")
    assert (final.root.number, final.root.root) == (detail["root_number"], detail["root"])


@pytest.fixture
def staff(room: Room) -> FlaskClient:
    return signed_in_staff(room, "jiankao01")


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return "".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()


def test_page_and_paper_say_the_same(room: Room, staff: FlaskClient) -> None:
    eventful_day(room)
    room.command("close")
    page = staff.get(f"/proctor/{room.sitting_id}/record").text
    paper = text_of(staff.get(f"/proctor/{room.sitting_id}/record.pdf").data)
    flat = paper.replace("\r\n", "").replace("\n", "")
    for section in record_of(room).sections:
        for row in section.rows:
            assert all(text in page and text in flat for text in row), row
    assert "监考员二（签名）" in flat
    assert "草稿" not in flat
    assert len(room.audited("print_room_record")) == 1


def test_signs_that_no_typeface_has_do_not_keep_the_record_from_being_printed(
    room: Room, staff: FlaskClient
) -> None:
    room.working()
    room.command("record_incident", admission=room.admissions[0], text="传递\u200b纸条 😀\ufe0f")
    printed = staff.get(f"/proctor/{room.sitting_id}/record.pdf")
    assert printed.status_code == 200
    flat = text_of(printed.data).replace("\r\n", "").replace("\n", "")
    assert "传递纸条 〔U+1F600〕" in flat


def test_a_draft_on_paper_says_that_it_must_not_be_signed(room: Room, staff: FlaskClient) -> None:
    room.open()
    flat = text_of(staff.get(f"/proctor/{room.sitting_id}/record.pdf").data)
    assert "草稿，考场尚未关闭" in flat


def test_pauses_and_the_time_given_back_stand_in_the_record(room: Room) -> None:
    room.working(2)
    room.command("pause", reason="火警演练")
    room.clock.advance(minutes=3, seconds=5)
    room.command("resume")
    room.command("compensate")
    told = rows_of(room, "暂停与恢复")
    assert [row[0] for row in told] == ["全场", "全场"]
    assert "火警演练" in told[0][4]
    assert [row[4] for row in rows_of(room, "补时")] == ["3 分 05 秒"] * 2


def identity_check(room: Room, by: str, mark: Identity, words: str = "") -> None:
    with room.database.transaction() as db:
        told = (db, room.sitting_id, room.admissions[0], mark, words)
        check_identity(*told, actor=room.office.actors[by], now=room.clock())


def test_papers_identity_computers_and_who_came_when_stand_in_the_record(room: Room) -> None:
    with room.database.transaction() as db:
        enrolment_id = db.get_one(Admission, room.admissions[0]).enrolment_id
        given = (db, enrolment_id, 15, "右手骨折")
        approve_accommodation(*given, actor=room.office.actors["shi01"], now=room.clock())
    prepared = seal(room.database, room.office, room.sitting_id, now=room.clock())
    room.open()
    room.command("unlock", **slips(prepared))
    identity_check(room, "jiankao01", Identity.DOUBTFUL, "照片较旧")
    identity_check(room, "jiankao02", Identity.MATCH)
    room.seated(0)
    room.command("start")
    other = room.page(0)
    other.sign_in(room.code())
    room.command("approve_transfer", transfer=room.seat()["transfer"]["id"], matches=True)
    other.post("transfer", {})
    room.clock.advance(minutes=31)
    room.server.room.tick()
    together = {"reason": "交通事故", "reviewer": REVIEWER}
    room.command("mark_present", admission=room.admissions[1], **together)
    room.command("defer", admission=room.admissions[2], **together)
    assert [row[1] for row in rows_of(room, "试卷保管")] == ["封存（第 1 次）", "启封", "发卷开考"]
    assert [row[4] for row in rows_of(room, "身份核验存疑、不符")] == ["存疑", "一致", "一致"]
    assert rows_of(room, "换机申请")[0][-4:-1] == ("127.0.0.1", "127.0.0.1", "批准，已换")
    assert rows_of(room, "考前批准的加时")[0][3:5] == ("15", "右手骨折")
    assert "交通事故" in rows_of(room, "超过迟到时限放行")[0][4]
    assert [row[0] for row in rows_of(room, "缓考")] == ["03"]
    assert rows_of(room, "缺考")[0][-1] == "系统（超过迟到时限）"
    record = record_of(room)
    assert dict(record.counts_line)["缓考"] == 1
    assert dict(record.facts)["身份核验"] == "一致 1 人，存疑 0 人，不符 0 人，未核验 4 人"
    staff = signed_in_staff(room, "jiankao01")
    page = staff.get(f"/proctor/{room.sitting_id}/record").text
    flat = text_of(staff.get(f"/proctor/{room.sitting_id}/record.pdf").data)
    flat = flat.replace("\r\n", "").replace("\n", "")
    for section in record.sections:
        for row in section.rows:
            assert all(text in page and text in flat for text in row), row
