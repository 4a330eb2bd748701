"""How soon somebody must meet with a lead, and what happens when the time runs out: in data, once, at most a minute late."""
