"""What import-linter cannot see of the house, and import-linter itself."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.db.models import Field, Model

from tests.architecture.source import PACKAGE, ROOT, Module, imports, layers, modules, tracked

OPEN = {
    "models",
    "queries",
    "actions",
    "events",
    "errors",
    "belt",
    "schemas",
    "rules",
    "tokens",
    "calendars",
    "filters",
    "matching",
    "stages",
    "ways",
    "regions",
    "surnames",
    "gazetteer",
    "routing",
    "custom",
    "having",
    "lettering",
    "fields",
    "inputs",
    "moves",
    "people",
    "pools",
}
WRITERS = {"actions", "belt"}
ALSO_WRITE = (
    "base/",  # ledger and outbox, for everybody
    "access/tokens.py",
    "access/throttle.py",  # counts attempts at the door
    "capture/inbox.py",  # the group commit of what arrives
    "capture/intake.py",
    "capture/refusals.py",
    "capture/rejections.py",  # what a door turned away, behind its answer
    "web/worker.py",  # takes handled submissions off the queue, and sets failures aside
    "web/seed.py",
    "web/backup/restoring.py",  # puts every row back as it was
    "web/demo/",
    "web/bench/",
)
WRITING = {
    "save",
    "create",
    "bulk_create",
    "bulk_update",
    "get_or_create",
    "update_or_create",
    "delete",
}
SQL = re.compile(
    r"^\s*(insert\s+into|update\s+\w+\s+(as\s+\w+\s+)?set|delete\s+from|copy\s+\w+.*from\s+stdin)\b"
    r"|\bas\s*(materialized\s*)?\(\s*(insert\s+into|update\s+\w+|delete\s+from)\b",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
LINES_OF_A_FILE = 500
LINES_OF_A_FUNCTION = 60
ELSEWHERE = re.compile(
    r"/work/|/root/|/home/\w+/|/Users/|/tmp/wt|--extra-index-url|--index-url|--find-links"
    r"|files\.pythonhosted|pypi\.org/simple|registry\.npmjs",
)


def test_a_lead_moves_forward_and_imports_point_back() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    ran = subprocess.run(
        [sys.executable, str(linter), "--no-cache"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout


def test_every_stage_is_in_the_order_of_import() -> None:
    stages = {module.stage for module in modules()} - {"__init__"}
    assert stages == set(layers())


def test_foreign_keys_point_back() -> None:
    order = layers()
    forward = [
        str(field)
        for model in _models()
        for field in model._meta.get_fields()
        if isinstance(field, Field) and field.is_relation and field.related_model
        if (target := _label(field.related_model)) in order
        if order.index(target) < order.index(_label(model))
    ]
    assert not forward


def test_stages_touch_only_what_is_open_of_each_other() -> None:
    closed = [
        f"{module.place} imports {name}"
        for module in modules()
        if module.stage not in {"web", "errors", "__init__"}
        for name in imports(module)
        if _is_closed(name, module.stage)
    ]
    assert not closed


def test_only_actions_and_belts_write() -> None:
    writers = [
        f"{module.place}:{line}"
        for module in modules()
        if WRITERS.isdisjoint(Path(module.place).with_suffix("").parts)
        and not module.place.startswith(ALSO_WRITE)
        for line in _writes(module)
    ]
    assert not writers


def test_whoever_may_write_besides_is_still_there() -> None:
    known = [module.place for module in modules()]
    assert not [place for place in ALSO_WRITE if not any(k.startswith(place) for k in known)]


def test_constraints_and_indexes_begin_with_the_name_of_their_model() -> None:
    strangers = [
        item.name
        for model in _models()
        for item in [*model._meta.constraints, *model._meta.indexes]
        if not item.name.startswith(f"{model._meta.model_name}_")
    ]
    assert not strangers


def test_models_neither_query_nor_write() -> None:
    busy = [
        f"{module.place}:{node.lineno}"
        for module in modules()
        if module.path.name == "models.py"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr in {"objects", "filter", "save"}
    ]
    assert not busy


def test_files_and_functions_stay_readable() -> None:
    long_files = [
        m.place
        for m in modules()
        if len(m.path.read_text(encoding="utf-8").splitlines()) > LINES_OF_A_FILE
    ]
    long_functions = [
        f"{module.place}:{node.name}"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (node.end_lineno or 0) - node.lineno >= LINES_OF_A_FUNCTION
    ]
    assert not long_files + long_functions


def test_no_file_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "helpers", "common", "misc", "services", "managers", "constants", "types"}
    assert not [m.place for m in modules() if m.path.stem in drawers]


def test_nothing_names_a_machine_or_a_registry() -> None:
    named = [
        f"{file.relative_to(ROOT)}: {found[0]}"
        for file in tracked()
        if file != Path(__file__) and not file.is_relative_to(PACKAGE / "web" / "static" / "vendor")
        if (found := ELSEWHERE.search(file.read_text(encoding="utf-8", errors="ignore")))
    ]
    assert not named


def _models() -> list[type[Model]]:
    return [model for model in apps.get_models() if model.__module__.startswith("clew.")]


def _label(model: object) -> str:
    assert isinstance(model, type)
    return model.__module__.split(".")[1] if model.__module__.startswith("clew.") else ""


def _is_closed(name: str, stage: str) -> bool:
    parts = name.split(".")
    if parts[0] != "clew" or len(parts) < 3 or parts[1] in {stage, "base", "errors"}:
        return False
    return parts[2] not in OPEN


def _writes(module: Module) -> Iterator[int]:
    for node in ast.walk(module.tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and SQL.search(node.value)
        ):
            yield node.lineno
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            is_update = node.func.attr == "update" and node.keywords and not node.args
            if node.func.attr in WRITING or is_update:
                yield node.lineno
