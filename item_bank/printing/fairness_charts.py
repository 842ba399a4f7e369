"""Charts about the fairness of a set as SVG: the same picture on a page and in the PDF.

Only the part of SVG is used that ``figure_drawing`` knows. Labels are figures and letters; what
they mean is said beside the chart, in the reader's language.
"""

from collections.abc import Sequence

from item_bank.rules.set_report import ScoreLine, SetReport

INK, GREY, RULE = "#17222E", "#526272", "#C3CCD6"
BRAND, BRAND_PALE, BAND, ALERT = "#1D62C4", "#B9D2F3", "#E3EEFB", "#AD1F25"
FONT = 12
MOST_LETTERED = 12  # dots that carry their letter, papers whose pairs are shown one by one
MOST_NUMBERED = 7  # papers whose shades carry their number
MOST_BARS = 20
WIDTH, HEIGHT, TALL = 300, 150, 260


def score_chart(report: SetReport, letters: Sequence[str]) -> str:
    """Draw how far every paper's expected score lies off the target, at each ability.

    The shaded band is what the blueprint allows. ``letters`` name the papers.
    """
    left, middle, right, row, top = 56, 300, 544, 62, 26
    furthest = max(abs(p - line.target) for line in report.scores for p in line.points)
    reach = max(1.6 * report.half_width, 1.15 * furthest)
    scale = (right - left) / 2 / reach
    height = top + row * len(report.scores) + 8
    band = report.half_width * scale
    parts = [
        _rect(middle - band, top - 6, 2 * band, height - top, BAND),
        _line(middle, top - 6, middle, height - 6, GREY, dashed=True),
        _text(middle, 12, "0", "middle", GREY),
        _text(middle - band, 12, f"−{report.half_width:g}", "middle", GREY),
        _text(middle + band, 12, f"+{report.half_width:g}", "middle", GREY),
    ]
    for place, line in enumerate(report.scores):
        y = top + row * place + row / 2 - 4
        parts += [
            _line(left, y, right, y, RULE),
            _text(4, y + 4, _signed(line.theta), "start", INK),
            _text(596, y + 4, f"{line.target:.1f}", "end", INK),
            *_dots(line, letters, middle, scale, y),
        ]
    return _svg(600, height, parts)


def overlap_chart(report: SetReport, letters: Sequence[str]) -> str:
    """Draw how many items every two papers share: a table of shades, or counts of pairs."""
    size = len(report.overlap_matrix)
    if not 2 <= size <= MOST_LETTERED:
        return bars(report.overlap_pairs, limit=report.overlap_allowed)
    height = HEIGHT if size <= MOST_NUMBERED else TALL
    cell = min(36, (height - 22) / size)
    darkest = max(1, report.overlap_most)
    parts = []
    for row, shared in enumerate(report.overlap_matrix):
        middle = 20 + cell * (row + 0.5)
        parts += [
            _text(middle, 13, letters[row], "middle", INK),
            _text(9, middle + 4, letters[row], "middle", INK),
        ]
        for column, count in enumerate(shared):
            corner = (20 + cell * column, 20 + cell * row)
            share = None if row == column else count / darkest
            parts += _shaded(corner, cell - 2, share, str(count), size <= MOST_NUMBERED)
    return _svg(WIDTH, height, parts)


def _shaded(
    corner: tuple[float, float],
    size: float,
    share: float | None,
    words: str,
    numbered: bool,  # noqa: FBT001  (private, given at its only call)
) -> list[str]:
    """Draw one pair of papers; a paper with itself is grey."""
    x, y = corner
    if share is None:
        return [_rect(x, y, size, size, "#E3E8EE")]
    cell = [_rect(x, y, size, size, _shade(share))]
    if numbered:
        ink = "#FFFFFF" if share > 0.6 else INK
        cell.append(_text(x + size / 2, y + size / 2 + 4, words, "middle", ink, 11))
    return cell


def exposure_chart(report: SetReport) -> str:
    """Draw how many items stand in no paper of the set, in one, in two and so on."""
    return bars(report.exposure_items, limit=report.exposure_cap)


