"""Word documents made for tests: the few parts a reader needs, around a given body."""

import io
import struct
import zipfile
import zlib
from xml.sax.saxutils import escape

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
SPACES = (
    f'xmlns:w="{W}" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
)
MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
MACROS = "application/vnd.ms-word.document.macroEnabled.main+xml"


def run(text, settings=""):
    return f'<w:r><w:rPr>{settings}</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def paragraph(*parts, settings=""):
    """Return a paragraph; parts are texts or, beginning with <, XML."""
    inside = "".join(part if part.startswith("<") else run(part) for part in parts)
    return f"<w:p><w:pPr>{settings}</w:pPr>{inside}</w:p>"


def table(*rows):
    made = []
    for row in rows:
        cells = "".join(
            cell if cell.startswith("<w:tc>") else f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row
        )
        made.append(f"<w:tr>{cells}</w:tr>")
    return f"<w:tbl>{''.join(made)}</w:tbl>"


def picture(relation, description=""):
    return (
        f'<w:r><w:drawing><wp:inline><wp:docPr id="1" name="图" descr="{description}"/>'
        f'<a:blip r:embed="{relation}"/></wp:inline></w:drawing></w:r>'
    )


def document(*blocks, kind=MAIN, media=(), **parts):
    """Return the bytes of a document; ``media`` holds (name, bytes), related as rId1, rId2, …"""
    body = "".join(block if block.startswith("<") else paragraph(block) for block in blocks)
    relations = "".join(
        f'<Relationship Id="rId{number}" Type="image" Target="media/{name}"/>'
        for number, (name, _) in enumerate(media, start=1)
    )
    types = f'<Types><Override PartName="/word/document.xml" ContentType="{kind}"/></Types>'
    entries = {
        "[Content_Types].xml": types,
        "word/document.xml": f"<w:document {SPACES}><w:body>{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": f"<Relationships>{relations}</Relationships>",
        **{
            f"word/{name}.xml": f"<w:{name} {SPACES}>{xml}</w:{name}>"
            for name, xml in parts.items()
        },
        **{f"word/media/{name}": content for name, content in media},
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


def png(width=2, height=2, colour=b"\x20\x60\xa0"):
    """Return a small picture of one colour."""
    rows = b"".join(b"\0" + colour * width for _ in range(height))
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ]
    made = b"".join(
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
        for name, content in parts
    )
    return b"\x89PNG\r\n\x1a\n" + made
