"""Runs the parts in the scratch database, after Django is set up on it."""

import os
from importlib import import_module

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clew.web.settings")
django.setup()
import_module("clew.web.bench.intake").main()
