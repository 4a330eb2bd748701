"""The source code as the architecture tests read it."""

import ast
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "clew"


@dataclass(frozen=True, slots=True)
class Module:
    """A file of the package: its path below src/clew, its stage and its name in the stage."""

    path: Path
    tree: ast.Module

    @property
    def place(self) -> str:
        """Such as handoff/actions.py."""
        return self.path.relative_to(PACKAGE).as_posix()

    @property
    def stage(self) -> str:
        """Such as handoff; errors.py is its own."""
        return self.place.split("/")[0].removesuffix(".py")


@cache
def modules() -> list[Module]:
    """Every Python file of the package but migrations."""
    files = [f for f in sorted(PACKAGE.rglob("*.py")) if "migrations" not in f.parts]
    return [Module(f, ast.parse(f.read_text(encoding="utf-8"))) for f in files]


@cache
def layers() -> list[str]:
    """The stages in the order of import, the whole first: the law of import-linter."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: list[str] = project["tool"]["importlinter"]["contracts"][0]["layers"]
    return found


def imports(module: Module) -> Iterator[str]:
    """Full names that a module imports, such as clew.access.models.Member."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def tracked() -> list[Path]:
    """Every file that is in the repository or about to be."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, check=True, capture_output=True, cwd=ROOT).stdout
    names = [name for name in listed.decode().split("\0") if name]
    return [ROOT / name for name in names if (ROOT / name).is_file()]
