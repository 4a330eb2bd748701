"""Importing a spreadsheet in the browser: send it, say what the columns are, look at the verdict, go."""
