"""``kaohe rehearse``: a day ties at every step, and one that does not is never passed over."""

import io
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from click.testing import CliRunner
from rich.console import Console

from exam_server.cli.rehearse import command, conclude
from exam_server.rehearsal.day import Options, Report, rehearse


class Steps:
    """Counts how far each step has come."""

    def __init__(self) -> None:
        self.totals: dict[str, int] = {}
        self.done = Counter[str]()

    def step(self, name: str, total: int) -> Callable[[], None]:
        self.totals[name] = total
        return lambda: self.done.update([name])


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Steps, Path]:
    """One whole day with 12 candidates, half of them on paper."""
    folder = tmp_path_factory.mktemp("day") / "out"
    steps = Steps()
    report = rehearse(Options(candidates=12, paper_share=0.5, seed=7, folder=folder), steps)
    return report, steps, folder


def test_every_count_of_a_whole_day_ties(lived: tuple[Report, Steps, Path]) -> None:
    report, _steps, _folder = lived
    assert report.faults == []
    assert all(went_in == came_out for _name, went_in, came_out, _remark in report.rows)
    counts = {name: went_in for name, went_in, _out, _remark in report.rows}
    assert counts["上机：应考 → 交卷"] == counts["答题卡：印发 → 扫描"] == 6
    assert counts["成绩：登记 → 公布"] == 24


def test_every_step_of_the_day_is_shown_to_its_end(lived: tuple[Report, Steps, Path]) -> None:
    _report, steps, _folder = lived
    every = {name: count for name, count in steps.totals.items() if name != "基础数据与机构"}
    assert {name: steps.done[name] for name in every} == every


def test_the_day_leaves_its_cards_and_certificates_behind(
    lived: tuple[Report, Steps, Path],
) -> None:
    report, _steps, folder = lived
    certified = next(out for name, _in, out, _remark in report.rows if name == "合格 → 发证")
    for name, pages in (("答题卡.pdf", 6), ("证书.pdf", certified)):
        with pypdfium2.PdfDocument(folder / name) as pdf:
            assert len(pdf) == pages
    assert len(list((folder / "scans").iterdir())) == 6


def test_a_step_that_loses_something_is_a_fault() -> None:
    report = Report()
    report.tie("扫描 → 送评分", 6, 6)
    report.tie("送评分 → 有成绩", 6, 5)
    report.none("丢失的答案", ["考生 1"])
    assert report.faults == ["送评分 → 有成绩：进 6，出 5", "丢失的答案：考生 1"]


def test_the_command_ends_with_an_error_when_anything_does_not_tie(tmp_path: Path) -> None:
    report = Report()
    report.tie("扫描 → 送评分", 6, 5)
    told = io.StringIO()
    with pytest.raises(SystemExit) as end:
        conclude(report, Console(file=told, width=120), tmp_path)
    assert end.value.code == 1
    assert "不符：扫描 → 送评分：进 6，出 5" in told.getvalue()
    assert "全部相符" not in told.getvalue()


def test_the_command_ends_well_when_everything_ties(tmp_path: Path) -> None:
    report = Report()
    report.tie("扫描 → 送评分", 6, 6)
    told = io.StringIO()
    conclude(report, Console(file=told, width=120), tmp_path)
    assert "全部相符" in told.getvalue()


def test_a_folder_that_is_not_empty_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keep.txt").write_text("mine")
    result = CliRunner().invoke(command, ["--out", str(tmp_path)])
    assert result.exit_code == 2
    assert "不是空的" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["keep.txt"]
