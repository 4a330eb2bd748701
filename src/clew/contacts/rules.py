"""What may be shown of the ways of reaching a person, and of what they wrote."""

import re

from clew.capture.ways import Way

WRITTEN_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
DIGITS = re.compile(r"(?<!\d)(?:\+?\d[\d\- ]{5,}\d)(?!\d)")


def tail(way: Way) -> str | None:
    """Give the last four digits of a phone number, for searching."""
    return way.value.partition(",")[0][-4:] if way.kind == "phone" else None


def mask(kind: str, value: str) -> str:
    """Hide the middle: 138****5678, z****@host.example, zhou****jg."""
    if kind == "phone":
        national = value.partition(",")[0].removeprefix("+86")
        return f"{national[:3]}****{national[-4:]}"
    if kind == "email":
        name, _, host = value.partition("@")
        return f"{name[:1]}****@{host}"
    return f"{value[:4]}****{value[-2:]}" if len(value) > 8 else f"{value[:1]}****"


def interest(message: str) -> str:
    """Give what they want in one line of at most 200 characters, without numbers to reach them by."""
    return veil(" ".join(message.split()))[:200]


def veil(text: str) -> str:
    """Hide phone numbers and e-mail addresses within a text; part numbers and quantities stay."""
    text = DIGITS.sub(_hidden, text)
    return WRITTEN_EMAIL.sub("****", text) if "@" in text else text


def _hidden(match: re.Match[str]) -> str:
    digits = sum(c.isdigit() for c in match[0])
    return "****" if digits >= 10 or (digits >= 7 and match[0][0] in "+0") else match[0]
