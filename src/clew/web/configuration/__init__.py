"""Rules, teams and calendars as one file, so that a set-up can live in version control."""
