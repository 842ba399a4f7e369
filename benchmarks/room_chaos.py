"""A long exam under troubles, judged by the robots' own ledgers; prints one JSON object.

``python benchmarks/room_chaos.py --minutes 10 --seed 1`` is the form of every change;
``--minutes 240 --candidates 300`` the long one: one packet in a hundred lost, cables cut for 5 to
60 s, kills, power cuts, full disks, moved clocks, restored copies; ``--kills 20 --candidates 1000
--quiet`` leaves cables and messages alone, so that the server's own times can be seen.

Ends with status 1 when anything acknowledged is missing, doubled or altered, when a chain or the
audit log is broken, when the server met an error that it did not expect or the wall did not tell
one that it should, or when somebody waited in vain (``stuck`` says who for what). Times are told,
never judged: a busy machine fails nobody.
"""

import asyncio
import json
import os
import signal
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from exam_server.config import read_settings
from exam_server.opening import open_database
from exam_server.rehearsal.batch import BatchOrder, build_batch
from exam_server.rehearsal.chaos import Chaos, ChaosOrder, Seen
from exam_server.rehearsal.day import PASSWORD
from exam_server.rehearsal.faults.cable import Line
from exam_server.rehearsal.faults.faulty_server import PROGRAM
from exam_server.rehearsal.faults.forgetful_disk import is_possible
from exam_server.rehearsal.faults.post import Mishaps
from exam_server.rehearsal.judge import Verdict, judge
from exam_server.rehearsal.office import build_office
from exam_server.rehearsal.robot import Habits, Ledger
from exam_server.rehearsal.screen import statuses
from exam_server.rehearsal.server_process import ServerProcess
from exam_server.seeding import load_seeds
from registry.accounts.passwords import hash_password
from registry.database import Database

OFFICE_LEAD = timedelta(days=60)
STORM_S = 10.0
SETTLED_AFTER_S = 20.0  # by then every page has its paper
BEFORE_A_START_S = 30.0  # what ended the server lies within
PACE_S = 8.0  # seconds from one operation of a candidate to the next
PER_10_MINUTES = {"kills": 3, "power_cuts": 2, "full_disks": 1, "clock_steps": 1, "restores": 1}
CUTS_PER_CANDIDATE_HOUR = 6
END_WITHIN_S = 110.0  # with a minute before the start, ten minutes end within thirteen
BEFORE, AFTER = 500, 3_000  # characters of the server's log around its first unexpected error


