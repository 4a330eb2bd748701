"""From bytes to lines, whatever the encoding, even when it changes within the file.

Text is told from text line by line: UTF-8, else the encoding that most of the file is in. What is
neither keeps its bytes as lone surrogates, so that the row can be refused and nothing is guessed.
"""

import codecs
import io
import re
from collections.abc import Iterator
from typing import BinaryIO

CHINESE = "gb18030"
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", CHINESE, "big5", "cp1252")
LONGEST_LINE = 1_000_000  # bytes
CUT = "\x00\x01\x00"  # stands where a line was too long to be kept
SUSPECT = re.compile("[\x00\udc80-\udcff]")
_AT_ONCE = 1 << 18
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BROKEN = re.compile("[\udc80-\udcff]")
_WIDE = re.compile("[\u0800-\ud7ff\ue000-\uffff]")
_HIGH = re.compile(rb"[\x80-\xff]+")

codecs.register_error("clew-keep", lambda error: ("\udcff", getattr(error, "end", 0)))


def guess(head: bytes) -> str:
    """Say in which encoding most of a file is, by its first bytes."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    wide = _wide(head)
    if wide:
        return wide
    lines = [line for line in head.splitlines()[:-1] or [head] if not line.isascii()]
    others = [line for line in lines if not _is(line, "utf-8")]
    if len(others) * 2 <= len(lines):
        return "utf-8"
    return _eastern_or_western(b"\n".join(others))


def _wide(head: bytes) -> str:
    even, odd = head[0::2].count(0), head[1::2].count(0)
    for name, many, few in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if many * 50 > len(head) and few * 10 < many and _reads_well(head, name):
            return name
    return ""


def _reads_well(head: bytes, name: str) -> bool:
    text = head[: len(head) // 2 * 2].decode(name, "replace")
    strange = sum(1 for c in text if c == "\ufffd" or (c < " " and c not in "\t\r\n"))
    return strange * 50 < len(text)


def _eastern_or_western(text: bytes) -> str:
    runs = _HIGH.findall(text)
    single = sum(1 for run in runs if len(run) == 1)
    if single * 5 > len(runs) * 4 and _is(text, "cp1252"):
        return "cp1252"
    if _common(text, "gb18030", "gb2312") < 0.7 < _common(text, "cp950", "big5"):
        return "big5"
    return CHINESE


def _common(text: bytes, name: str, everyday: str) -> float:
    high = [c for c in text.decode(name, "ignore") if c > "\x7f"]
    known = [c for c in high if _can(c, everyday)]
    return len(known) / max(len(high), 1)


def _can(character: str, name: str) -> bool:
    try:
        return character.encode(name)[0] < (0xD8 if name == "gb2312" else 0xC7)
    except UnicodeEncodeError:
        return False


def _is(line: bytes, name: str) -> bool:
    try:
        line.decode(name)
    except UnicodeDecodeError:
        return False
    return True


class Lines:
    """The lines of a stream with their ends, each at most a million characters long."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        """Begin at the stream's start."""
        self._stream = stream
        self._encoding = encoding
        self.is_suspect = False  # something so far cannot be text

    def __iter__(self) -> Iterator[str]:
        """Give line by line."""
        for block in _whole_lines(self._chunks()):
            text = _decode(block, self._encoding)
            if not self.is_suspect and SUSPECT.search(text):
                self.is_suspect = True
            if "\ufeff" in text:
                text = text.replace("\ufeff", "")
            yield from io.StringIO(text, newline="")

    def _chunks(self) -> Iterator[bytes]:
        recode = codecs.getincrementaldecoder(self._encoding)("clew-keep")
        while chunk := self._stream.read(_AT_ONCE):
            if self._encoding.startswith("utf-16"):
                chunk = recode.decode(chunk).encode("utf-8", "surrogateescape")
            yield chunk
        if self._encoding.startswith("utf-16"):
            yield recode.decode(b"", final=True).encode("utf-8", "surrogateescape")


def _whole_lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    rest, is_skipping = b"", False
    for chunk in chunks:
        rest += chunk
        if is_skipping:
            rest, is_skipping = _skip(rest)
        end = max(rest.rfind(b"\n"), rest.rfind(b"\r", 0, -1)) + 1
        if end:
            yield from _cut(rest[:end])
            rest = rest[end:]
        if len(rest) > LONGEST_LINE:
            yield _stump(rest)
            rest, is_skipping = b"", True
    if rest:
        yield from _cut(rest)


def _skip(rest: bytes) -> tuple[bytes, bool]:
    found = re.search(rb"\r\n?|\n", rest)
    if found is None or (found[0] == b"\r" and found.end() == len(rest)):
        return rest[found.start() :] if found else b"", True
    return rest[found.end() :], False


def _cut(block: bytes) -> Iterator[bytes]:
    if len(block) <= LONGEST_LINE:
        yield block
        return
    for line in block.splitlines(keepends=True):
        yield line if len(line) <= LONGEST_LINE else _stump(line)


def _stump(line: bytes) -> bytes:
    head = line[:200].decode("utf-8", "ignore").translate({34: None, 39: None})
    return (head + CUT + "\n").encode()


def _decode(block: bytes, encoding: str) -> str:
    if block.isascii():
        return block.decode("ascii")
    if encoding.startswith("utf"):
        try:
            return block.decode("utf-8")
        except UnicodeDecodeError:
            pass
    return "".join([_line(line, encoding) for line in block.splitlines(keepends=True)])


def _line(line: bytes, encoding: str) -> str:
    other = CHINESE if encoding.startswith("utf") else encoding
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        return _not_utf8(line, other)
    if other == encoding and other != "cp1252" and not _WIDE.search(text):
        return _not_utf8(line, other)  # two bytes of Chinese can look like one Latin letter
    return text


def _not_utf8(line: bytes, encoding: str) -> str:
    broken = line.decode("utf-8", "surrogateescape")
    if len(_WIDE.findall(broken)) * 3 >= len(_BROKEN.findall(broken)) > 0:
        return broken  # most of it is UTF-8: a damaged line, not another encoding
    try:
        return line.decode("cp950" if encoding == "big5" else encoding)
    except UnicodeDecodeError:
        return broken
