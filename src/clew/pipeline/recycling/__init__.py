"""Leads that nobody gets on with go back to a pool, by each team's rules; each says when before it happens."""
