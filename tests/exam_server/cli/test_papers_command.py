"""``kaohe papers assemble``: sets from files, deficits by name, located faults."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from support.assembly_files import write_assembly

from exam_server.cli.papers import command
from item_bank.exchange.assembly_output import PapersFile

SEEDS = Path(__file__).parents[3] / "seeds" / "item_banks"
BANKS = sorted(folder for folder in SEEDS.iterdir() if (folder / "items.jsonl").is_file())

INFANT_CARE = {
    "A-A-A": 2,
    "A-A-B": 2,
    "B-A-A": 3,
    "B-A-B": 2,
    "B-A-C": 2,
    "B-B-A": 5,
    "B-B-B": 7,
    "B-B-C": 5,
    "B-C-A": 6,
    "B-D-A": 6,
}


def run(bank, blueprint, out, *words):
    given = ["assemble", "--bank", bank, "--blueprint", blueprint, "--json", out, *words]
    if "--seed" not in words:
        given += ["--seed", 1]
    return CliRunner().invoke(command, [str(word) for word in given])


def assembled(bank, blueprint, out, *words):
    done = run(bank, blueprint, out, *words)
    assert done.exit_code == 0, done.output
    return msgspec.json.decode(out.read_bytes(), type=PapersFile)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out.json"


@pytest.mark.parametrize("folder", BANKS, ids=lambda folder: folder.name)
def test_the_banks_of_the_seeds_give_sets_without_residuals(folder, out):
    found = assembled(folder / "items.jsonl", folder / "blueprint.toml", out, "--forms", 6)
    assert found.feasible
    assert len(found.forms) == 6
    assert found.residuals == ()
    assert all(line.range <= 1.0 for line in found.scores)


def test_a_set_holds_forms_with_items_and_options_in_order(tmp_path, out):
    bank, blueprint = write_assembly(tmp_path, set="[set]\noverlap_at_most = 30")
    lines = {line["code"]: line for line in map(json.loads, bank.read_text("utf-8").splitlines())}
    found = assembled(bank, blueprint, out, "--forms", 8)
    assert [form.number for form in found.forms] == list(range(1, 9))
    for form in found.forms:
        assert len({item.code for item in form.items}) == 100
        for item in form.items:
            line = lines[item.code]
            options = [option["id"] for option in line.get("options", [])] or ["right", "wrong"]
            assert sorted(item.options) == sorted(options)
            assert item.kind == line["kind"]
    assert found.overlap.allowed == 30 >= found.overlap.max
    assert found.exposure.max <= found.exposure.cap
    assert found.cpu_seconds > 0


def test_two_processes_with_other_hash_seeds_write_the_same_bytes(tmp_path):
    bank, blueprint = write_assembly(tmp_path)
    written = []
    for number in (1, 2):
        out = tmp_path / f"out{number}.json"
        words = ["assemble", "--bank", bank, "--blueprint", blueprint, "--json", out]
        words += ["--forms", 5, "--seed", 9, "--ab"]
        start = "from exam_server.cli.papers import command; command()"
        subprocess.run(
            [sys.executable, "-c", start, *map(str, words)],
            env=os.environ | {"PYTHONHASHSEED": str(number)},
            check=True,
            capture_output=True,
        )
        found = json.loads(out.read_bytes())
        assert found.pop("cpu_seconds") > 0
        written.append(json.dumps(found))
    assert written[0] == written[1]


def test_individual_papers_and_versions_are_told_apart(tmp_path, out):
    bank, blueprint = write_assembly(tmp_path)
    alone = assembled(bank, blueprint, out, "--forms", 20, "--individual")
    assert (alone.mode, len(alone.forms)) == ("individual", 20)
    pairs = assembled(bank, blueprint, out, "--forms", 3, "--ab")
    assert [(f.number, f.version) for f in pairs.forms[:2]] == [(1, "A"), (1, "B")]
    assert run(bank, blueprint, out, "--ab", "--individual").exit_code == 2


def test_deficits_are_named_on_the_screen_and_in_the_file(tmp_path, out):
    bank, blueprint = write_assembly(tmp_path)
    lines = [json.loads(line) for line in bank.read_text("utf-8").splitlines()]
    gone = ("A-A-B", "true_false")
    kept = [line for line in lines if (line["point"], line["kind"]) != gone]
    bank.write_text("".join(json.dumps(line) + "\n" for line in kept), "utf-8")
    done = run(bank, blueprint, out, "--forms", 3)
    assert done.exit_code == 3
    found = msgspec.json.decode(out.read_bytes(), type=PapersFile)
    assert not found.feasible
    assert found.forms == ()
    assert {(line.range, line.kind) for line in found.deficits} == {gone}
    for line in found.deficits:
        assert line.words in done.output
        assert line.words.startswith("A-A-B 判断 难度")
    added = Counter()
    for line in found.deficits:
        for number in range(line.missing):
            added[line.words] += 1
            kept.append(
                {
                    "code": f"new-{line.level}-{number}",
                    "kind": line.kind,
                    "point": line.range,
                    "difficulty": line.level,
                }
            )
    bank.write_text("".join(json.dumps(line) + "\n" for line in kept), "utf-8")
    assert run(bank, blueprint, out).exit_code == 0


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "items.jsonl 第 601 行：不是完整的 JSON"),
        ('{"code": "x", "kind": "true_false", "point": "A"}', "第 601 行：缺少“difficulty”"),
        (
            '{"code": "x", "kind": "essay", "point": "A", "difficulty": 1}',
            "第 601 行：kind：不能是 'essay'",
        ),
        (
            '{"code": "x", "kind": "true_false", "point": "A", "difficulty": 9}',
            "difficulty：应为不大于 5 的数",
        ),
        (
            '{"code": "00001", "kind": "true_false", "point": "A", "difficulty": 1}',
            "第 601 行：试题编号 00001 与第 1 行重复",
        ),
        (
            '{"code": "x", "kind": "true_false", "point": "A", "difficulty": 1, "key": ["a"]}',
            "第 601 行（x）：标准答案不在选项之中",
        ),
        (
            '{"code": "x", "kind": "true_false", "point": "A", "difficulty": 1, "c": 1.0}',
            "c：应为小于 1.0 的数",
        ),
        (
            '{"code": "x", "kind": "true_false", "point": "A", "difficulty": 1, "uses": 1e30}',
            "uses：",
        ),
    ],
)
def test_a_faulty_line_is_located_and_nothing_is_written(tmp_path, out, line, said):
    bank, blueprint = write_assembly(tmp_path)
    bank.write_text(bank.read_text("utf-8") + line + "\n", "utf-8")
    done = run(bank, blueprint, out)
    assert done.exit_code == 2
    assert said in done.output
    assert not out.exists()


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("[set]\noverlap = 3", "blueprint.toml set：没有“overlap”这一项"),
        ("[score_band]\nhalf_width = -1.0", "score_band half_width：应为不小于 0"),
        ("[score_band]\ntargets = [50.0]", "一一对应"),
        ('[[quotas]]\nrange = "Z"\ncount = 1', "范围 Z 没有比重"),
        ('[[ranges]]\ncode = "A-A-A"\nweight = 3', "只能出现一次"),
        ("[set]\ncool_down_days = 30", "--on"),
        ("[[[", "不是 TOML"),
        ("[score_band]\nthetas = [nan]", "score_band thetas 第 1 项"),
        ("[score_band]\nhalf_width = inf", "score_band half_width"),
        ("[marking]\npass_share = nan", "marking pass_share：NaN 不是可用的数"),
        ('[[ranges]]\ncode = "Q"\nweight = inf', "weight：Infinity 不是可用的数"),
        ('[[sections]]\nkind = "single_choice"\nitem_count = 1\npoints_each = "1e400"', "1E+400"),
        ("[[quotas]]\nlevel = 4\nat_most = 99999999999999999999", "quotas 第 1 项 at_most"),
        ("[settings.importance]\nx_at_least = 2", "重要程度 X、Z 的比例"),
    ],
)
def test_a_faulty_blueprint_is_located(tmp_path, out, table, said):
    done = run(*write_assembly(tmp_path, more=table), out)
    assert done.exit_code == 2
    assert said in done.output
    assert not out.exists()


def test_items_below_no_weighted_range_and_shares_without_effect_are_told(tmp_path, out):
    bank, blueprint = write_assembly(tmp_path, more="[settings.importance]\nx_at_least = 0.5")
    stray = '{"code": "stray", "kind": "true_false", "point": "Q-Q-001", "difficulty": 1}'
    bank.write_text(bank.read_text("utf-8") + stray + "\n", "utf-8")
    done = run(bank, blueprint, out)
    assert done.exit_code == 0
    assert "1 题的鉴定点不在任何有比重的范围之下，没有使用：stray（Q-Q-001）" in done.output
    assert "重要程度的比例没有起作用" in done.output


def test_a_cool_down_longer_than_the_calendar(tmp_path, out):
    bank, blueprint = write_assembly(tmp_path, more="[set]\ncool_down_days = 1000000")
    assert run(bank, blueprint, out, "--on", "2026-08-01").exit_code == 0


def test_missing_files_and_numbers_out_of_range_are_refused(tmp_path, out):
    bank, blueprint = write_assembly(tmp_path)
    assert "打不开" in run(tmp_path / "none", blueprint, out).output
    assert run(tmp_path / "none", blueprint, out).exit_code == 2
    assert run(bank, blueprint, out, "--forms", 0).exit_code == 2
    assert "应为 0 至" in run(bank, blueprint, out, "--seed", -5).output
    assert run(bank, blueprint, tmp_path / "no folder" / "out.json").exit_code == 2
    assert list(tmp_path.glob("tmp*")) == []


def test_a_blueprint_without_weights_is_refused_and_takes_them_from_a_table(tmp_path, out):
    folder = SEEDS / "60"
    alone = tmp_path / "blueprint.toml"
    alone.write_bytes((folder / "blueprint.toml").read_bytes())
    done = run(folder / "items.jsonl", alone, out)
    assert done.exit_code == 2
    assert "也没有细目表" in done.output
    given = ("--elements", folder / "elements.csv")
    assert run(folder / "items.jsonl", alone, out, *given).exit_code == 0
    table = tmp_path / "table.csv"
    table.write_text("code,level,weight\nA,three,5\n", "utf-8")
    done = run(folder / "items.jsonl", alone, out, "--elements", table)
    assert done.exit_code == 2
    assert "table.csv 第 2 行" in done.output


def test_items_used_lately_rest_for_the_days_of_the_blueprint(tmp_path, out):
    settings = '[set]\ncool_down = "exclude"\ncool_down_days = 30'
    bank, blueprint = write_assembly(tmp_path, set=settings)
    lines = [json.loads(line) for line in bank.read_text("utf-8").splitlines()]
    for number, line in enumerate(lines):
        line["last_used_on"] = "2026-07-20" if number % 3 == 0 else "2026-05-01"
    bank.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    rested = assembled(bank, blueprint, out, "--on", "2026-08-01")
    places = [int(item.code) for item in rested.forms[0].items]
    assert all(place % 3 != 1 for place in places)
    later = assembled(bank, blueprint, out, "--on", "2026-09-01")
    assert any(int(item.code) % 3 == 1 for item in later.forms[0].items)


def test_a_flagship_comes_with_its_bound(tmp_path, out):
    bank, blueprint = write_assembly(tmp_path, best="[flagship]\ntheta = 0.0")
    found = assembled(bank, blueprint, out, "--flagship").flagship
    assert (found.objective, found.theta) == ("information", 0.0)
    assert len(found.form.items) == 100
    assert found.value <= found.bound + 1e-6
    assert found.gap < 0.01
    assert found.is_optimal


def test_the_worked_example_of_infant_care_is_met_in_every_form(out):
    """The bank of project 52 has the weights of the worked example; 40 items of either kind."""
    folder = SEEDS / "52"
    points = {
        line["code"]: line["point"]
        for line in map(json.loads, (folder / "items.jsonl").read_text("utf-8").splitlines())
    }
    found = assembled(folder / "items.jsonl", folder / "blueprint.toml", out, "--forms", 4)
    for form in found.forms:
        cells = Counter((item.kind, points[item.code].rpartition("-")[0]) for item in form.items)
        for kind in ("single_choice", "true_false"):
            assert {code: cells[kind, code] for code in INFANT_CARE} == INFANT_CARE
