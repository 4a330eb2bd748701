"""What a password must be, and how it is kept.

Long enough is what counts; any characters will do, as NIST SP 800-63B advises. Kept as argon2id with
OWASP's parameters of 2024 (19 MiB, 2 rounds, 1 lane): Django's own would take 100 MiB for each sign-in.
"""

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

SHORTEST = 12
LONGEST = 128


class Argon2(Argon2PasswordHasher):
    """argon2id."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1


class Length:
    """Django password validator for 12 to 128 characters."""

    def validate(self, password: str, user: object = None) -> None:
        """Raise ValidationError outside the bounds."""
        if not SHORTEST <= len(password) <= LONGEST:
            raise ValidationError(self.get_help_text(), code="password_length")

    def get_help_text(self) -> str:
        """Say the bounds."""
        return _("12 to 128 characters, whichever you like.")
