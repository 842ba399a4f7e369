"""Serials, their check digit and the text of the QR code."""

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st

from omr.rules.card_code import (
    CardCode,
    has_valid_check_digit,
    is_serial,
    parse_qr_text,
    qr_text,
    serial_of,
)

numbers = st.integers(0, 10**10 - 1)
hashes = st.text("0123456789abcdef", min_size=12, max_size=12)


@given(numbers)
def test_every_serial_is_valid(number):
    assert is_serial(serial_of(number))


@given(numbers, st.integers(0, 10), st.integers(1, 9))
def test_any_single_wrong_digit_is_found(number, place, step):
    serial = serial_of(number)
    wrong = str((int(serial[place]) + step) % 10)
    assert not is_serial(serial[:place] + wrong + serial[place + 1 :])


@pytest.mark.parametrize("text", ["", "5", "0794", "07945x", "０７９４５", "-7945"])
def test_other_texts_have_no_valid_check_digit(text):
    assert not has_valid_check_digit(text)


@given(numbers, st.integers(1, 9), hashes)
def test_qr_text_comes_back_and_fits_version_two(number, page, layout_hash):
    code = CardCode(serial_of(number), page, layout_hash)
    text = qr_text(code)
    assert parse_qr_text(text) == code
    drawn = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    assert drawn.to_image(scale=1, add_quiet_zones=False).shape == (25, 25)


@given(numbers, hashes, st.integers(0, 33), st.sampled_from("0123456789ABCDEF:K"))
def test_changed_qr_text_is_refused_or_unchanged(number, layout_hash, place, letter):
    text = qr_text(CardCode(serial_of(number), 1, layout_hash))
    changed = text[:place] + letter + text[place + 1 :]
    assert changed == text or parse_qr_text(changed) is None


@pytest.mark.parametrize("text", ["", "KH1", "https://example.org/", "KH1:1:2:3:4", ":::::"])
def test_foreign_qr_text_is_refused(text):
    assert parse_qr_text(text) is None
