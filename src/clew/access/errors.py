"""What a user may be told about accounts and teams."""

from clew.errors import Conflict, Invalid


class UsernameTaken(Conflict):
    """This user name is taken."""

    code = "username_taken"


class TeamNameTaken(Conflict):
    """There is a team of this name already."""

    code = "team_name_taken"


class PasswordUnfit(Invalid):
    """This password is too short, too long or too common."""

    code = "password_unfit"


class PasswordWrong(Invalid):
    """The present password is wrong."""

    code = "password_wrong"


class NameMissing(Invalid):
    """A name is needed."""

    code = "name_missing"


class RoleUnknown(Invalid):
    """There is no such role."""

    code = "role_unknown"


class LastAdministrator(Conflict):
    """Somebody must remain who can administer Clew."""

    code = "last_administrator"


class AlreadySent(Conflict):
    """This form was sent already."""

    code = "already_sent"


class FormTooOld(Invalid):
    """This form is damaged. Open the page again."""

    code = "form_damaged"
