"""The socket server's rooms, against the library's own."""

from hypothesis import given
from hypothesis import strategies as st
from socketio import Manager

from exam_server.sockets.members import Members

SIDS = st.sampled_from(["a", "b", "c", "d"])
SPACES = st.sampled_from(["/candidate", "/proctor"])
ROOMS = st.sampled_from(["sitting:1", "attempt:1", "wall:1"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("connect"), SIDS, SPACES),
        st.tuples(st.just("wait"), SIDS, SPACES),
        st.tuples(st.just("enter"), SIDS, SPACES, ROOMS),
        st.tuples(st.just("leave"), SIDS, SPACES, ROOMS),
        st.tuples(st.just("disconnect"), SIDS, SPACES),
        st.tuples(st.just("close"), ROOMS, SPACES),
    ),
    max_size=40,
)


def carry_out(manager: Manager, step: tuple[str, ...]) -> None:
    name, who, space, *rest = step
    if name == "connect":
        for room in (None, who):
            manager.basic_enter_room(who, space, room, eio_sid=f"line-{who}")
    elif name == "close":
        manager.basic_close_room(who, space)
    elif not manager.is_connected(who, space):
        return
    elif name == "wait":
        manager.pre_disconnect(who, space)
    elif name == "enter":
        manager.enter_room(who, space, rest[0])
    elif name == "leave":
        manager.leave_room(who, space, rest[0])
    else:
        manager.disconnect(who, space)


@given(STEPS)
def test_whoever_comes_and_goes_the_rooms_are_those_of_the_library(
    steps: list[tuple[str, ...]],
) -> None:
    ours, theirs = Members(), Manager()
    for step in steps:
        carry_out(ours, step)
        carry_out(theirs, step)
        assert ours.rooms == theirs.rooms
        assert ours.pending_disconnect == theirs.pending_disconnect
    for sid in "abcd":
        for space in ("/candidate", "/proctor"):
            ours.disconnect(sid, space)
    assert not ours._rooms_of  # nothing is kept of those who have gone
