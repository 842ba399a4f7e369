"""Config Key and settings files against the public description and its published vectors."""

import gzip
import hashlib
import plistlib
from datetime import UTC, datetime

import pytest

from exam_server.seb.config_key import config_key, matches_any, seb_json, shown_hash
from exam_server.seb.room_settings import room_settings
from exam_server.seb.settings_file import (
    UnreadableFileError,
    plain_file,
    read_settings_file,
    seal,
    sealed_file,
    unseal,
)

SETTINGS = room_settings("https://192.168.1.10:8443", 7, "leave-now")


def test_names_are_sorted_without_case_and_nothing_is_escaped() -> None:
    settings = {
        "URLFilterRules": [{"regex": False, "expression": 'a/"b"\\c', "action": 1}],
        "allowQuit": True,
        "originatorVersion": "SEB_Win_2.2.3",
        "prohibited": {},
        "Salt": b"\x00\xff",
        "allowFlash": 0,
    }
    assert seb_json(settings) == (
        '{"allowFlash":0,"allowQuit":true,"Salt":"AP8=",'
        '"URLFilterRules":[{"action":1,"expression":"a/"b"\\c","regex":false}]}'
    )


def test_the_program_that_wrote_the_settings_does_not_change_the_key() -> None:
    named = {**SETTINGS, "originatorVersion": "SEB_OSX_2.1.4"}
    assert config_key(named) == config_key(SETTINGS)
    assert config_key({**SETTINGS, "allowQuit": False}) != config_key(SETTINGS)


def test_the_key_is_the_hash_of_that_text() -> None:
    text = '{"a":1,"B":"考场"}'
    assert config_key({"B": "考场", "a": 1}) == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("value", [0.5, datetime(2026, 12, 5, tzinfo=UTC), None])
def test_what_systems_write_differently_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        seb_json({"key": value})


def test_a_room_uses_nothing_that_systems_write_differently_and_its_last_name_is_kept() -> None:
    assert seb_json(SETTINGS).endswith('"zoomMode":0}')
    for kept in ("removeBrowserProfile", "removeLocalStorage", "examSessionClearCookiesOnEnd"):
        assert SETTINGS[kept] is False  # else the journal goes with the browser's cache
    assert SETTINGS["hashedQuitPassword"] == hashlib.sha256(b"leave-now").hexdigest()


def test_the_key_survives_the_way_through_the_file() -> None:
    for content, password in (
        (plain_file(SETTINGS), ""),
        (sealed_file(SETTINGS, "open sesame"), "open sesame"),
    ):
        assert config_key(read_settings_file(content, password)) == config_key(SETTINGS)


def test_files_are_built_as_described() -> None:
    plain = gzip.decompress(plain_file(SETTINGS))
    assert plain[:4] == b"plnd"
    assert plistlib.loads(gzip.decompress(plain[4:])) == SETTINGS
    sealed = gzip.decompress(sealed_file(SETTINGS, "open sesame"))
    assert sealed[:6] == b"pswd\x02\x01"
    assert b"startURL" not in sealed


def test_a_wrong_password_or_an_altered_byte_opens_nothing() -> None:
    content = sealed_file(SETTINGS, "open sesame")
    with pytest.raises(UnreadableFileError):
        read_settings_file(content, "open barley")
    body = bytearray(gzip.decompress(content))
    body[60] ^= 1
    with pytest.raises(UnreadableFileError):
        read_settings_file(gzip.compress(bytes(body)), "open sesame")


@pytest.mark.parametrize(
    ("password", "plain", "sealed"),
    [
        (
            "a",
            "",
            "03010000000000000000000000000000000000000000000000000000000000000000"
            "b3039be31cd7ece5e754f5c8da17003666313ae8a89ddcf8e3cb41fdc130b232"
            "9dbe07d6f4d32c34e050c8bd7e933b12",
        ),
        (
            "thepassword",
            "01",
            "03010001020304050607010203040506070802030405060708090a0b0c0d0e0f0001"
            "a1f8730e0bf480eb7b70f690abf21e029514164ad3c474a51b30c7eaa1ca545b"
            "7de3de5b010acbad0a9a13857df696a8",
        ),
    ],
)
def test_the_seal_equals_the_published_vectors(password: str, plain: str, sealed: str) -> None:
    """Vectors of RNCryptor's version 3: the layout of 2 with another first byte."""
    whole = bytes.fromhex(sealed)
    salts = whole[2:10], whole[10:18], whole[18:34]
    assert seal(bytes.fromhex(plain), password, *salts, header=b"\x03\x01") == whole
    assert unseal(whole, password).hex() == plain


def test_a_shown_hash_belongs_to_one_address_without_its_fragment() -> None:
    key = config_key(SETTINGS)
    shown = shown_hash("https://room/seb/verify/1#top", key)
    assert matches_any(shown.upper(), "https://room/seb/verify/1", ["0" * 64, key])
    assert not matches_any(shown, "https://room/seb/verify/2", [key])
