"""Files in, pages or named failures out: nothing is lost and nothing raises."""

import io

import cv2
import numpy as np
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from support.drawn_cards import FONTS, card_holder, card_layout, clean_card, read

from omr.batch_reading.keeping import kept_page
from omr.printing import print_cards
from omr.reader.loading import LoadedPage, LoadFailure, load_images
from omr.rehearsal.scanner import encode_jpeg
from omr.rules.reasons import PageReason


def png(image) -> bytes:
    return cv2.imencode(".png", image)[1].tobytes()


def saved(kind, *images, **options) -> bytes:
    stream = io.BytesIO()
    pages = [Image.fromarray(image) for image in images]
    if options.pop("bilevel", False):
        pages = [page.convert("1") for page in pages]
    pages[0].save(stream, kind, save_all=True, append_images=pages[1:], **options)
    return stream.getvalue()


def scanned_pdf(*images) -> bytes:
    document = pypdfium2.PdfDocument.new()
    for image in images:
        page = document.new_page(595, 842)
        picture = pypdfium2.PdfImage.new(document)
        picture.load_jpeg(io.BytesIO(encode_jpeg(image, 85)), inline=True)
        picture.set_matrix(pypdfium2.PdfMatrix().scale(595, 842))
        page.insert_obj(picture)
        page.gen_content()
    stream = io.BytesIO()
    document.save(stream)
    document.close()
    return stream.getvalue()


@pytest.mark.parametrize("encode", [png, lambda image: encode_jpeg(image, 90)])
def test_single_images_become_one_grey_page(encode):
    (page,) = load_images(encode(clean_card()), "a")
    assert isinstance(page, LoadedPage)
    assert page.image.shape == clean_card().shape
    assert np.abs(page.image.astype(int) - clean_card()).mean() < 3


def test_colour_images_become_grey():
    colour = cv2.cvtColor(np.ascontiguousarray(clean_card()), cv2.COLOR_GRAY2BGR)
    (page,) = load_images(png(colour), "a")
    assert page.image.ndim == 2


def test_every_frame_of_a_tiff_becomes_a_page():
    grey = list(load_images(saved("TIFF", clean_card(1), clean_card(2)), "a"))
    faxed = list(
        load_images(
            saved("TIFF", clean_card(1), clean_card(2), bilevel=True, compression="group4"), "a"
        )
    )
    assert [page.number for page in grey] == [1, 2]
    assert [page.number for page in faxed] == [1, 2]
    assert set(np.unique(faxed[1].image)) == {0, 255}


def test_scanned_pdf_gives_the_images_it_was_made_of():
    pages = list(load_images(scanned_pdf(clean_card(1), clean_card(2), clean_card(3)), "a"))
    assert [page.number for page in pages] == [1, 2, 3]
    assert pages[0].image.shape == clean_card(1).shape


def test_a_fine_scan_is_decoded_at_half_and_kept_as_the_scanner_made_it():
    fine = cv2.resize(clean_card(), None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    jpeg = encode_jpeg(fine, 85)
    (alone,) = load_images(jpeg, "a")
    (from_pdf,) = load_images(scanned_pdf(fine), "a")
    for page in (alone, from_pdf):
        assert page.image.shape == clean_card().shape
        assert np.abs(page.image.astype(int) - clean_card()).mean() < 3
        reading = read(page.image)
        assert reading.serial == card_holder(1).serial
        assert kept_page(page, reading).jpeg == jpeg


def test_drawn_pdf_is_rendered():
    pdf = print_cards(card_layout(), [card_holder(1), card_holder(2)], **FONTS)
    pages = list(load_images(pdf, "a"))
    assert [page.number for page in pages] == [1, 2]
    assert pages[0].image.shape == pytest.approx((2339, 1654), abs=2)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", PageReason.UNKNOWN_TYPE),
        (b"hello, this is a letter", PageReason.UNKNOWN_TYPE),
        (b"PK\x03\x04 a workbook", PageReason.UNKNOWN_TYPE),
        (b"%PDF-1.7 and nothing else", PageReason.UNREADABLE_FILE),
        (b"II*\x00" + bytes(200), PageReason.UNREADABLE_FILE),
        (b"\xff\xd8\xff" + bytes(500) + b"\xff\xd9", PageReason.UNREADABLE_FILE),
    ],
)
def test_what_is_no_scan_is_named(data, reason):
    (failure,) = load_images(data, "a")
    assert isinstance(failure, LoadFailure)
    assert failure.reason is reason


@pytest.mark.parametrize("encode", [png, lambda image: encode_jpeg(image, 90)])
def test_cut_off_files_are_named(encode):
    data = encode(clean_card())
    (failure,) = load_images(data[: len(data) // 2], "a")
    assert failure.reason is PageReason.TRUNCATED_FILE


def test_giant_images_are_refused_before_they_are_decoded():
    stream = io.BytesIO()
    Image.new("1", (20000, 8000)).save(stream, "PNG")
    (failure,) = load_images(stream.getvalue(), "a")
    assert failure.reason is PageReason.TOO_LARGE


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"%PDF-", b""]), st.binary())
def test_no_bytes_make_the_loader_raise(start, rest):
    for page in load_images(start + rest, "a"):
        assert isinstance(page, LoadedPage | LoadFailure)
