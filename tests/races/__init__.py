"""Several at once, on real connections."""
