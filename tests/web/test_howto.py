"""docs/howto/import-a-spreadsheet, in both languages: what it shows is what the code says and does."""

import ast
import io
import re
import shlex
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.utils.translation import override

from clew.capture import columns
from clew.capture.models import Import
from clew.capture.sheets import table
from clew.web import import_command, importing
from clew.web.office.imports import wording
from tests.company import Company, found
from tests.running import ROOT

CATALOGUES = list(ROOT.glob("src/clew/*/locale/zh_Hans/LC_MESSAGES/django.po"))
FOLDER = ROOT / "docs" / "howto"
PAGES = {"en": "import-a-spreadsheet.md", "zh-hans": "import-a-spreadsheet.zh.md"}
FILES = {
    "leads.csv": "Name,Mobile,Message\nAnn,13812345678,3 motors\nBob,1.38E+10,a quote\n",
    "log.csv": "case_id,activity,lifecycle,timestamp\n1,call,start,2026-01-05T09:30:00+08:00\n"
    "1,gone,,2026-01-06T09:30:00+08:00\n",
    "orders.csv": "Name,Mobile,Outcome\nAnn,13812345678,won\nCyd,13912345678,lost\n",
}
CODE = re.compile(r"[a-z]+(?:_[a-z]+)*")
DETAILS = {"columns", "row"}  # keys of what is kept beside a reason

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return found()


def howto(language: str) -> str:
    return (FOLDER / PAGES[language]).read_text(encoding="utf-8")


def reasons() -> set[str]:
    """Every reason that a row can have: of the columns, of the table, and of the import."""
    found = set(columns.CODES)
    for node in ast.walk(ast.parse(Path(table.__file__).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and "fault" in ast.unparse(node.targets[0]):
            found |= words(node.value)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "Row":
            found |= words(node)
    for node in ast.walk(ast.parse(Path(importing.__file__).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"Judged", "_duplicate"}:
            found |= words(node)
    return found


def words(node: ast.AST) -> set[str]:
    """The names that stand as text in a piece of code."""
    texts = (n.value for n in ast.walk(node) if isinstance(n, ast.Constant))
    return {text for text in texts if isinstance(text, str) and CODE.fullmatch(text)} - DETAILS


def test_every_reason_is_explained_and_none_is_made_up() -> None:
    assert {"header_again", "too_many_cells", "undecodable", "nul", "same_person"} <= reasons()
    assert set(wording.CODES) >= reasons()


@pytest.mark.parametrize("language", PAGES)
def test_each_verdict_and_reason_has_its_line(language: str) -> None:
    with override(language):
        verdicts = [f"| {label} | {rest} |" for label, rest, _tone in wording.VERDICTS.values()]
        lines = [f"| `{code}` | {what} | {todo} |" for code, (what, todo) in wording.CODES.items()]
    assert [line for line in howto(language).splitlines() if line.startswith("| `")] == lines
    assert "\n".join(verdicts) in howto(language)


@pytest.mark.parametrize(
    ("language", "quoted"), [("en", r"(?<!\*)\*([^*\n]+)\*(?!\*)"), ("zh-hans", "“([^”]+)”")]
)
def test_what_it_calls_a_button_stands_on_the_pages(language: str, quoted: str) -> None:
    entries = [m for po in CATALOGUES for m in read_po(io.BytesIO(po.read_bytes())) if m.id]
    known = {str(m.id if language == "en" else m.string) for m in entries}
    text = "\n".join(line for line in howto(language).splitlines() if not line.startswith("|"))
    assert set(re.findall(quoted, text)) - known == set()


@pytest.mark.parametrize("language", PAGES)
def test_its_commands_do_what_it_says(
    company: Company, language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in FILES.items():
        Path(name).write_text(content, encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", howto(language), re.MULTILINE | re.DOTALL)
    seen = []
    for line in "".join(blocks).splitlines():
        program, command, *rest = shlex.split(line)
        assert (program, command) == ("clew", "import")
        latest = Import.objects.order_by("created_at").last()
        rest = [str(latest.pk) if word == "IMPORT" and latest else word for word in rest]
        assert import_command.main(rest) == 0
        latest = Import.objects.order_by("created_at").last()
        seen.append(latest and (latest.name, latest.state, latest.counts.get("new")))
    assert Path("bad-rows.xlsx").stat().st_size
    assert seen == [
        None,
        ("leads.csv", "done", 1),
        ("orders.csv", "done", 2),
        ("log.csv", "done", 1),
        ("log.csv", "undone", 1),
    ]