def order_of(options: Mapping[str, Any]) -> ChaosOrder:
    """Return what befalls the room: everything by its length, or kills alone when quiet."""
    minutes, candidates, seed = options["minutes"], options["candidates"], options["seed"]
    habits = Habits(pause_s=options["pace_s"], by_http=0.1, repeat=0.02, hand_in_again=9)
    if options["quiet"]:
        return ChaosOrder(
            candidates,
            minutes * 60,
            seed,
            habits,
            kills=options["kills"] or 0,
            power_cuts=options["power_cuts"] or 0,
        )
    times = {name: max(1, round(n * minutes / 10)) for name, n in PER_10_MINUTES.items()}
    for name in ("kills", "power_cuts"):
        times[name] = times[name] if options[name] is None else options[name]
    if minutes > 60:  # a long one is about endurance: its troubles are further apart
        times = {name: max(1, count // 6) for name, count in times.items()}
    return ChaosOrder(
        candidates,
        minutes * 60,
        seed,
        habits,
        **times,
        end_within_s=END_WITHIN_S,
        copy_age_s=60.0 if minutes >= 10 else 10.0,
        full_for_s=10.0,
        cable_faults=round(candidates * CUTS_PER_CANDIDATE_HOUR * minutes / 60),
        line=Line(delay_s=0.002, loss=0.01),
        mishaps=Mishaps(lost=0.005, reply_lost=0.005, twice=0.005, late=0.005, ahead=0.05),
    )


def waits_ms(ledgers: Mapping[int, Ledger], start: float, end: float) -> list[float]:
    """Return how long the operations of a stretch of time waited for their acknowledgement."""
    return [
        1000 * (told - sent)
        for ledger in ledgers.values()
        for sent, told in zip(ledger.sent_at, ledger.acknowledged_at, strict=False)
        if start <= sent < end
    ]


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return count, median, 95th and 99th percentile."""
    if len(values) < 2:
        return {"count": len(values)}
    cuts = statistics.quantiles(values, n=100)
    shares = {f"p{share}": round(cuts[share - 1], 1) for share in (50, 95, 99)}
    return {"count": len(values), **shares, "most": round(max(values), 1)}


def growth(memory: Sequence[tuple[float, int, int]]) -> dict[str, Any]:
    """Return how the longest-lived process of the server grew, once it was warm."""
    lives: dict[int, list[tuple[float, int]]] = {}
    for at, pid, kib in memory:
        lives.setdefault(pid, []).append((at, kib))
    longest = max(lives.values(), key=lambda life: life[-1][0] - life[0][0], default=[])
    warm = longest[len(longest) // 4 :]
    if not warm or not warm[0][1]:
        return {}
    return {
        "over_s": round(warm[-1][0] - warm[0][0]),
        "from_mib": round(warm[0][1] / 1024, 1),
        "to_mib": round(warm[-1][1] / 1024, 1),
        "percent": round(100 * (warm[-1][1] / warm[0][1] - 1), 1),
        "most_mib": round(max(kib for _at, _pid, kib in memory) / 1024, 1),
    }


def times_of(seen: Seen, ledgers: Mapping[int, Ledger], seconds: float) -> dict[str, Any]:
    """Return recovery and latencies; the reader judges them by the load of the machine.

    Where nothing befell the room, its steady state lasts until all hand in.
    """
    calm_until = min(
        (r.listening_at - BEFORE_A_START_S for r in seen.recoveries),
        default=seen.began_at + seconds,
    )
    storms = [
        wait
        for r in seen.recoveries
        for wait in waits_ms(ledgers, r.listening_at, r.listening_at + STORM_S)
    ]
    return {
        "save_ms_before_the_first_trouble": spread(
            waits_ms(ledgers, seen.began_at + SETTLED_AFTER_S, calm_until)
        ),
        "save_ms_within_10_s_of_a_start": spread(storms),
        "recoveries": [
            {
                "after": r.after,
                "start_s": round(r.start_s, 1),
                "pending_s": round(r.pending_s, 1),
                "sockets_s": round(r.sockets_s, 1),
            }
            for r in seen.recoveries
        ],
        "all_acknowledged_after_the_disk_was_freed_s": [round(s, 1) for s in seen.freed_s],
    }


def prepare(database: Database, candidates: int) -> int:
    """Build the office and one sitting with so many candidates; return its id."""
    now = datetime.now(UTC)
    load_seeds(database, now=now - OFFICE_LEAD, tell=lambda _name, _count: None)
    with database.transaction() as db:
        office = build_office(db, hash_password(PASSWORD), now=now - OFFICE_LEAD)
        return build_batch(db, office, BatchOrder(candidates, 0, now, 1)).screen_sitting_id


def hold(folder: Path, order: ChaosOrder) -> tuple[Chaos, dict[int, Ledger], Verdict, str]:
    """Hold the exam in the folder and judge it; returns the server's log too."""
    settings = read_settings({"KAOHE_HOME": str(folder)})
    database = open_database(settings)
    sitting_id = prepare(database, order.candidates)
    faulty = {"command": (), "program": PROGRAM} if is_possible() else {}
    with ServerProcess(folder, **faulty) as server:  # type: ignore[arg-type]
        chaos = Chaos(order, settings, database, server, sitting_id)
        ledgers = asyncio.run(chaos.hold(PASSWORD))
    with database.reading() as db:
        verdict = judge(db, ledgers)
    database.engine.dispose()
    return chaos, ledgers, verdict, (folder / "server.log").read_text()


@click.command()
@click.option("--minutes", default=10.0, help="How long the candidates work.")
@click.option("--candidates", default=100, help="Robots with a socket each.")
@click.option("--seed", default=1, help="Everything that happens follows from it.")
@click.option("--pace-s", default=PACE_S, help="Seconds between operations of a candidate.")
@click.option("--kills", type=int, help="Kills of the server; by default as many as fit.")
@click.option("--power-cuts", type=int, help="Power cuts; by default as many as fit.")
@click.option("--quiet", is_flag=True, help="Only kills and power cuts.")
@click.option("--keep", type=click.Path(), help="Leave the server's log here.")
def main(keep: str | None, **options: Any) -> None:
    """Hold the exam, judge it, print what was seen."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the server ends with it
    order = order_of(options)
    with tempfile.TemporaryDirectory() as name:
        chaos, ledgers, verdict, log = hold(Path(name), order)
    if keep:
        Path(keep).write_text(log)
    seen, unexpected = chaos.seen, log.count("Traceback")
    failures = statuses(chaos.seated)
    result = {
        "minutes": order.seconds / 60,
        "candidates": order.candidates,
        "seed": order.seed,
        **{key: value for key, value in asdict(verdict).items() if key != "findings"},
        "findings": verdict.findings,
        "unhandled_exceptions": unexpected,
        "complaints": seen.complaints,
        "stuck": seen.stuck,
        "still_waiting_after_60_s": seen.late,
        "troubles": dict(seen.troubles),
        "mishaps": dict(seen.mishaps),
        "writes_not_flushed_at_power_cuts": sum(one.unflushed for one in seen.forgotten),
        "of_these_lost_or_torn": sum(one.lost for one in seen.forgotten),
        "http_failures_by_status": failures,
        "refilled_after_a_restore": sum(ledger.refills for ledger in ledgers.values()),
        **times_of(seen, ledgers, order.seconds),
        "memory": growth(seen.memory),
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 1),
        "at": f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
    }
    click.echo(json.dumps(result, indent=2, ensure_ascii=False))
    if unexpected:
        at = log.index("Traceback")
        click.echo(log[max(0, at - BEFORE) : at + AFTER], err=True)
    is_well = not (unexpected or seen.complaints or seen.stuck or "500" in failures)
    sys.exit(0 if verdict.is_clean and is_well else 1)


if __name__ == "__main__":
    main()
