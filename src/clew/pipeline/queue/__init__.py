"""The order of a person's day: what waiting costs, lead by lead, and what was measured of it. Core knows nothing of it."""
