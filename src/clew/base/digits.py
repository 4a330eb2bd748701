"""Numbers that our own pages send back as text, read without trusting who sends them."""

LONGEST = 9  # digits


def number(text: str, longest: int = LONGEST) -> int | None:
    """Read a whole number of at most so many digits; None where it is something else."""
    is_one = text.isascii() and text.isdecimal() and len(text) <= longest
    return int(text) if is_one else None
