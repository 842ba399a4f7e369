"""The office's page of paper custody: two persons seal, the slips are shown once, two undo."""

import re

from flask.testing import FlaskClient

from tests.support.room import PASSWORD, Room, token_of
from tests.support.sealed_papers import HEAD

CODE = re.compile(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}")


class Desk:
    """The releaser's browser."""

    def __init__(self, room: Room) -> None:
        self.client: FlaskClient = room.server.app.test_client()
        self.address = f"/papers/sittings/{room.sitting_id}"
        self.token = token_of(self.client.get("/sign-in").text)
        self.post("/sign-in", login_name="qianfa01", password=PASSWORD)
        self.token = token_of(self.page())

    def page(self) -> str:
        return self.client.get(f"{self.address}/custody").text

    def post(self, path: str, **fields: str) -> str:
        return self.client.post(path, data={**fields, "csrf_token": self.token}).text

    def seal(self, witness: str = "tiku01", password: str = PASSWORD) -> str:
        return self.post(f"{self.address}/seal", witness=witness, password=password)

    def undo(self, witness: str = "tiku01", password: str = PASSWORD) -> str:
        return self.post(f"{self.address}/undo-sealing", witness=witness, password=password)


def test_two_persons_seal_on_the_page_and_its_codes_open_the_papers(room: Room) -> None:
    desk = Desk(room)
    head, proctor = CODE.findall(desk.seal())
    assert head not in desk.page()
    assert not CODE.search(desk.page())
    assert "第 1 次封存" in desk.page()
    room.open()
    room.command("unlock", reviewer=HEAD, head_code=head, proctor_code=proctor)
    assert "启封" in desk.page()


def test_the_second_person_is_another_one_who_may_and_types_the_own_password(room: Room) -> None:
    desk = Desk(room)
    for witness, password, words in (
        ("tiku01", "wrong-password-1", "密码"),
        ("qianfa01", PASSWORD, "不能在场见证"),
        ("jiankao01", PASSWORD, "不能在场见证"),
    ):
        page = desk.seal(witness, password)
        assert words in page
        assert not CODE.search(page)
    assert "还没有记录" in desk.page()
    assert room.audited("sign_in_refused")[0]["failures"] == 1


def test_a_sealing_is_undone_by_two_and_sealed_again(room: Room) -> None:
    desk = Desk(room)
    first = CODE.findall(desk.seal())
    desk.undo(password="wrong-password-1")
    assert "撤销封存" not in re.findall(r"<td>(.*?)</td>", desk.page())
    desk.undo()
    assert "撤销封存" in re.findall(r"<td>(.*?)</td>", desk.page())
    assert not set(first) & set(CODE.findall(desk.seal()))
    room.open()
    assert "尚未" not in desk.undo()
    assert "正在登录" in desk.undo()
