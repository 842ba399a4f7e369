"""Worker processes: every page has a result, whatever becomes of a file or a process."""

import json
import multiprocessing
import zipfile
from functools import cache

import pytest
from PIL import Image
from support.drawn_cards import blank, card_layout, encoded, filled_card, some_answers

from omr.batch_reading.jobs import PAGES_A_JOB, Card
from omr.batch_reading.reading_files import read_files
from omr.reader.archives import members_of
from omr.rules.reasons import PageReason, PageStatus


def card():
    return Card((((card_layout(), blank()),),))


@cache
def picture(number):
    return filled_card(some_answers(number), number=number).image


def pdf_of(path, count):
    pages = [Image.fromarray(picture(1 + place % 3)) for place in range(count)]
    pages[0].save(path, "PDF", save_all=True, append_images=pages[1:], resolution=200)
    return path


def rows(paths, **options):
    found = list(read_files(paths, card(), **{"workers": 1, **options}))
    return [json.loads(page.json) for page in found]


def without_ms(found):
    return [{key: value for key, value in row.items() if key != "ms"} for row in found]


def test_two_workers_give_what_one_gives_in_the_same_order(tmp_path):
    files = [pdf_of(tmp_path / "many.pdf", PAGES_A_JOB + 3), tmp_path / "one.jpg"]
    files[1].write_bytes(encoded(picture(2)))
    alone, pair = rows(files), rows(files, workers=2)
    assert without_ms(alone) == without_ms(pair)
    assert [row["page"] for row in alone] == [*range(1, PAGES_A_JOB + 4), 1]
    assert {row["status"] for row in alone} == {"ok"}


def test_page_that_takes_too_long_is_named_and_the_others_are_tried(tmp_path):
    found = rows([pdf_of(tmp_path / "slow.pdf", 2)], timeout_s=0.001)
    assert [(row["page"], row["reason"]) for row in found] == [(1, "timed_out"), (2, "timed_out")]
    assert {row["status"] for row in found} == {"rejected"}


def test_worker_that_dies_costs_at_most_the_page_in_its_hands(tmp_path):
    count = 2 * PAGES_A_JOB
    results = read_files([pdf_of(tmp_path / "many.pdf", count)], card(), workers=1)
    found = [next(results)]
    for process in multiprocessing.active_children():
        process.kill()
        process.join()
    found += results
    assert [page.page for page in found] == list(range(1, count + 1))
    lost = [page for page in found if page.status is not PageStatus.OK]
    assert [page.reason for page in lost] in ([], [PageReason.WORKER_LOST])


def test_folder_stands_for_its_files(tmp_path):
    (tmp_path / "b.jpg").write_bytes(encoded(picture(1)))
    (tmp_path / "a.jpg").write_bytes(b"nothing of use")
    found = rows([tmp_path])
    assert [row["file"].rpartition("/")[2] for row in found] == ["a.jpg", "b.jpg"]
    assert [row["reason"] for row in found] == ["unknown_type", None]


def test_archive_that_would_burst_is_not_unpacked(tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("zeros.jpg", bytes(20_000_000))
        file.writestr("good.jpg", encoded(picture(1)))
    found = rows([path])
    assert [row["reason"] for row in found] == ["too_large", None]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK\x03\x04 but no archive", PageReason.UNREADABLE_FILE),
        (b"PK\x05\x06" + bytes(18), PageReason.NO_PAGES),
    ],
)
def test_broken_or_empty_archive_is_named(tmp_path, data, reason):
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    assert members_of(path) is reason
    assert rows([path])[0]["reason"] == str(reason)
