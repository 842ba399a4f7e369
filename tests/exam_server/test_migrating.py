"""An installation of an earlier release keeps everything it holds."""

import hashlib
import json
from datetime import UTC, date, datetime

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from exam_server.migrating import MIGRATIONS, _config, upgrade
from exam_server.table_version import has_known_version, is_current, known_versions
from item_bank.composing.storing import hash_of_set
from item_bank.models import ItemReview, ItemVersion, PaperSet
from item_bank.sealing import content_of, revealed_json
from omr.models import ScanBatch
from registry.catalog.models import Specification
from registry.catalog.queries import is_in_force
from registry.database import engine_for
from registry.keys import new_key_ring

OPTIONS = [["a", "甲"], ["b", "乙"], ["c", "丙"], ["d", "丁"]]
DOCUMENT = {
    "kind": "single_choice",
    "point": "A-A-A-001",
    "difficulty": 3,
    "stem": "旧库中的题干是（ ）。",
    "options": OPTIONS,
    "key": ["b"],
    "rationale": "因为如此。",
    "source": "旧库",
    "figure": ["f" * 64, "image/svg+xml", "一个方框", ""],
}
ROWS = (
    "INSERT INTO catalog_version (id, number, title, published_on) "
    " VALUES (1, 1, 't', '2019-11-18')",
    "INSERT INTO project (id, catalog_version_id, number, name, name_in_notice, origin,"
    " industry_group, industry_group_en) VALUES (1, 1, 1, 'n', 'n', 'new', 'g', 'g')",
    "INSERT INTO specification (id, project_id, version, ministry_filing_no, effective_from_on,"
    " definition, applicable_to, occupation_domain)"
    " VALUES (1, 1, 1, '备-1', '2026-01-01', 'd', 'a', 'o')",
    "INSERT INTO specification_subject VALUES (1, 1, 'theory', 60)",
    "INSERT INTO element (id, project_id, code, name, level) VALUES (1, 1, 'A-A-A-001', 'n', 4)",
    "INSERT INTO item (id, project_id, code, state, created_at)"
    " VALUES (1, 1, '1-0001', 'banked', '2026-01-01')",
    "INSERT INTO item_review (id, version_id, round, accepted, comment, reviewed_at)"
    " VALUES (1, 1, 1, 1, '答案应为乙', '2026-01-01')",
)


def digest_of(document):
    written = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


@pytest.fixture
def first_release(tmp_path):
    """A database of the first release with one item."""
    url = f"sqlite:///{tmp_path / 'old.db'}"
    engine = create_engine(url)
    with engine.begin() as connection:
        config = _config(connection)
        config.attributes["keys"] = new_key_ring()
        command.upgrade(config, "0001")
        for statement in ROWS:
            connection.execute(text(statement))
        figure = DOCUMENT["figure"]
        version = {
            **{
                name: DOCUMENT[name]
                for name in ("kind", "difficulty", "stem", "rationale", "source")
            },
            "figure_hash": figure[0],
            "figure_media_type": figure[1],
            "figure_description": figure[2],
            "content_hash": digest_of(DOCUMENT),
        }
        names = ", ".join(version)
        places = ", ".join(f":{name}" for name in version)
        connection.execute(
            text(
                f"INSERT INTO item_version (id, item_id, number, element_id, created_at, {names})"
                f" VALUES (1, 1, 1, 1, '2026-01-01', {places})"
            ),
            version,
        )
        for position, (name, content) in enumerate(OPTIONS, start=1):
            connection.execute(
                text("INSERT INTO item_option VALUES (NULL, 1, :position, :name, :content, :key)"),
                {"position": position, "name": name, "content": content, "key": name == "b"},
            )
    engine.dispose()
    return url


def test_items_of_the_first_release_are_sealed_and_say_the_same(first_release):
    engine = engine_for(first_release)
    keys = new_key_ring()
    upgrade(engine, keys)
    with Session(engine, info={"keys": keys}) as db:
        content = content_of(db.scalar(select(ItemVersion)))
        assert (content.stem, content.key) == (DOCUMENT["stem"], {"b"})
        assert [[o.canonical_id, o.content] for o in content.options] == OPTIONS
        assert content.figure.description == "一个方框"
        review = db.scalar(select(ItemReview))
        said = revealed_json(db, review.comment_sealed, "item_review.comment_sealed")
        assert said == "答案应为乙"
        assert review.reviewed_at == datetime(2026, 1, 1, tzinfo=UTC)
    with engine.connect() as connection:
        tables = connection.execute(text("SELECT sql FROM sqlite_master")).scalars().all()
        assert not any("item_option" in (sql or "") for sql in tables)
        with pytest.raises(Exception, match="append-only"):
            connection.execute(text("DELETE FROM item_version"))
    engine.dispose()


def test_specifications_of_the_first_release_are_published_ones(first_release):
    engine = engine_for(first_release)
    upgrade(engine, new_key_ring())
    with Session(engine) as db:
        kept = db.scalar(select(Specification))
        assert (kept.state, kept.name, kept.examiners_at_least) == ("published", "n", 3)
        assert is_in_force(kept, date(2026, 1, 1))
        assert [(part.subject, part.minutes) for part in kept.subjects] == [("theory", 60)]
    engine.dispose()


