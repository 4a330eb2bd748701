"""Every visible string exists in both languages: English where it stands, Chinese in a catalogue."""

import ast
import gettext
import re
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

SRC = Path(__file__).parents[2] / "src" / "clew"
PLAIN = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
IN_CONTEXT = {"pgettext", "pgettext_lazy"}


def code_strings(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        texts = [a.value for a in node.args if isinstance(a, ast.Constant)]
        if node.func.id in PLAIN and texts:
            yield str(texts[0])
        if node.func.id in IN_CONTEXT and len(texts) > 1:
            yield f"{texts[0]}\x04{texts[1]}"


def template_strings(path: Path) -> Iterator[str]:
    made = templatize(path.read_text("utf-8"))
    for match in re.finditer(r"""\bp?n?gettext\(((?:[^()]|"[^"]*"|'[^']*')*)\)""", made):
        call = ast.parse(f"f({match[1]})", mode="eval").body
        given = call.args if isinstance(call, ast.Call) else []
        texts = [str(a.value) for a in given if isinstance(a, ast.Constant)]
        if not texts:
            continue
        yield "\x04".join(texts[:2]) if match[0].startswith("pgettext") else texts[0]
    for match in re.finditer(r"""(?<!\w)_\(("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\)""", made):
        yield ast.literal_eval(match[1])


def error_strings(path: Path) -> Iterator[str]:
    """The docstring of an error is what a person is told."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.ClassDef):
            yield ast.get_docstring(node) or ""


def wanted(folder: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(folder.rglob("*.py")):
        yield from ((path, text) for text in code_strings(path))
        if path.name == "errors.py":
            yield from ((path, text) for text in error_strings(path))
    for path in sorted(folder.rglob("templates/**/*.html")):
        yield from ((path, text) for text in template_strings(path))


def entries(file: BinaryIO | BytesIO) -> dict[Any, str]:
    catalogue = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined, arg-type]
    return {key: text for key, text in catalogue.items() if key and text}


@cache
def known() -> set[str]:
    found: set[str] = set()
    for path in SRC.rglob("locale/*/LC_MESSAGES/*.mo"):
        with path.open("rb") as file:
            found |= {k if isinstance(k, str) else k[0] for k in entries(file)}
    return found


@pytest.mark.parametrize("stage", sorted(p.parent.name for p in SRC.glob("*/__init__.py")))
def test_every_visible_string_is_translated(stage: str) -> None:
    missing = {
        f"{path.relative_to(SRC)}: {text!r}"
        for path, text in wanted(SRC / stage)
        if text and text not in known()
    }
    assert not missing, "\n".join(sorted(missing))


@pytest.mark.parametrize("path", sorted(SRC.rglob("*.po")), ids=lambda p: str(p.relative_to(SRC)))
def test_a_catalogue_is_compiled_as_it_is_written(path: Path) -> None:
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file))
    compiled.seek(0)
    with path.with_suffix(".mo").open("rb") as file:
        assert entries(file) == entries(compiled)
