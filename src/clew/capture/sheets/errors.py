"""Why a file is not taken as a spreadsheet, and what to do instead."""

from clew.errors import Invalid


class FileUnreadable(Invalid):
    """This file is damaged: it cannot be read to its end. Export it once more, or save it as CSV."""

    code = "file_unreadable"


class FileEmpty(Invalid):
    """There are no rows in this file. Check that it is the right one."""

    code = "file_empty"


class NotATable(Invalid):
    """This is not a table. Save the list as CSV or XLSX and take that file."""

    code = "not_a_table"


class TooManyColumns(NotATable):
    """More than 1,000 columns are filled. Leave out those that are not needed."""

    code = "too_many_columns"


class NotAChoice(Invalid):
    """The file cannot be read that way. Choose another encoding, separator or sheet."""

    code = "not_a_choice"