PAPER_ROWS = (
    "INSERT INTO division (code, name, level, kind) VALUES ('320505', 'n', 'county', 'n')",
    "INSERT INTO institution (id, code, name, uscc, division_code, address, legal_representative)"
    " VALUES (1, '1', 'n', '1', '320505', 'a', 'l')",
    "INSERT INTO assessment_plan (id, number, institution_id, specification_id, state, planned_on,"
    " expected_count, created_at, audit_due_is_provisional)"
    " VALUES (1, '2605-0001', 1, 1, 'approved', '2026-02-01', 1, '2026-01-01', 0)",
    "INSERT INTO blueprint (id, project_id, code, version, minutes, settings)"
    " VALUES (1, 1, 'T', 1, 60, '{}')",
    "INSERT INTO paper (id, plan_id, blueprint_id, number, seed, engine_version, bank_hash,"
    " paper_hash, state, composed_at)"
    " VALUES (7, 1, 1, 3, 5, 'cells-1', 'b', 'c', 'composed', '2026-01-01')",
    "INSERT INTO paper_item (id, paper_id, position, kind, item_version_id, points, key)"
    " VALUES (1, 7, 1, 'single_choice', 1, '1', 'b')",
)


def test_a_paper_of_before_becomes_a_set_of_one_that_can_be_released(first_release):
    old = create_engine(first_release)
    with old.begin() as connection:
        for statement in PAPER_ROWS:
            connection.execute(text(statement))
    old.dispose()
    engine = engine_for(first_release)
    upgrade(engine, new_key_ring())
    with Session(engine) as db:
        made = db.scalar(select(PaperSet))
        assert (made.number, made.purpose, made.paper_count, made.report) == (3, "one", 1, "")
        assert [(paper.id, paper.form, paper.version) for paper in made.papers] == [(7, 1, "")]
        assert made.set_hash == hash_of_set(made)
        assert made.papers[0].items[0].option_order == ""
    engine.dispose()


SCAN_ROWS = (
    *PAPER_ROWS[:3],
    "INSERT INTO room (id, institution_id, number, name, kind, row_count, column_count)"
    " VALUES (1, 1, '01', 'n', 'paper', 2, 2)",
    "INSERT INTO sitting (id, plan_id, room_id, number, subject, mode, starts_at, minutes)"
    " VALUES (4, 1, 1, 1, 'theory', 'answer_card', '2026-02-01 01:00:00.000000', 60)",
    "INSERT INTO scan_batch (id, sitting_id, name, page_count, uploaded_at, released_at)"
    " VALUES (1, 4, '一批', 2, '2026-02-01', '2026-02-02 01:00:00.000000'),"
    " (2, 4, '补扫', 1, '2026-02-01', NULL)",
)


def test_a_batch_of_before_is_one_of_one_sitting_and_knows_whether_it_was_released(first_release):
    old = create_engine(first_release)
    with old.begin() as connection:
        for statement in SCAN_ROWS:
            connection.execute(text(statement))
    old.dispose()
    engine = engine_for(first_release)
    upgrade(engine, new_key_ring())
    with Session(engine) as db:
        first, second = db.scalars(select(ScanBatch).order_by(ScanBatch.id))
        assert [one.id for one in first.sittings] == [one.id for one in second.sittings] == [4]
        assert first.covered[0].released_at == first.released_at
        assert (second.covered[0].released_at, second.page_total) == (None, 1)
    engine.dispose()


def test_an_item_that_does_not_fit_its_hash_stops_the_upgrade_and_nothing_changes(first_release):
    engine = create_engine(first_release)
    with engine.begin() as connection:
        connection.execute(text("DROP TRIGGER item_version_no_update"))
        connection.execute(text("UPDATE item_version SET stem = '改过'"))
        connection.execute(
            text(
                "CREATE TRIGGER item_version_no_update BEFORE UPDATE ON item_version "
                "BEGIN SELECT RAISE(ABORT, 'item_version is append-only'); END"
            )
        )
    with pytest.raises(ValueError, match="item version 1"):
        upgrade(engine_for(first_release), new_key_ring())
    with engine.connect() as connection:
        assert connection.execute(text("SELECT stem FROM item_version")).scalar() == "改过"
    engine.dispose()


def test_the_versions_of_a_database_are_told_as_alembic_tells_them(first_release):
    engine, keys = create_engine(first_release), new_key_ring()
    scripts = ScriptDirectory(str(MIGRATIONS))
    revisions = [script.revision for script in scripts.walk_revisions()]
    assert known_versions() == set(revisions)
    assert max(known_versions()) == scripts.get_current_head()
    assert (is_current(engine), has_known_version(engine)) == (False, True)
    upgrade(engine, keys)
    assert (is_current(engine), has_known_version(engine)) == (True, True)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert (is_current(engine), has_known_version(engine)) == (False, False)
