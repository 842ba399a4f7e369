"""Figures as people send them: what is let in can be drawn, and nothing but a picture is kept."""

import io
import struct
import zlib

import numpy as np
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from item_bank.figure_drawing import figure_block
from item_bank.rules.figure import SVG_TYPE, check_svg
from item_bank.rules.raster import JPEG_TYPE, PNG_TYPE, RasterError, read_raster

GPS = "苏州"


def picture(mode="RGB", size=(60, 40), kind="PNG", **options):
    image = Image.new(mode, size)
    ink = 1 if mode in ("P", "1") else 200 if mode in ("L", "I;16") else (200, 30, 30, 255)
    image.paste(ink if isinstance(ink, int) else ink[: len(mode)], (0, 0, size[0] // 2, size[1]))
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def drawn(content, media_type, width_pt=100, highest_pt=100):
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=(200, 200))
    block = figure_block(content, media_type, width_pt, highest_pt, "Helvetica")
    block.drawOn(canvas, 0, 0)
    canvas.save()
    page = pypdfium2.PdfDocument(stream.getvalue())[0]
    return page.render(scale=1, grayscale=True).to_numpy().squeeze()


def svg(shapes, box="0 0 100 100"):
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">{shapes}</svg>'.encode()


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1"])
def test_a_png_of_any_common_kind_is_taken_and_printed(mode):
    raster = read_raster(picture(mode))
    assert (raster.media_type, raster.width_px, raster.height_px) == (PNG_TYPE, 60, 40)
    assert np.mean(drawn(raster.content, raster.media_type)[:130] > 250) == 1  # blank above
    assert np.mean(drawn(raster.content, raster.media_type) < 250) > 0.03


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 30}])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_jpeg_is_taken_and_printed(mode, options):
    raster = read_raster(picture(mode, kind="JPEG", **options))
    assert (raster.media_type, raster.width_px, raster.height_px) == (JPEG_TYPE, 60, 40)
    assert Image.open(io.BytesIO(raster.content)).tobytes()
    assert np.mean(drawn(raster.content, raster.media_type) < 250) > 0.03


def test_what_stands_beside_the_picture_is_dropped():
    exif = Image.Exif()
    exif[0x010E] = GPS
    exif[0x0112] = 6  # turned by 90 degrees
    jpeg = picture(kind="JPEG", exif=exif, comment=GPS.encode()) + GPS.encode()
    png = picture() + GPS.encode()
    chunk = b"tEXtplace\0" + GPS.encode()
    extra = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    png = png[:33] + extra + png[33:]
    for content in (jpeg, png):
        kept = read_raster(content)
        assert GPS.encode() not in kept.content
        assert Image.open(io.BytesIO(kept.content)).size == (60, 40)
        assert b"Exif" not in kept.content


def bomb():
    """A PNG whose pixels unfold to far more than its size."""

    def chunk(name, data):
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", 60, 40, 8, 2, 0, 0, 0)
    packed = zlib.compress(b"\0" * 40_000_000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (picture(size=(30, 40)), "30 × 40 像素"),
        (picture(size=(5000, 50)), "边长应为 40 至 4000"),
        (picture("CMYK", kind="JPEG"), "RGB 或灰度"),
        (picture("I;16"), "每通道 8 位"),
        (picture()[:-20], "不完整"),
        (picture(kind="JPEG")[:-30], "不完整"),
        (picture().replace(b"IDAT", b"IDAX"), "不完整"),
        (b"GIF89a", "SVG、PNG 或 JPEG"),
        (picture(kind="JPEG", size=(60, 40))[:4], "不完整"),
        (b"\x89PNG\r\n\x1a\n", "不完整"),
        (b"\xff\xd8\xff" + bytes(3_000_000), "超过 2 MB"),
        (bomb(), "不完整"),
    ],
)
def test_what_is_broken_strange_or_too_large_is_refused_with_the_reason(content, said):
    with pytest.raises(RasterError, match=said):
        read_raster(content)


@given(st.data())
@settings(max_examples=200)
def test_a_damaged_picture_is_refused_or_still_a_picture(data):
    content = bytearray(data.draw(st.sampled_from([picture(), picture(kind="JPEG")])))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(3, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        raster = read_raster(bytes(content))
    except RasterError:
        return
    assert raster.width_px >= 40


@pytest.mark.parametrize(
    "shape",
    [
        '<path d="M1 2 L3"/>',
        '<path d="1 2 L3 4"/>',
        '<path d="M1 1Z 2 2"/>',
        '<path d="M1 1 V"/>',
        '<path d=""/>',
        '<polygon points="1 2 3"/>',
        '<circle cx="1 2" cy="3" r="4"/>',
        '<rect width="100%" height="1"/>',
    ],
)
def test_a_shape_that_cannot_be_drawn_is_refused(shape):
    assert check_svg(svg(shape)) != ()


@pytest.mark.parametrize("box", ["0 0 100", "0 0 0 10", "0 0 -5 10", "0,0,10,10,10", "a b c d"])
def test_a_figure_without_an_area_is_refused(box):
    assert check_svg(svg("", box)) != ()


NUMBERS = st.integers(-50, 150).map(str) | st.floats(-50, 150, width=16).map(lambda n: f"{n:.2f}")
PAINTS = st.sampled_from(["none", "#000", "#1a2b3c"])


@st.composite
def shapes(draw):
    name = draw(st.sampled_from(["line", "rect", "circle", "ellipse", "path", "polygon", "text"]))
    attributes = {
        key: draw(NUMBERS)
        for key in draw(
            st.lists(
                st.sampled_from(
                    [
                        "x",
                        "y",
                        "x1",
                        "y1",
                        "x2",
                        "y2",
                        "cx",
                        "cy",
                        "r",
                        "rx",
                        "ry",
                        "width",
                        "height",
                    ]
                )
            )
        )
    }
    attributes |= {key: draw(PAINTS) for key in draw(st.lists(st.sampled_from(["fill", "stroke"])))}
    if name == "path":
        steps = draw(
            st.lists(st.sampled_from(["M1 2", "l3 4 5 6", "H7", "v-8", "C1 2 3 4 5 6", "z"]))
        )
        attributes["d"] = " ".join(steps)
    if name == "polygon":
        attributes["points"] = " ".join(draw(st.lists(NUMBERS, max_size=6)))
    written = " ".join(f'{key}="{value}"' for key, value in attributes.items())
    return f"<{name} {written}>字</{name}>"


@given(st.lists(shapes(), max_size=4), st.sampled_from(["none", "#000"]))
@settings(max_examples=150)
def test_every_figure_that_is_let_in_can_be_drawn(parts, fill):
    content = svg(f'<g fill="{fill}" stroke="#000">{"".join(parts)}</g>')
    if check_svg(content) == ():
        assert drawn(content, SVG_TYPE).shape == (200, 200)


def test_a_tall_figure_stays_within_its_height():
    for content, kind in ((svg("", "0 0 10 1000"), SVG_TYPE), (picture(size=(50, 900)), PNG_TYPE)):
        block = figure_block(content, kind, 100, 80, "Helvetica")
        assert block.wrap(500, 500)[1] == pytest.approx(80)


def test_a_long_number_is_judged_at_once():
    assert check_svg(svg(f'<line stroke-dasharray="{"1" * 5000}x"/>')) != ()
