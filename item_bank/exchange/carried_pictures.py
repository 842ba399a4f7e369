"""Pictures that travel with an item in markup: beside it in a package, or written into the file."""

import base64
import binascii
import re
from collections.abc import Callable

from item_bank.exchange.html_text import HtmlText
from item_bank.exchange.item_draft import ItemDraft
from item_bank.exchange.pictures import MAX_PICTURE_BYTES, Picture, picture_of
from item_bank.exchange.records import FigureLink

DATA = re.compile(r"data:image/[\w.+-]{1,40}(?:;charset=[\w-]{1,20})?;base64,", re.I)
ENDINGS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/svg+xml": "svg",
}
Media = Callable[[str], bytes | None]


def no_media(_: str) -> bytes | None:
    """Find nothing: the file carries no pictures beside its items."""
    return None


def take_text(draft: ItemDraft, found: HtmlText, media: Media, where: str | None = None) -> str:
    """Return the text of a stem; its pictures and losses go to the draft."""
    for image in found.images:
        content = _content(image.source, media)
        kept: Picture | str = f"图片“{image.name}”没有导入"
        if content is not None:
            kept = picture_of(file_name(image.source), content, image.description)
        if isinstance(kept, Picture):
            draft.pictures.append(kept)
        else:
            draft.warn(f"{kept}。", where)
    draft.caption = draft.caption or found.caption
    for name in found.lost:
        draft.warn(f"{name}没有导入。", where)
    return found.text


def take_bare_text(draft: ItemDraft, found: HtmlText, where: str | None = None) -> str:
    """Return a text that can have no picture: of an option, an explanation, a plain file."""
    for image in found.images:
        draft.warn(f"选项或解析中的图片“{image.name}”没有导入。", where)
    for name in found.lost:
        draft.warn(f"{name}没有导入。", where)
    return found.text


def decoded_base64(text: str) -> bytes | None:
    """Return bytes written as base64; None when they are none or too many."""
    bare = re.sub(r"\s+", "", text)
    if len(bare) > MAX_PICTURE_BYTES * 2:
        return None
    try:
        return base64.b64decode(bare, validate=True)
    except (binascii.Error, ValueError):
        return None


def file_name(source: str) -> str:
    """Return the name at the end of an address; written-in pictures have none."""
    return "图片" if DATA.match(source) else source.rpartition("/")[2][:60] or "图片"


def _content(source: str, media: Media) -> bytes | None:
    written = DATA.match(source)
    return decoded_base64(source[written.end() :]) if written else media(source)


def packed_name(figure: FigureLink) -> str:
    """Return the name under which a figure travels: its hash, so that equal ones are one file."""
    return f"{(figure.file_hash or '')[:32]}.{ENDINGS.get(figure.media_type, 'bin')}"
