"""The name of the room on the network: announced, found, taken back."""

from zeroconf import Zeroconf

from exam_server.room_host.announcing import HOST, KIND, NAME, TAKEN, Announcement

LOOPBACK, PORT = "127.0.0.1", 18443


def found() -> list[tuple[str, list[str], int]]:
    """Ask the network as a PC does."""
    asking = Zeroconf(interfaces=[LOOPBACK])
    told = asking.get_service_info(KIND, f"{NAME}.{KIND}", timeout=3000)
    asking.close()
    return [(told.server, told.parsed_addresses(), told.port)] if told and told.port else []


def test_a_room_is_found_by_its_name_until_it_ends() -> None:
    room = Announcement([LOOPBACK], PORT)
    try:
        assert room.tell(PORT) == ""
        assert found() == [(f"{HOST}.", [LOOPBACK], PORT)]
        other = Announcement([LOOPBACK], PORT + 1)
        assert "已有考场服务器" in other.tell(PORT + 1)
        other.stop()
    finally:
        room.stop()


def test_of_two_rooms_that_start_together_the_second_says_why_it_is_not_announced() -> None:
    rooms = [Announcement([LOOPBACK], PORT + number) for number in (2, 3)]
    reasons = {room.tell(PORT) for room in rooms}
    for room in rooms:
        room.stop()
    assert "" in reasons
    assert reasons <= {"", TAKEN}


def test_a_network_that_cannot_be_joined_costs_the_name_alone() -> None:
    room = Announcement(["203.0.113.7"], PORT)  # no card of this computer has it
    assert room.tell(PORT) != ""
    room.stop()
