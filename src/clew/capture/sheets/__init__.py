"""Any spreadsheet in, rows out: finds out how a file is written, and reads it without holding it."""
