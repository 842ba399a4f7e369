"""Printed pages as PNG images of a stated resolution."""

import io
from collections.abc import Iterator

import pypdfium2
from PIL import Image

from omr.reader.blank import render_page


def blank_pngs(pdf: bytes, dpi: float) -> Iterator[bytes]:
    """Yield every page of a PDF as a grey PNG that knows its resolution."""
    document = pypdfium2.PdfDocument(pdf)
    pages = len(document)
    document.close()
    for index in range(pages):
        stream = io.BytesIO()
        Image.fromarray(render_page(pdf, dpi=dpi, index=index)).save(stream, "PNG", dpi=(dpi, dpi))
        yield stream.getvalue()
