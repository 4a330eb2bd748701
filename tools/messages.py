"""Compile every .po under src into the .mo beside it.

python -m tools.messages [--check]   with --check, only say what is missing, empty or out of date
"""

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

SOURCE = Path(__file__).resolve().parents[1] / "src"


def main() -> None:
    """Compile or check all catalogues."""
    problems = [p for po in sorted(SOURCE.rglob("*.po")) for p in settle(po)]
    for problem in problems:
        print(problem, file=sys.stderr)
    sys.exit(bool(problems))


def settle(po: Path) -> list[str]:
    """Compile one catalogue, or say what is wrong with it."""
    with po.open("rb") as file:
        catalogue = read_po(file, locale=po.parents[1].name, abort_invalid=True)
    where = po.relative_to(SOURCE.parent)
    problems = [
        f"{where}:{m.lineno}: not translated: {m.id}"
        for m in catalogue
        if (m.id and not m.string) or (m.fuzzy and m.id)
    ]
    mo = po.with_suffix(".mo")
    is_compiled = mo.exists() and read(mo) == texts(catalogue)
    if not is_compiled and "--check" in sys.argv:
        problems.append(f"{where}: not compiled; run `make messages`")
    elif not is_compiled:
        with mo.open("wb") as file:
            write_mo(file, catalogue)
    return problems


def read(mo: Path) -> set[tuple[str, ...]]:
    """Read what a compiled catalogue says."""
    with mo.open("rb") as file:
        return texts(read_mo(file))


def texts(catalogue: Catalog) -> set[tuple[str, ...]]:
    """Give all messages with their translations. The header holds the time, so bytes cannot be compared."""
    return {(text(m.context), *listed(m.id), *listed(m.string)) for m in catalogue if m.id}


def listed(string: object) -> list[str]:
    """Give singular and plural alike as a list."""
    return [str(s) for s in string] if isinstance(string, list | tuple) else [str(string)]


def text(context: str | bytes | None) -> str:
    """Give a context as text; a compiled one comes as bytes."""
    return context.decode() if isinstance(context, bytes) else context or ""


if __name__ == "__main__":
    main()
