"""Clew while what it stands on fails: the way to the database, the database itself, the clock."""
