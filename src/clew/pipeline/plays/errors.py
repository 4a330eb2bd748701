"""What somebody may be told who writes scripts or plays."""

from clew.errors import Conflict, Invalid, Missing


class ScriptMissing(Missing):
    """This script is not in use any more. Open the list again."""

    code = "script_missing"


class ScriptEmpty(Invalid):
    """Write at least one line to say, in Chinese or in English."""

    code = "script_empty"


class ScriptTooLong(Invalid):
    """Nobody reads that much during a call: at most 8 lines of 160 characters, and 200 for what not to do."""

    code = "script_too_long"


class ScriptTaken(Conflict):
    """There is a script for this already. Open that one and change it."""

    code = "script_taken"


class ScriptChanged(Conflict):
    """Somebody changed this script meanwhile. Open it again, and write yours over theirs if it is better."""

    code = "script_changed"
