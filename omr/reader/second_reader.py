"""The independent second reader of QR codes: zbar, where its system library is installed.

Without Debian's ``libzbar0`` the wheel cannot load; the reader says so once and goes on without
a second opinion.
"""

import logging

from omr.reader.reading import GrayImage

try:
    from pyzbar import pyzbar
except ImportError:  # the system library is missing
    pyzbar = None
    logging.getLogger("kaohe.omr").warning("libzbar0 is missing: no second reader of QR codes")


def second_reading(patch: GrayImage) -> list[str]:
    """Return what zbar reads as QR codes on the patch; nothing where zbar is missing."""
    if pyzbar is None:
        return []
    found = pyzbar.decode(patch, symbols=[pyzbar.ZBarSymbol.QRCODE])
    return [code.data.decode("ascii", "replace") for code in found]
