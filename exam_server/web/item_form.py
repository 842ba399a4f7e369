"""Reads the form of the item editor; what is missing or strange becomes an empty field."""

from werkzeug.datastructures import FileStorage, MultiDict

from exam_server.web import forms
from item_bank.rules.figure import SVG_TYPE, check_svg
from item_bank.rules.item import Figure
from item_bank.rules.item_fields import ItemFields, OptionField
from item_bank.rules.kinds import ItemKind
from item_bank.rules.raster import MAX_RASTER_BYTES, RasterError, is_raster, read_raster


def read_fields(form: MultiDict[str, str]) -> ItemFields:
    """Return the fields of the editor."""
    keys, locked = set(form.getlist("key")), set(form.getlist("locked"))
    return ItemFields(
        kind=forms.read_choice(form, "kind", "题型", ItemKind),
        point=_code(form.get("point", "")),
        difficulty=_number(form, "difficulty"),
        stem=_text(form, "stem"),
        options=tuple(
            OptionField(_lines(text), str(place) in keys, str(place) in locked)
            for place, text in enumerate(form.getlist("option"))
        ),
        verdict=form.get("verdict", ""),
        rationale=_text(form, "rationale"),
        source=_text(form, "source"),
        figure=_named_figure(form),
    )


def read_base(form: MultiDict[str, str]) -> int:
    """Return the number of the version that was edited."""
    return _number(form, "base")


def read_upload(sent: FileStorage | None) -> tuple[bytes, str] | None:
    """Return the bytes of a figure and its type; None when no file was chosen."""
    if sent is None or not sent.filename:
        return None
    content = sent.stream.read(MAX_RASTER_BYTES + 1)
    if is_raster(content):
        try:
            raster = read_raster(content)
        except RasterError as fault:
            raise forms.problem("插图", str(fault)) from fault
        return raster.content, raster.media_type
    if reasons := check_svg(content):
        raise forms.problem("插图", "".join(reasons))
    return content, SVG_TYPE


def read_figure(form: MultiDict[str, str], digest: str) -> Figure:
    """Return a figure with its texts; its type is known to the item, not to the form."""
    return Figure(digest, "", _text(form, "figure_description"), _text(form, "figure_caption"))


def _named_figure(form: MultiDict[str, str]) -> Figure | None:
    digest = form.get("figure", "")
    return read_figure(form, digest) if digest and not form.get("figure_removed") else None


def _code(words: str) -> str:
    """Return the code of a point; the list of the field offers it with its name."""
    return (words.split() or [""])[0].upper()


def _text(form: MultiDict[str, str], name: str) -> str:
    return _lines(form.get(name, ""))


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _number(form: MultiDict[str, str], name: str) -> int:
    text = form.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 6 else 0
