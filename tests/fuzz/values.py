"""Values that no page of ours would send, and plausible ones, so that a form gets past its first check."""

import random
from uuid import UUID

MARK = b"<clewxss>"
QUOTE = b'" clewq="'
HUGE = 1_000_000

SPELLED = tuple(
    text.encode("utf-8", "surrogatepass")
    for text in (
        "", " ", "\0", "a\0b", "\ud800", "\udfff\ud800", "😀👨‍👩‍👧‍👦", "\u202eلمن", "\u200f\u200b", "\u2028\u2029", "\ufeff",
        "Z\u0351\u0325" * 300, "9" * 40, "9" * 5000, "-1", "0", "-0", "00", "1e309", "-1e309", "NaN", "Infinity", "1.5", "0x10",
        "１２３", "٣٤", "²", "½", "一二三", "2147483648", "-2147483649", "9223372036854775808", "99999999999999999999",
        "2026-02-30", "0001-01-01", "0000-00-00", "9999-12-31", "9999-12-31T23:59", "10000-01-01", "2026-11-24T25:61",
        "1900-01-01T00:00:00+99:99", "24:00", "tomorrow", "true", "null", "None", "undefined", "[]", "{}", "[[[[", '{"a":1}',
        "' OR 1=1 --", "'; drop table access_member; --", "%", "%%", "%s%s%n", "_", "\\", "\\\\", "$(id)", "`id`", "{{7*7}}",
        "{% debug %}", "../../../etc/passwd", "..\\..\\x", "//evil.example", "https://evil.example", "javascript:alert(1)",
        "a\r\nSet-Cookie: a=b", "a\nb", "\t", "\r", "\x1b[31m", "\x7f", "é" * 3000, "x" * 201, "x" * 5001, "x" * 70_000,
        "a:b:c", "None:None", "ß", "İ", "ﬃ", "+86 138 0000 0000", "1.38E+10", "=1+1", "@SUM(A1)", "-2+3|cmd", "\uff1d1",
        "00000000-0000-0000-0000-000000000000", "zh-hans", "dark", "on", "off", "administrator", "won", "lost",
    )
)  # fmt: skip
ODD = (
    *SPELLED,
    b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\x80" * 50, b"\xc0\xaf",
    MARK, b"'" + MARK, b'">' + MARK, QUOTE, b"'" + QUOTE, b"</textarea>" + MARK, b"</script>" + MARK, b"<!--" + MARK,
)  # fmt: skip


def odd(chance: random.Random) -> bytes:
    """A hostile value; one in three hundred is a megabyte long."""
    if chance.random() < 0.003:
        return chance.choice([b"x", b"1", "汉".encode(), b"<", b"\xff"]) * (HUGE // 3)
    if chance.random() < 0.1:
        return bytes(chance.randrange(256) for _ in range(chance.randrange(1, 40)))
    if chance.random() < 0.1:
        return chance.choice(ODD)[:200] + chance.choice(ODD)[:200]
    return chance.choice(ODD)


def likely(name: str, default: bytes, options: list[bytes], chance: random.Random) -> bytes:
    """What somebody might really type into a field of this name."""
    if options:
        return chance.choice(options)
    for word, make in LIKELY.items():
        if word in name:
            return make(chance)
    return default if default and chance.random() < 0.7 else chance.choice(WORDS)


def unique(chance: random.Random) -> bytes:
    """A nonce."""
    return str(UUID(int=chance.getrandbits(128), version=4)).encode()


def _phone(chance: random.Random) -> bytes:
    return f"13{chance.randrange(10**9):09}".encode()


def _number(chance: random.Random) -> bytes:
    return str(chance.choice([0, 1, 2, 5, 20, 100])).encode()


WORDS = tuple(
    word.encode() for word in ("张三", "要 3 台", "Anna", "fair", "servo", "400W 急", "苏州", "x")
)
LIKELY = {
    "once": unique,
    "call_id": unique,
    "phone": _phone,
    "reach": _phone,
    "email": lambda c: f"a{c.randrange(10**6)}@example.com".encode(),
    "wechat": lambda c: f"servo_{c.randrange(10**6)}".encode(),
    "password": lambda _: b"three blue herons",
    "username": lambda c: f"user{c.randrange(10**6)}".encode(),
    "key": lambda c: f"key-{c.randrange(10**6)}".encode(),
    "slug": lambda c: f"form-{c.randrange(10**6)}".encode(),
    "weight": _number,
    "capacity": _number,
    "cost": _number,
    "_at": lambda c: f"2026-12-{c.randrange(1, 29):02}T10:00".encode(),
    "date": lambda c: f"2026-12-{c.randrange(1, 29):02}".encode(),
    "next": lambda _: b"/leads",
}
