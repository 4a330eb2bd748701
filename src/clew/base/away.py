"""What a database raises that is away, full or read-only, as against one that was asked something wrong."""

from django.db import InterfaceError, InternalError, OperationalError

AWAY = (OperationalError, InterfaceError, InternalError)  # the last: it does not write just now
