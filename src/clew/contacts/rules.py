"""Ways of reaching a person: normalising, masking, and telling whether two are the same."""

import re
from dataclasses import dataclass

import phonenumbers

MOBILE = re.compile(r"(?:\+?86|0086)?0?(1[3-9]\d{9})")
EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")
WRITTEN_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
SEPARATOR = re.compile(r"[,，;；/、\n]+")
EXTENSION = re.compile(r"(?:转|ext\.?|x|#)\s*(\d{1,6})$", re.IGNORECASE)
DIGITS = re.compile(r"(?<!\d)(?:\+?\d[\d\- ]{5,}\d)(?!\d)")
WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " "}
JUNK = str.maketrans("", "", " -()\t\u00a0\u200b.")


@dataclass(frozen=True, slots=True)
class Way:
    """One way of reaching a person: kind is phone, email or wechat; value is normalised."""

    kind: str
    value: str


def ways(phone: str, email: str, wechat: str) -> list[Way]:
    """Normalise all given ways, best for telling people apart first. Unusable ones are left out."""
    found = [
        Way("phone", number) for part in SEPARATOR.split(phone) if (number := normal_phone(part))
    ]
    if wechat and (value := narrow(wechat).strip().lower()):
        found.append(Way("wechat", value))
    if email and EMAIL.fullmatch(value := narrow(email).strip().lower()):
        found.append(Way("email", value))
    return list(dict.fromkeys(found))


def narrow(text: str) -> str:
    """Turn full-width characters into the plain ones; most text has none."""
    return text if text.isascii() else text.translate(WIDE)


def normal_phone(text: str) -> str | None:
    """Give a number in E.164, with a comma before an extension; None where it cannot be one."""
    if MOBILE.fullmatch(text):
        return "+86" + text[-11:]
    plain = narrow(text).strip()
    match = MOBILE.fullmatch(plain.translate(JUNK))
    return "+86" + match[1] if match else _parsed_phone(plain)


def _parsed_phone(text: str) -> str | None:
    extension = EXTENSION.search(text)
    if extension:
        text = text[: extension.start()]
    if not any(c.isdigit() for c in text):
        return None
    try:
        number = phonenumbers.parse(text, "CN")
    except phonenumbers.NumberParseException:
        return None
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{e164},{extension[1]}" if extension else e164


def tail(way: Way) -> str | None:
    """Give the last four digits of a phone number, for searching."""
    return way.value.partition(",")[0][-4:] if way.kind == "phone" else None


def mask(kind: str, value: str) -> str:
    """Hide the middle: 138****5678, z****@host.example, zhou****jg."""
    if kind == "phone":
        national = value.removeprefix("+86")
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
