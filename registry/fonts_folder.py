"""Where the typefaces of every printed paper live; drawing with them is done elsewhere."""

from pathlib import Path
from typing import Final

FONTS_FOLDER: Final = Path(__file__).resolve().parent / "fonts"
FONT_REGULAR: Final = FONTS_FOLDER / "NotoSansSC-Regular.ttf"
FONT_BOLD: Final = FONTS_FOLDER / "NotoSansSC-Bold.ttf"