def key_chart(report: SetReport) -> str:
    """Draw how often every letter is the key of a single-choice item, against an even share."""
    counts = report.key_counts
    even = sum(counts) / len(counts) if counts else 0.0
    return bars(counts, names="ABCDEF", even=even)


def bars(
    counts: Sequence[int],
    *,
    names: str = "",
    limit: int | None = None,
    even: float | None = None,
) -> str:
    """Draw a bar for every count, named 0, 1, 2 … unless ``names`` gives letters.

    Many counts are gathered into fewer bars, each named by its first. Bars beyond ``limit`` stand
    out; ``even`` is drawn as a level line.
    """
    first = 0 if names else _first(counts)
    span = -(-max(1, len(counts) - first) // MOST_BARS)
    starts = range(first, len(counts), span)
    heights = [sum(counts[start : start + span]) for start in starts]
    step = WIDTH / max(4, len(heights))
    tallest, floor = max([*heights, 1]), HEIGHT - 22
    parts = [_line(0, floor, WIDTH, floor, GREY)]
    for place, (start, count) in enumerate(zip(starts, heights, strict=True)):
        bar, middle = (floor - 18) * count / tallest, step * (place + 0.5)
        ink = ALERT if limit is not None and start > limit else BRAND
        parts.append(_rect(middle - step * 0.36, floor - bar, step * 0.72, bar, ink))
        if count:
            size = 11 if len(heights) <= 12 else 9
            parts.append(_text(middle, floor - bar - 4, str(count), "middle", INK, size))
        if len(heights) <= 12 or place % 2 == 0:
            name = names[start] if names else str(start)
            parts.append(_text(middle, HEIGHT - 6, name, "middle", GREY))
    if even is not None:
        y = floor - (floor - 18) * even / tallest
        parts.append(_line(0, y, step * len(heights), y, ALERT, dashed=True))
    return _svg(WIDTH, HEIGHT, parts)


def _first(counts: Sequence[int]) -> int:
    """Return where the counts begin that are worth a bar; short rows begin at nothing."""
    held = next((place for place, count in enumerate(counts) if count), 0)
    return held if len(counts) > MOST_BARS else 0


def _dots(
    line: ScoreLine, letters: Sequence[str], middle: float, scale: float, y: float
) -> list[str]:
    many = len(line.points) > MOST_LETTERED
    parts = []
    for place, points in enumerate(line.points):
        x = middle + (points - line.target) * scale
        if many:
            parts.append(_circle(x, y - 18 + 36 * (place * 7 % 13) / 12, 2.5, BRAND))
            continue
        lane = y + 11 * (place % 3 - 1) if len(line.points) > 1 else y
        parts.append(_circle(x, lane, 8, BRAND))
        parts.append(_text(x, lane + 4, letters[place], "middle", "#FFFFFF", 11))
    return parts


def _signed(theta: float) -> str:
    return f"{theta:g}".replace("-", "−")


def _shade(share: float) -> str:
    """Mix white and the brand colour."""
    white, deep = (255, 255, 255), (29, 98, 196)
    mixed = [round(w + (d - w) * share) for w, d in zip(white, deep, strict=True)]
    return "#" + "".join(f"{value:02X}" for value in mixed)


def _svg(width: float, height: float, parts: Sequence[str]) -> str:
    body = "".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}">{body}</svg>'
    )


def _rect(x: float, y: float, width: float, height: float, fill: str) -> str:
    size = f'width="{width:.1f}" height="{height:.1f}"'
    return f'<rect x="{x:.1f}" y="{y:.1f}" {size} fill="{fill}"/>'


def _circle(x: float, y: float, radius: float, fill: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{fill}"/>'


def _line(x1: float, y1: float, x2: float, y2: float, ink: str, *, dashed: bool = False) -> str:
    dashes = ' stroke-dasharray="4 3"' if dashed else ""
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{ink}" stroke-width="1"{dashes}/>'


def _text(x: float, y: float, words: str, anchor: str, ink: str, size: int = FONT) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"'
    return f'<text {place} fill="{ink}">{words}</text>'
