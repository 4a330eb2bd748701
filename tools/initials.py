"""Make the table of initials that Chinese names are searched by from the readings that pypinyin knows.

    .venv/bin/python -m tools.initials

One line for each letter, with all characters whose first reading begins with it.
"""

import unicodedata
from collections import defaultdict

from pypinyin.constants import PINYIN_DICT

from clew.contacts.initials import LAST, TABLE


def main() -> None:
    """Write the table."""
    TABLE.write_text(table(), encoding="utf-8")


def table() -> str:
    """Give the table as text."""
    found: dict[str, list[str]] = defaultdict(list)
    for code, readings in sorted(PINYIN_DICT.items()):
        if code <= LAST:
            found[_initial(readings)].append(chr(code))
    return "".join(f"{letter} {''.join(found[letter])}\n" for letter in sorted(found))


def _initial(readings: str) -> str:
    return unicodedata.normalize("NFD", readings)[0].lower()


if __name__ == "__main__":
    main()
