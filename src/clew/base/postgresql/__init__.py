"""Django's way to PostgreSQL, which also knows whether something may have been stored."""
