"""What a password must be: long enough. Any characters will do, as NIST SP 800-63B advises."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

SHORTEST = 12
LONGEST = 128


class Length:
    """Django password validator for 12 to 128 characters."""

    def validate(self, password: str, user: object = None) -> None:
        """Raise ValidationError outside the bounds."""
        if not SHORTEST <= len(password) <= LONGEST:
            raise ValidationError(self.get_help_text(), code="password_length")

    def get_help_text(self) -> str:
        """Say the bounds."""
        return _("12 to 128 characters, whichever you like.")
