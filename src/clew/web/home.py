"""The folder .clew (CLEW_HOME): the secret, the embedded database, and what the first start left."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from clew.web.binaries import Say
from clew.web.embedded import Server, prepare


def folder() -> Path:
    """Where it is."""
    return Path(os.environ.get("CLEW_HOME") or ".clew").resolve()


def furnish(say: Say) -> Server | None:
    """Set what the environment does not name: the secret, and the address of an embedded database.

    Returns the embedded server, which may have to be started, or None where CLEW_DATABASE_URL names another.
    """
    home = folder()
    home.mkdir(mode=0o755 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    os.environ["CLEW_HOME"] = str(home)
    if not (os.environ.get("CLEW_SECRET_KEY") or os.environ.get("CLEW_SECRET_KEY_FILE")):
        os.environ["CLEW_SECRET_KEY_FILE"] = str(_secret(home))
        if (home / "secret_previous").exists():
            os.environ["CLEW_SECRET_KEY_PREVIOUS_FILE"] = str(home / "secret_previous")
    if os.environ.get("CLEW_DATABASE_URL") or os.environ.get("CLEW_DATABASE_URL_FILE"):
        return None
    server = prepare(home, say)
    os.environ["CLEW_DATABASE_URL"] = server.url
    return server


def _secret(home: Path) -> Path:
    """Make the secret once. Without it, sealed data cannot be read again: it is part of a backup."""
    file = home / "secret"
    if not file.exists():
        fresh = home / f"secret.{os.getpid()}"
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(48), encoding="ascii")
        with suppress(FileExistsError):  # another process was faster: its secret is the one
            os.link(fresh, file)
        fresh.unlink()
    return file
