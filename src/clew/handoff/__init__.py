"""Whose it is. Takes graded leads; gives one open Placement per lead, shared out by weight, with a Round that recomputes every decision."""
