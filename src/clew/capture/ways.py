"""Ways of reaching a person as people write them, and why a number reaches nobody. Pure, and never a guess."""

import re
from dataclasses import dataclass

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult

MOBILE = re.compile(r"(?:\+?86|0086)?0?(1[3-9]\d{9})", re.ASCII)
WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | dict.fromkeys(
    (0x3000, 0xA0, 0x200B, 0x202A, 0x202C, 0x2060, 0xFEFF), " "
)
JUNK = str.maketrans("", "", " -()\t.")
MARKS = " \t\r\n'\"=`“”‘’"  # what spreadsheets put around a number so that it stays text
SEPARATOR = re.compile(
    r"[;/、|\n]+|,(?!\s*\d{1,5}(?!\d))|(?<=\d)\s*(?:或者?|和|及|与|or)\s*(?=[\d+(])"
)
EXTENSION = re.compile(
    r"\s*(?:(?:转|轉|分机号?|分機|内线|ext(?:ension)?\.?|x|#|,)\s*:?\s*)+(\d{1,6})\s*$",
    re.IGNORECASE | re.ASCII,
)
DASHED = re.compile(  # 010-62345678-801: a full number, and then some
    r"((?:(?:\+|00)?86[- ]?)?(?:1[3-9]\d[- ]?\d{4}[- ]?\d{4}|[48]00[- ]?\d{3}[- ]?\d{4}"
    r"|\(?0?(?:10|2\d|[3-9]\d\d)\)?[- ]?[2-9]\d{2,3}[- ]?\d{4}))-(\d{1,6})",
    re.ASCII,
)
WITHIN = re.compile(  # a number among words, or beside another number
    r"(?<![\d+])(?:(?:(?:\+|00)?86[- ]?)?(?:1[3-9]\d[- ]?\d{4}[- ]?\d{4}|\(?0\d{2,3}\)?[- ]?[2-9]\d{2,3}[- ]?\d{4}"
    r"|[48]00[- ]?\d{3}[- ]?\d{4})|(?:\+|00)[1-9](?:[- ]?\d){7,14})(?!\d)"
    r"(?:\s*(?:转|分机|ext\.?|x|#|-)\s*\d{1,6}(?!\d))?",
    re.IGNORECASE | re.ASCII,
)
LABEL = re.compile(r"^[^\d+(*]{1,20}", re.ASCII)
ABROAD = re.compile(r"^\(?00(?=[1-9])", re.ASCII)
WHOLE_FLOAT = re.compile(r"(\d{5,})\.0+", re.ASCII)
THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3}){2,}(?:\.0+)?", re.ASCII)
SCIENTIFIC = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)?\s?e\s?\+?\s?\d{1,2}(?!\w)", re.IGNORECASE)
MASKED = re.compile(r"\d[-\s]*[*×•●]{2,}|[*×•●]{2,}[-\s]*\d|\d[xX]{3,}\d", re.ASCII)
CUT = re.compile(r"(?:86)?1[3-9]\d{6,8}", re.ASCII)  # a mobile without its last digits
NEIGHBOURS = re.compile(r"(?:852|853|886)\d{8,9}", re.ASCII)  # often written without the +
OUTER = r"\s@<>()\[\],;:\"'，；：、（）《》"
EMAIL = re.compile(rf"[^{OUTER}]+@[^{OUTER}.]+(?:\.[^{OUTER}.]+)+")
WECHAT = re.compile(r"[a-z0-9][-_.@a-z0-9]{4,}")
WECHAT_LABEL = re.compile(r"^(?:微信号?|薇信|wechat(?: ?id)?|weixin|wx|vx)\s*[:：]\s*")
SAME_AS_PHONE = re.compile(
    r"(?:微信|wechat|wx|vx)?\s*(?:手机|电话)?号?(?:同号|同手机号?|同电话|同上)"
)
SAYS_NOTHING = re.compile(
    r"[-/\\.\s]*|0|无|没有|暂无|未知|未填写?|未提供|不详|空|null|none|nil|nan|#?n/?a|unknown|undefined",
    re.IGNORECASE,
)
WHY = {
    ValidationResult.TOO_SHORT: "too_few_digits",
    ValidationResult.TOO_LONG: "too_many_digits",
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "no_area_code",
}


@dataclass(frozen=True, slots=True)
class Way:
    """One way of reaching a person: kind is phone, email or wechat; value is normalised."""

    kind: str
    value: str


def ways(phone: str, email: str, wechat: str, country: str = "CN") -> list[Way]:
    """Normalise all given ways, best for telling people apart first. Unusable ones are left out."""
    found = [Way("phone", number) for number in numbers(phone, country)] if phone else []
    if wechat:
        found += _wechats(wechat, found)
    if email:
        found += [Way("email", address) for address in _emails(email)]
    return list(dict.fromkeys(found)) if len(found) > 1 else found


def numbers(text: str, country: str = "CN") -> list[str]:
    """Give every usable number of a field in E.164, with a comma before an extension."""
    if country == "CN" and MOBILE.fullmatch(text):
        return ["+86" + text[-11:]]
    return [number for number, _ in _judged(text, country) if number]


def normal_phone(text: str, country: str = "CN") -> str | None:
    """Give the first number of a text in E.164; None where there is none."""
    return next(iter(numbers(text, country)), None)


