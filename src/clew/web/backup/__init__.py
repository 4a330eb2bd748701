"""Backing up, restoring, and the drill that does both: one signed file, and the keys in another."""
