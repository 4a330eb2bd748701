"""Runs the parts in the scratch database, after Django is set up on it."""

import os
import sys
from importlib import import_module

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clew.web.settings")
django.setup()
import_module(f"clew.web.bench.{sys.argv.pop(1)}").main()