def phone_fault(text: str, country: str = "CN") -> str:
    """Say why a field holds no usable number: empty where it does, or where it is blank.

    Codes: digits_lost (also beside a usable number: nobody shall miss one without knowing), masked,
    no_area_code, too_few_digits, too_many_digits, not_a_phone.
    """
    if not text or (country == "CN" and MOBILE.fullmatch(text)):
        return ""
    judged = _judged(text, country)
    faults = [fault for _, fault in judged if fault]
    if "digits_lost" in faults:
        return "digits_lost"
    return "" if any(number for number, _ in judged) or not faults else faults[0]


def says_nothing(text: str) -> bool:
    """Is it one of the words that people write into a field they leave empty?"""
    return SAYS_NOTHING.fullmatch(text.strip()) is not None


def narrow(text: str) -> str:
    """Turn full-width characters into the plain ones; most text has none."""
    return text if text.isascii() else text.translate(WIDE)


def _judged(text: str, country: str) -> list[tuple[str | None, str]]:
    """Every part of a field with its number or its fault."""
    plain = narrow(text).strip(MARKS)
    if SCIENTIFIC.search(plain):
        return [(None, "digits_lost")]
    if THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "")
    judged: list[tuple[str | None, str]] = []
    for part in SEPARATOR.split(plain):
        if part and (part := part.strip(MARKS)):
            judged += _of_part(part, country)
    return judged


def _of_part(part: str, country: str) -> list[tuple[str | None, str]]:
    number, fault = _single(part, country)
    if number or fault == "digits_lost":
        return [(number, fault)]
    within = [_single(match[0], country) for match in WITHIN.finditer(part)]
    return [pair for pair in within if pair[0]] or [(None, fault)]


def _single(text: str, country: str) -> tuple[str | None, str]:
    """One number, or what is wrong with it."""
    whole = WHOLE_FLOAT.fullmatch(text)
    text = whole[1] if whole else text
    if country == "CN" and (match := MOBILE.fullmatch(text.translate(JUNK))):
        return "+86" + match[1], ""
    if MASKED.search(text):
        return None, "masked"
    text, extension = _without_extension(text, country)
    text = ABROAD.sub("+", LABEL.sub("", text))
    if not text or any(c.isalpha() or c == "," for c in text):
        return None, "not_a_phone"
    number, fault = _parsed(text, country)
    return (f"{number},{extension}" if number and extension else number), fault


def _without_extension(text: str, country: str) -> tuple[str, str]:
    extension = EXTENSION.search(text)
    if extension:
        return text[: extension.start()], extension[1]
    dashed = DASHED.fullmatch(LABEL.sub("", text)) if country == "CN" else None
    return (dashed[1], dashed[2]) if dashed else (text, "")


def _parsed(text: str, country: str) -> tuple[str | None, str]:
    digits = "".join(c for c in text if c.isdigit())
    try:
        number = phonenumbers.parse(text, country)
    except NumberParseException as error:
        return None, _why_not(error, len(digits))
    if number.country_code == 86 and (fault := _chinese_fault(number)):
        return None, fault
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible != ValidationResult.IS_POSSIBLE:
        return None, WHY.get(possible, "not_a_phone")
    if NEIGHBOURS.fullmatch(digits) and number.country_code == 86 and text[0] != "+":
        number = _of_neighbour(digits) or number
    return phonenumbers.format_number(number, PhoneNumberFormat.E164), ""


def _why_not(error: NumberParseException, digits: int) -> str:
    if error.error_type == NumberParseException.TOO_LONG:
        return "too_many_digits"
    is_short = error.error_type in {
        NumberParseException.TOO_SHORT_NSN,
        NumberParseException.TOO_SHORT_AFTER_IDD,
    }
    return "too_few_digits" if is_short or 0 < digits < 7 else "not_a_phone"


def _chinese_fault(number: phonenumbers.PhoneNumber) -> str:
    """What libphonenumber lets pass: any 7 to 12 digits."""
    national = str(number.national_number)
    if phonenumbers.is_valid_number(number):
        return ""
    if CUT.fullmatch(national):
        return "digits_lost"
    if len(national) in (7, 8) and national[0] in "2345678":
        return "no_area_code"
    if len(national) < 10:
        return "too_few_digits"
    return "too_many_digits" if len(national) > 11 else ""


def _of_neighbour(digits: str) -> phonenumbers.PhoneNumber | None:
    """Hong Kong, Macao or Taiwan, where it can be nothing else."""
    home = phonenumbers.parse(digits, "CN")
    there = phonenumbers.parse("+" + digits)
    is_there = not phonenumbers.is_valid_number(home) and phonenumbers.is_valid_number(there)
    return there if is_there else None


def _wechats(text: str, phones: list[Way]) -> list[Way]:
    plain = narrow(text).strip().lower()
    if says_nothing(plain):
        return []
    if SAME_AS_PHONE.fullmatch(plain):
        mobiles = [w.value[3:] for w in phones if w.value.startswith("+861")]
        return [Way("wechat", mobile) for mobile in mobiles[:1]]
    parts = (WECHAT_LABEL.sub("", part.strip()) for part in re.split(r"[,;/、\n]+", plain))
    return [Way("wechat", p) for p in parts if WECHAT.fullmatch(p) and not says_nothing(p)]


def _emails(text: str) -> list[str]:
    plain = narrow(text).strip().lower()
    return [plain] if EMAIL.fullmatch(plain) else EMAIL.findall(plain)
