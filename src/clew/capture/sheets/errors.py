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


class IsPicture(NotATable):
    """This is a picture, not a table. Take the spreadsheet itself, as CSV or XLSX."""

    code = "is_picture"


class IsDocument(NotATable):
    """This is a document (PDF, Word, slides), not a table. Save the list as CSV or XLSX."""

    code = "is_document"


class IsProgram(NotATable):
    """This is a program, not a table. It was not opened. Ask whoever sent it what it is."""

    code = "is_program"


class IsMedia(NotATable):
    """This is sound or film, not a table. Save the list as CSV or XLSX and take that file."""

    code = "is_media"


class IsArchive(NotATable):
    """This is a packed archive. Unpack it and take the CSV or XLSX inside."""

    code = "is_archive"


class IsWebPage(NotATable):
    """This is a web page (HTML or XML) named like a spreadsheet, as some systems export it. Open it in Excel or WPS and save it as XLSX."""

    code = "is_web_page"


class IsData(NotATable):
    """This is data for programs (JSON or a database), not a table. Export it as CSV or XLSX."""

    code = "is_data"


class TooManyColumns(NotATable):
    """More than 1,000 columns are filled. Leave out those that are not needed."""

    code = "too_many_columns"


class NotAChoice(Invalid):
    """The file cannot be read that way. Choose another encoding, separator or sheet."""

    code = "not_a_choice"


class WorkbookEncrypted(Invalid):
    """This workbook has a password. Save it without one, or save the sheet as CSV."""

    code = "workbook_encrypted"


class WorkbookTooLarge(Invalid):
    """This workbook is too large once unpacked. Save the sheet as CSV; that may have any size."""

    code = "workbook_too_large"


class WorkbookSuspicious(Invalid):
    """This workbook is built like an attack, or damaged. Open it in Excel or WPS and save it anew."""

    code = "workbook_suspicious"
