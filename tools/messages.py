"""Compile every .po under src into the .mo beside it.

python -m tools.messages [--check]   with --check, only say what is missing, empty or out of date
"""

import sys
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
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
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    mo = po.with_suffix(".mo")
    if "--check" not in sys.argv:
        mo.write_bytes(compiled.getvalue())
    elif not mo.exists() or mo.read_bytes() != compiled.getvalue():
        problems.append(f"{where}: not compiled; run `make messages`")
    return problems


if __name__ == "__main__":
    main()
