"""The only writers of plans, lines and closings."""
