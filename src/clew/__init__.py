"""Clew turns online leads (线索) into orders: capture, recognise, grade, hand off, act, account."""

__version__ = "0.1.0"
