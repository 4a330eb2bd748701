"""What may be wrong with a backup, with its keys, or with the place it shall go to."""

from clew.errors import ClewError, Conflict, Invalid


class BackupUnwritable(Invalid):
    """The file cannot be written there; nothing was kept. Look at the folder, its rights and the free space."""

    code = "backup_unwritable"


class BackupTaken(Conflict):
    """There is a file of this name, and it was left as it is. Choose another name, or name the folder alone."""

    code = "backup_taken"


class BackupMissing(Invalid):
    """This file cannot be read. Nothing was changed."""

    code = "backup_missing"


class BackupCutShort(Invalid):
    """This is not a whole backup of Clew: its end is missing. Nothing was changed. Copy it again, or take another."""

    code = "backup_cut_short"


class BackupDamaged(Invalid):
    """This backup is damaged: it is not what was written. Nothing was changed. Copy it again, or take another."""

    code = "backup_damaged"


class BackupNewer(Invalid):
    """This backup was made by a newer Clew. Nothing was changed. Install that version or a later one first."""

    code = "backup_newer"


class BackupOfOtherKeys(Invalid):
    """This backup belongs to another secret. Nothing was changed. Give its file of keys with --keys, or set CLEW_SECRET_KEY and CLEW_SECRET_KEY_PREVIOUS as they were."""

    code = "backup_of_other_keys"


class BackupForged(Invalid):
    """This backup was altered after it was made: its signature does not hold. Nothing was changed. Take another."""

    code = "backup_forged"


class PassphraseShort(Invalid):
    """The passphrase of the keys needs at least 12 characters."""

    code = "passphrase_short"


class KeysUnopened(Invalid):
    """The keys do not open: the passphrase is another one, or the file is damaged. Nothing was changed."""

    code = "keys_unopened"


class SecretNamedElsewhere(Conflict):
    """The secret is set by CLEW_SECRET_KEY or its file, so the keys were not put in place. Nothing was changed. Unset it, and restore again."""

    code = "secret_named_elsewhere"


class DatabaseHoldsData(Conflict):
    """This database is not empty. Nothing was changed. Restore into an empty one, or give --replace to throw away what is there."""

    code = "database_holds_data"


class DatabaseInUse(Conflict):
    """Somebody else is connected to this database. Nothing was changed. Stop Clew's web and worker first."""

    code = "database_in_use"


class DatabaseOtherwise(Conflict):
    """The tables here are of another version than the backup. Nothing was changed. Restore into a database without tables."""

    code = "database_otherwise"


class RestoredOtherwise(ClewError):
    """What was restored is not what was backed up, so it was taken back. Nothing was kept."""

    code = "restored_otherwise"


class ScratchRefused(ClewError):
    """The drill may not make a database of its own. Give the account the right to (alter role … createdb)."""

    code = "scratch_refused"


class DrillFailed(ClewError):
    """The drill failed: this backup does not restore. What went wrong is above."""

    code = "drill_failed"
