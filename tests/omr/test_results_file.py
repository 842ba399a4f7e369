"""A reading that was stopped goes on; what changed meanwhile is read from the beginning."""

import json

import pytest
from PIL import Image
from support.drawn_cards import blank, card_layout, encoded, filled_card, some_answers

from omr.batch_reading.jobs import PAGES_A_JOB, Card
from omr.batch_reading.pool import WorkerPool
from omr.batch_reading.reading_files import PAGE_TIMEOUT_S, open_files, read_jobs
from omr.batch_reading.results_file import ResultsFile, batch_fingerprint

PAGES = PAGES_A_JOB + 2


@pytest.fixture(scope="module")
def card():
    return Card((((card_layout(), blank()),),))


@pytest.fixture(scope="module")
def readers(card):
    with WorkerPool(card, workers=1, timeout_s=PAGE_TIMEOUT_S) as pool:
        yield pool


@pytest.fixture
def scans(tmp_path):
    path = tmp_path / "scans.tif"
    page = Image.fromarray(filled_card(some_answers(1), number=1).image)
    page.save(path, save_all=True, append_images=[page] * (PAGES - 1), compression="tiff_lzw")
    return path


def begin(out, batch, card, **options):
    return ResultsFile(out, batch_fingerprint(batch, card), **options)


def read_on(results, batch, readers, *, stop_after=None):
    """Read until the batch ends or some pages are in; return how many were read."""
    count = 0
    for place, page in read_jobs(batch.jobs, readers, first=results.first_job):
        results.add(place, page)
        count += 1
        if count == stop_after:
            break
    return count


def rows(out):
    found = json.loads(out.read_text("utf-8"))
    return [{key: value for key, value in row.items() if key != "ms"} for row in found]


@pytest.mark.parametrize("stop_after", [3, PAGES_A_JOB, PAGES_A_JOB + 1])
def test_what_was_read_before_the_stop_is_not_read_again(
    tmp_path, scans, card, readers, stop_after
):
    batch = open_files([scans], readers)
    whole, out = tmp_path / "whole.json", tmp_path / "out.json"
    with begin(whole, batch, card) as results:
        assert read_on(results, batch, readers) == PAGES
        results.finish()
    with begin(out, batch, card) as results:
        read_on(results, batch, readers, stop_after=stop_after)
    assert not out.exists()
    with begin(out, batch, card) as results:
        kept = results.pages
        assert kept == (0 if stop_after <= PAGES_A_JOB else PAGES_A_JOB)
        assert read_on(results, batch, readers) == PAGES - kept
        results.finish()
    assert rows(out) == rows(whole)
    assert sorted(tmp_path.iterdir()) == sorted([whole, out, scans])


def test_line_that_was_torn_is_read_again(tmp_path, scans, card, readers):
    batch = open_files([scans], readers)
    out = tmp_path / "out.json"
    with begin(out, batch, card) as results:
        read_on(results, batch, readers)
    part = tmp_path / ".out.json.part"
    part.write_bytes(part.read_bytes()[:-5])
    with begin(out, batch, card) as results:
        assert results.pages == PAGES_A_JOB
        read_on(results, batch, readers)
        results.finish()
    assert [row["page"] for row in rows(out)] == list(range(1, PAGES + 1))


def test_other_files_or_the_wish_for_a_fresh_run_begin_anew(tmp_path, scans, card, readers):
    batch = open_files([scans], readers)
    out = tmp_path / "out.json"
    with begin(out, batch, card) as results:
        read_on(results, batch, readers)
    with begin(out, batch, card, fresh=True) as results:
        assert (results.pages, results.first_job) == (0, 0)
        read_on(results, batch, readers)
    scans.write_bytes(encoded(filled_card(some_answers(2), number=2).image))
    with begin(out, open_files([scans], readers), card) as results:
        assert (results.pages, results.first_job) == (0, 0)
