"""How codes are typed and how they are meant: full-width characters, spaces, small letters."""

from typing import Final

_FULL_WIDTH_OFFSET = 0xFEE0  # U+FF01..U+FF5E lie this far above their ASCII counterparts
_TO_ASCII: Final = {code: code - _FULL_WIDTH_OFFSET for code in range(0xFF01, 0xFF5F)}


def normalise_code(text: str) -> str:
    """Return a typed code in ASCII, without white space, letters in upper case.

    >>> normalise_code(" １１０１０５ 19491231 002x　")
    '11010519491231002X'
    """
    return "".join(text.translate(_TO_ASCII).split()).upper()
