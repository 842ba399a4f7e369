"""Cut the typeface for rare Han characters into slices: only what Noto Sans SC does not have.

Run once, where the slices are to change: needs fonttools (no part of the product) and the two files
of Debian's fonts-hanazono. ``python scripts/cut_rare_fonts.py HanaMinB.ttf HanaMinA.ttf``
"""

import sys
from collections import defaultdict
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from registry.fonts_folder import FONT_REGULAR, RARE_FOLDER, RARE_SLICE

FACES = Path("exam_server/static/css/rare_han.css")
HEAD = """/* Rare Han characters of names, in slices: a browser fetches only those that a page needs.
   Written by scripts/cut_rare_fonts.py. */
"""  # noqa: E501
RARE = range(0x20000, 0x40000)  # the rest Noto Sans SC has, but for a few


def main(paths: list[str]) -> None:
    """Write one file for every range of which some path has characters."""
    known = set(TTFont(FONT_REGULAR).getBestCmap())
    RARE_FOLDER.mkdir(exist_ok=True)
    for path in paths:
        slices = defaultdict(list)
        for code in set(TTFont(path).getBestCmap()) - known:
            if code in RARE:
                slices[code - code % RARE_SLICE].append(code)
                known.add(code)
        for start, codes in slices.items():
            target = RARE_FOLDER / f"{start:05x}.ttf"
            if target.exists():
                continue
            options = Options(layout_features=[], hinting=False, notdef_outline=True)
            options.name_IDs = [0, 1, 2, 4, 6, 13]
            options.drop_tables += ["GSUB", "GPOS", "GDEF", "BASE", "VORG", "vhea", "vmtx", "DSIG"]
            font = TTFont(path, recalcTimestamp=False)
            cutter = Subsetter(options)
            cutter.populate(unicodes=codes)
            cutter.subset(font)
            font.save(target)
    FACES.write_text(HEAD + "".join(map(_face, sorted(RARE_FOLDER.glob("*.ttf")))), "utf-8")


def _face(path: Path) -> str:
    start = int(path.stem, 16)
    codes = [code for code in TTFont(path).getBestCmap() if start <= code < start + RARE_SLICE]
    covers = f"U+{min(codes):x}-{max(codes):x}"
    return (
        f'@font-face {{ font-family: "Rare Han"; src: url("/static/rare-han/{path.name}?v=1"); '
        f"unicode-range: {covers}; font-display: block; }}\n"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
