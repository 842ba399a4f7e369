"""The printed certificate, read back from its pixels and its text."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pypdfium2
import pytest
import zxingcpp
from reportlab.pdfbase.pdfmetrics import getFont

from registry.catalog.rules.subjects import Subject
from registry.keys import new_key_ring
from registry.typeface import register_fonts
from scoring.certificates.printing import print_certificates
from scoring.certificates.rules.face import CertificateFace
from scoring.certificates.rules.seal import SealedFacts, open_seal, seal_facts
from scoring.typeface import BOLD, REGULAR

RING = new_key_ring()
FACTS = SealedFacts("2610052001600001", "考**", 60, date(2026, 12, 20), "JS00000001")
FACE = CertificateFace(
    name="考生甲",
    gender="男",
    id_number="320505199003079994",
    project_name="充电桩运维管理",
    marks={Subject.THEORY: Decimal("78.0"), Subject.PRACTICAL: Decimal("81.5")},
    assessed_on=date(2026, 12, 5),
    issued_on=date(2026, 12, 20),
    issuer="苏州市职业技能鉴定中心",
    certificate_no=FACTS.certificate_no,
    blank_serial=FACTS.blank_serial,
    qr_text=seal_facts(FACTS, RING.sign),
    photo=None,
)


def page(pdf, number=0):
    return pypdfium2.PdfDocument(pdf)[number]


def text_of(pdf, number=0):
    return page(pdf, number).get_textpage().get_text_range()


def test_everything_the_certificate_states_is_on_the_page():
    text = text_of(print_certificates([FACE]))
    for words in (
        "专项职业能力证书",
        "考生甲",
        "320505199003079994",
        "充电桩运维管理",
        "理论知识 78.0 · 操作技能 81.5",
        "合格",
        "2026年12月20日",
        "2610052001600001",
        "JS00000001",
        "考核专用章",
    ):
        assert words in text
    assert "级" not in text  # no level anywhere


@pytest.mark.parametrize("demonstration", [False, True])
def test_the_code_on_the_page_opens_to_the_sealed_facts(demonstration):
    pdf = print_certificates(
        [FACE], verify_origin="https://kaohe.example", demonstration=demonstration
    )
    (code,) = zxingcpp.read_barcodes(page(pdf).render(scale=3).to_pil())
    assert code.text == "https://kaohe.example" + FACE.qr_text
    assert open_seal(code.text, RING.verify_key()) == FACTS


def test_the_watermark_stands_on_demonstrations_only():
    assert "演" in text_of(print_certificates([FACE], demonstration=True))
    assert "演" not in text_of(print_certificates([FACE]))


def test_the_same_certificate_gives_the_same_bytes():
    assert print_certificates([FACE]) == print_certificates([FACE])


def test_each_certificate_has_one_page():
    pdf = print_certificates([FACE, replace(FACE, name="考生乙")])
    assert len(pypdfium2.PdfDocument(pdf)) == 2
    assert "考生乙" in text_of(pdf, 1)


@pytest.mark.parametrize("font", [REGULAR, BOLD])
def test_rare_characters_of_names_have_their_own_glyphs(font):
    register_fonts()
    glyphs = getFont(font).face.charToGlyph
    assert all(glyphs.get(ord(character)) for character in "𬀩㛃·")


def test_a_long_name_stays_within_its_line():
    long = replace(FACE, name="阿卜杜热西提·买买提艾力·吐尔逊江·库尔班", project_name="示" * 30)
    image = page(print_certificates([long])).render(scale=1).to_pil().convert("L")
    width, height = image.size
    beyond = image.crop(
        (int(width * 252 / 297), int(height * 0.3), int(width * 275 / 297), height * 2 // 3)
    )
    assert beyond.getextrema()[0] > 120


def test_nothing_to_print_is_a_bug():
    with pytest.raises(ValueError, match="no certificate"):
        print_certificates([])
