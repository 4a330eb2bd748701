"""The few kinds of error that a person may be told. Each concrete error is a class in its stage."""

from typing import ClassVar


class ClewError(Exception):
    """Something did not work."""

    # The docstring of a subclass is its message: English, translated where it is rendered.
    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500

    def __init__(self, **details: object) -> None:
        """Keep what helps the reader mend it; never personal data."""
        super().__init__(type(self).__doc__)
        self.details = details

    @property
    def message(self) -> str:
        """The untranslated sentence for the reader."""
        return (type(self).__doc__ or "").strip()


class Invalid(ClewError):
    """What was sent cannot be used."""

    code = "invalid"
    status = 422


class Denied(ClewError):
    """You may not do this."""

    code = "denied"
    status = 403


class Missing(ClewError):
    """There is nothing here that you may see."""

    code = "missing"
    status = 404


class Conflict(ClewError):
    """Somebody was faster, or the thing has changed."""

    code = "conflict"
    status = 409


class Unavailable(ClewError):
    """Clew cannot store this right now. Nothing was accepted; try again shortly."""

    code = "unavailable"
    status = 503


class OutcomeUnknown(Unavailable):
    """It is not known whether this was stored. Send it once more as it is: it is stored once."""

    code = "outcome_unknown"


class StoredPerhaps(OutcomeUnknown):
    """It is not known whether this was stored. Look whether it is there before you send it once more."""

    code = "stored_perhaps"
