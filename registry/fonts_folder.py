"""Where the typefaces of every printed paper and of rare names live; drawing is done elsewhere."""

from pathlib import Path
from typing import Final

FONTS_FOLDER: Final = Path(__file__).resolve().parent / "fonts"
FONT_REGULAR: Final = FONTS_FOLDER / "NotoSansSC-Regular.ttf"
FONT_BOLD: Final = FONTS_FOLDER / "NotoSansSC-Bold.ttf"
RARE_FOLDER: Final = FONTS_FOLDER / "rare"
RARE_SLICE: Final = 0x400  # characters that one file of the folder covers, named by the first


def rare_font_of(character: str) -> Path:
    """Return the file that would hold a character that the other typefaces lack.

    >>> rare_font_of("𠮷").name
    '20800.ttf'
    """
    code = ord(character)
    return RARE_FOLDER / f"{code - code % RARE_SLICE:05x}.ttf"
