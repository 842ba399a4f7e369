"""What the codes on a card say: the serial with its check digit and the text of the QR code."""

import binascii
from dataclasses import dataclass

PREFIX = "KH1"
SERIAL_DIGITS = 11  # ten running digits and one check digit
MODULUS = 10  # ISO 7064, hybrid system MOD 11,10


@dataclass(frozen=True)
class CardCode:
    """The content of a QR code whose checksum holds."""

    serial: str
    page: int
    layout_hash: str


def check_digit(digits: str) -> str:
    """Return the check digit by ISO 7064, MOD 11,10.

    >>> check_digit("0794")
    '5'
    """
    product = MODULUS
    for digit in digits:
        total = (product + int(digit)) % MODULUS or MODULUS
        product = total * 2 % (MODULUS + 1)
    return str((MODULUS + 1 - product) % MODULUS)


def has_valid_check_digit(number: str) -> bool:
    """Say whether the last digit of a number is its ISO 7064 MOD 11,10 check digit.

    >>> has_valid_check_digit("07945"), has_valid_check_digit("07946")
    (True, False)
    """
    if len(number) < 2 or not (number.isascii() and number.isdigit()):
        return False
    return check_digit(number[:-1]) == number[-1]


def serial_of(running_number: int) -> str:
    """Return the eleven digits of a serial: ten of the running number and the check digit.

    >>> serial_of(1)
    '00000000010'
    """
    digits = f"{running_number:010d}"
    return digits + check_digit(digits)


def is_serial(text: str) -> bool:
    """Say whether a text is a serial whose check digit holds."""
    return len(text) == SERIAL_DIGITS and has_valid_check_digit(text)


def qr_text(code: CardCode) -> str:
    """Return the text of the QR code; its letters fit the alphanumeric mode, 25 x 25 at level M."""
    body = f"{PREFIX}:{code.serial}:{code.page}:{code.layout_hash.upper()}"
    return f"{body}:{_checksum(body)}"


def parse_qr_text(text: str) -> CardCode | None:
    """Return what a QR text says, or None when it is not one of ours or its sums do not hold.

    >>> parse_qr_text(qr_text(CardCode(serial_of(7), 1, "0123456789ab"))).serial
    '00000000077'
    """
    body, _, checksum = text.rpartition(":")
    parts = body.split(":")
    if len(parts) != 4 or parts[0] != PREFIX or checksum != _checksum(body):
        return None
    _, serial, page, layout_hash = parts
    if not (is_serial(serial) and page.isascii() and page.isdigit()):
        return None
    return CardCode(serial, int(page), layout_hash.lower())


def _checksum(body: str) -> str:
    return f"{binascii.crc_hqx(body.encode(), 0):04X}"
