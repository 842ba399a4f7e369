"""A browser that crashed goes back to its own seat without staff, and nobody else can."""

from tests.support.room import Page, Room


def returned(page: Page, shown: str, *, address: str = "127.0.0.1") -> str:
    """Show a pass in a browser without cookies; return the error, empty when it was let in."""
    page.client.delete_cookie("kaohe_lease")
    page.client.environ_base["REMOTE_ADDR"] = address
    return str(page.post("return", {"pass": shown}).get("error", ""))


def test_a_crashed_browser_goes_on_in_the_next_epoch_and_the_old_one_is_fenced(room: Room) -> None:
    (page,) = room.working()
    page.send(page.choose())
    shown = page.state()["return_pass"]
    lost = page.client.get_cookie("kaohe_lease")
    assert lost is not None
    assert returned(page, shown) == ""
    state = page.state()
    assert (state["state"], state["epoch"], state["head_seq"]) == ("in_progress", 2, 1)
    page.epoch = 2
    assert page.send(page.choose(1))["ack"] == 2
    assert [line["epoch"] for line in room.audited("return_to_seat")] == [2]
    late = page.choose(2)
    page.client.set_cookie("kaohe_lease", lost.value)
    assert page.send(late, epoch=1)["error"] == "fenced"


def test_a_pass_is_good_for_the_present_seat_at_its_address_only(room: Room) -> None:
    page, other = room.working(2)
    shown = page.state()["return_pass"]
    assert returned(page, shown, address="10.1.2.3") == "not_signed_in"
    assert returned(page, shown[:-1] + ("0" if shown[-1] != "0" else "1")) == "not_signed_in"
    assert returned(page, "1.2.3") == "not_signed_in"
    assert returned(page, shown) == ""
    assert returned(page, shown) == "not_signed_in"  # of an epoch that is over
    other.hand_in()
    assert returned(other, other.state()["return_pass"]) == "not_signed_in"
