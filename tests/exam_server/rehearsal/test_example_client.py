"""The program in docs/examples sits an exam by the documented wire alone."""

import ast
import base64
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select

from exam_server.delivery.models import Attempt
from exam_server.delivery.queries import answers_of
from exam_server.delivery.verification import verify
from exam_server.rehearsal.screen import Proctor
from exam_server.rehearsal.server_process import ServerProcess
from registry.scheduling.models import Sitting
from tests.support.room import PASSWORD, Prepared, opened

PROGRAM = Path(__file__).parents[3] / "docs" / "examples" / "sit_exam.py"
WIRE = PROGRAM.parents[1] / "socket-events.md"
MOST_LINES = 60


def sit(address: str, number: str, code: str) -> "subprocess.Popen[str]":
    """Start the program apart from this project: no packages beside the standard library."""
    command = [sys.executable, "-I", "-S", str(PROGRAM), address, number, code]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_an_independent_program_sits_an_exam_and_its_receipt_verifies(
    home_for: Callable[[int], Prepared],
) -> None:
    prepared = home_for(2)
    sitting_id = prepared.batch.screen_sitting_id
    with opened(prepared) as database, ServerProcess(prepared.folder) as server:
        with database.reading() as db:
            places = db.get_one(Sitting, sitting_id).admissions
            numbers = [place.enrolment.admission_no or "" for place in places]
        proctor = Proctor(server.address, sitting_id)
        proctor.sign_in("jiankao01", PASSWORD)
        proctor.command("open_check_in")
        programs = [sit(server.address, number, proctor.room_code()) for number in numbers]
        while [seat["state"] for seat in proctor.snapshot()["seats"]] != ["ready", "ready"]:
            assert [program.poll() for program in programs] == [None, None]
            time.sleep(0.1)
        proctor.command("start")
        said = [program.communicate(timeout=60) for program in programs]
        assert [program.returncode for program in programs] == [0, 0], said
        proctor.command("close")
        with database.reading() as db:
            key = Ed25519PublicKey.from_public_bytes(database.keys.verify_key())
            for attempt, (out, _errors) in zip(
                db.scalars(select(Attempt).order_by(Attempt.admission_id)), said, strict=True
            ):
                receipt = json.loads(out)
                assert receipt == json.loads(attempt.receipt or "")
                assert receipt["answered"] == receipt["total"] == len(answers_of(db, attempt.id))
                check_by_the_page(receipt, key)
            assert verify(db).findings == []


def check_by_the_page(receipt: dict[str, object], key: Ed25519PublicKey) -> None:
    signature = base64.b64decode(str(receipt.pop("signature")))
    del receipt["code"]
    key.verify(signature, json.dumps(receipt, sort_keys=True, separators=(", ", ": ")).encode())


def test_the_program_is_short_and_every_word_it_sends_or_reads_is_on_the_page() -> None:
    source = PROGRAM.read_text("utf-8")
    assert len(source.splitlines()) <= MOST_LINES
    imported = {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in [getattr(node, "module", None) or node.names[0].name]
    }
    assert imported <= sys.stdlib_module_names
    page = WIRE.read_text("utf-8")
    for word in ("admission_no", "room_code", "csrf_token", "csrf-token", "head_seq", "expected"):
        assert word in source
        assert word in page
