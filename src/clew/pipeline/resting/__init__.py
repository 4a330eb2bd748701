"""Leads that ended without intent: kept apart from the public pool, touched lightly now and then, woken by any sign of life."""
