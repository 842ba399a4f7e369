"""Bytes to text: UTF-8, UTF-16 and GB 18030, told apart by their bytes; others are refused."""

import codecs

from item_bank.exchange.records import UnreadableFileError

BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decoded(content: bytes) -> str:
    """Return the text of a file, line ends made ``\\n``."""
    for bom, encoding in BOMS:
        if content.startswith(bom):
            return _unified(_strict(content[len(bom) :], encoding))
    if b"\0" in content:
        return _unified(_strict(content, _utf_16_of(content)))
    try:
        return _unified(content.decode("utf-8"))
    except UnicodeDecodeError:
        return _unified(_strict(content, "gb18030"))


def _utf_16_of(content: bytes) -> str:
    """Tell the byte order by where the zero bytes of ASCII signs stand."""
    even, odd = content[0::2].count(0), content[1::2].count(0)
    return "utf-16-le" if odd >= even else "utf-16-be"


def _strict(content: bytes, encoding: str) -> str:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as fault:
        reason = "文字编码无法识别；请存为 UTF-8、UTF-16 或 GB 18030。"
        raise UnreadableFileError(reason, f"第 {fault.start + 1} 字节") from fault
    if "\0" in text:
        raise UnreadableFileError("不是文本文件。")
    return text


def _unified(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
