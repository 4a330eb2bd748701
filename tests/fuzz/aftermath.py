"""After a fuzz run: nothing waits, nothing failed but what nobody can be reached by, the books agree."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clew.web.settings")
django.setup()

from clew.capture.models import Failure, Waiting  # noqa: E402  Django must be ready
from clew.web.cli import main  # noqa: E402

surprises = [
    f"submission {failure.submission_id}: {failure.error}"
    for failure in Failure.objects.filter(code="belt_error")
]
if Waiting.objects.exists():
    surprises.append("something still waits for the belt")
sys.stdout.write("\n".join(surprises[:20]))
sys.exit(1 if surprises else main(["doctor", "--json"]))
