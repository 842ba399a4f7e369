"""The signed text of the QR code."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.keys import new_key_ring
from scoring.certificates.rules.seal import TOKEN_MAX, SealedFacts, open_seal, seal_facts

RING = new_key_ring()
FACTS = SealedFacts("2610012003600001", "考***", 60, date(2026, 12, 20), "JS00000001")
TOKEN = seal_facts(FACTS, RING.sign)


def test_what_was_sealed_is_read_again():
    assert open_seal(TOKEN, RING.verify_key()) == FACTS


def test_an_address_before_the_path_does_not_matter():
    assert open_seal("https://kaohe.example" + TOKEN, RING.verify_key()) == FACTS


def test_the_text_fits_the_column_and_a_coarse_code():
    assert len(TOKEN.encode()) < 230 < TOKEN_MAX


def test_the_seal_of_another_installation_is_refused():
    assert open_seal(TOKEN, new_key_ring().verify_key()) is None


@given(st.integers(len("/verify/"), len(TOKEN) - 1), st.sampled_from("ABCabc019-_."))
def test_one_changed_character_breaks_the_seal(place, character):
    changed = TOKEN[:place] + character + TOKEN[place + 1 :]
    opened = open_seal(changed, RING.verify_key())
    assert opened == (FACTS if changed == TOKEN else None)


@pytest.mark.parametrize("token", ["", ".", "/verify/", "a.b", "x" * 500, "中文.签名", "====.===="])
def test_anything_else_is_refused(token):
    assert open_seal(token, RING.verify_key()) is None


def test_a_signature_made_for_something_else_is_no_seal():
    payload, _, _ = TOKEN.removeprefix("/verify/").partition(".")
    plain = seal_facts(
        FACTS, lambda message: RING.sign(message.removeprefix(b"kaohe certificate\0"))
    )
    assert plain.startswith("/verify/" + payload)
    assert open_seal(plain, RING.verify_key()) is None
