"""``kaohe cards``: cards printed from a list, scans read from files, rubbish located."""

import json
import zipfile

import cv2
import pytest
from click.testing import CliRunner
from support.drawn_cards import encoded, filled_card, some_answers

from exam_server.cli.cards import FAULTY_FILES, command
from omr.reader.blank import render_page
from omr.reader.loading import decode_gray

LAYOUT = "js-zx-a4-1"
ROSTER = "准考证号,姓名,座位号\n2532010001019,张三,1\n2532010001027,李四,2\n"


def run(*words):
    return CliRunner().invoke(command, [str(word) for word in words])


def read(tmp_path, *words, layout=LAYOUT):
    out = tmp_path / "out.json"
    done = run("read", "--layout", layout, "--json", out, "--workers", 1, *words)
    assert done.exit_code in (0, FAULTY_FILES), done.output
    return json.loads(out.read_text("utf-8")), done


def without_ms(rows):
    return [{key: value for key, value in row.items() if key != "ms"} for row in rows]


def test_geometry_points_at_the_boxes_of_the_image(tmp_path):
    png, boxes_file = tmp_path / "blank.png", tmp_path / "boxes.json"
    done = run(
        *("print", "--layout", LAYOUT, "--out", tmp_path / "blank.pdf"),
        *("--png", png, "--dpi", 200, "--geometry", boxes_file),
    )
    assert done.exit_code == 0, done.output
    image = decode_gray(png.read_bytes())
    boxes = json.loads(boxes_file.read_text("utf-8"))
    assert {box["kind"] for box in boxes} == {"answer", "id", "mark"}
    assert len({box["id"] for box in boxes}) == len(boxes)
    for box in boxes:
        left, right = round(box["cx"] - box["w"] / 2), round(box["cx"] + box["w"] / 2)
        top, bottom = round(box["cy"] - box["h"] / 2), round(box["cy"] + box["h"] / 2)
        outline = image[top : bottom + 1, left : right + 1]
        assert min(outline[0].mean(), outline[-1].mean()) < 235
        assert image[top - 4, left:right].mean() > 245


def test_list_prints_one_card_for_each_row_and_reading_gives_their_numbers(tmp_path):
    roster, cards = tmp_path / "list.csv", tmp_path / "cards.pdf"
    roster.write_text(ROSTER, "utf-8")
    assert run("print", "--layout", LAYOUT, "--out", cards, "--roster", roster).exit_code == 0
    rows, _ = read(tmp_path, cards, "--roster", roster)
    assert [row["page"] for row in rows] == [1, 2]
    assert [row["identity"]["number"] for row in rows] == ["2532010001019", "2532010001027"]
    assert {row["identity"]["source"] for row in rows} == {"qr+barcode"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("姓名\n张三\n", "准考证号"),
        ("number\n12a\n", "第 2 行"),
        ("number\n12\n12\n", "出现多次"),
        ("number,serial\n12,123\n", "卡号"),
        ("number\n", "没有考生"),
    ],
)
def test_faulty_list_is_refused_with_its_place(tmp_path, text, words):
    roster = tmp_path / "list.csv"
    roster.write_text(text, "utf-8")
    done = run("print", "--layout", LAYOUT, "--out", tmp_path / "o.pdf", "--roster", roster)
    assert done.exit_code == 2
    assert words in done.output
    assert not (tmp_path / "o.pdf").exists()


def test_files_of_every_kind_are_read_and_rubbish_is_located(tmp_path):
    answers = some_answers()
    image = filled_card(answers).image
    good, archive, junk = tmp_path / "a.jpg", tmp_path / "b.zip", tmp_path / "junk.png"
    good.write_bytes(encoded(image))
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("one.png", cv2.imencode(".png", image)[1].tobytes())
        file.writestr("__MACOSX/._one.png", b"resource fork")
        file.writestr("broken.jpg", encoded(image)[:4000])
    junk.write_bytes(b"not an image at all")
    rows, done = read(tmp_path, good, archive, junk, tmp_path / "missing.pdf")
    assert done.exit_code == FAULTY_FILES
    told = [(row["file"].rpartition("/")[2], row["page"], row["reason"]) for row in rows]
    assert told == [
        ("a.jpg", 1, None),
        ("one.png", 1, None),
        ("broken.jpg", 1, "truncated_file"),
        ("junk.png", 0, "unknown_type"),
        ("missing.pdf", 0, "no_such_file"),
    ]
    for row in rows[:2]:
        assert {key: set(values) for key, values in row["answers"].items()} == {
            key: set(values) for key, values in answers.items()
        }
        assert row["review"] == []


def test_reading_again_gives_the_same_rows_apart_from_the_time(tmp_path):
    file = tmp_path / "a.jpg"
    file.write_bytes(encoded(filled_card(some_answers(3)).image))
    first, _ = read(tmp_path, file)
    again, _ = read(tmp_path, file)
    assert without_ms(first) == without_ms(again)
    assert first[0]["engine"] == again[0]["engine"]


def test_card_without_codes_belongs_to_the_number_filled_in(tmp_path):
    png, pdf = tmp_path / "blank.png", tmp_path / "blank.pdf"
    run("print", "--layout", LAYOUT, "--out", pdf, "--png", png, "--dpi", 200)
    image = render_page(pdf.read_bytes(), dpi=200)
    number = "2532010001019"
    answers = {**some_answers(), **{f"no{at}": (digit,) for at, digit in enumerate(number, 1)}}
    filled = filled_card(answers, page=image).image
    png.write_bytes(cv2.imencode(".png", filled)[1].tobytes())
    rows, _ = read(tmp_path, png)
    assert rows[0]["identity"]["number"] == number
    assert (rows[0]["identity"]["source"], rows[0]["status"]) == ("number", "ok")


def test_unknown_layout_is_refused(tmp_path):
    done = run("read", "--layout", "nix", "--json", tmp_path / "o.json", tmp_path / "a.jpg")
    assert done.exit_code == 2
    assert "nix.toml" in done.output
    assert list(tmp_path.iterdir()) == []
