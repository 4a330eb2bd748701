"""Settings, all from the environment with the prefix CLEW_ (or CLEW_…_FILE for secrets)."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict


def read(name: str, default: str = "") -> str:
    """Value of CLEW_`name`, or the content of the file that CLEW_`name`_FILE names."""
    file = os.environ.get(f"CLEW_{name}_FILE")
    if file:
        return Path(file).read_text(encoding="utf-8").strip()
    return os.environ.get(f"CLEW_{name}", default)


def database(url: str) -> dict[str, Any]:
    """Django's database settings for a URL or a libpq connection string."""
    parts = conninfo_to_dict(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", "clew"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": str(parts.pop("port", "")),
        "OPTIONS": {**parts, "prepare_threshold": None},
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "TEST": {"NAME": f"test_clew_{read('TEST_SUFFIX')}"},
    }


SECRET_KEY = read("SECRET_KEY")
if len(SECRET_KEY) < 32:
    raise ImproperlyConfigured(
        "CLEW_SECRET_KEY must be set to at least 32 characters of chance. `clew up` makes one in .clew/secret."
    )
SECRET_KEY_FALLBACKS = [key for key in read("SECRET_KEY_PREVIOUS").split(",") if key]

HOME = Path(read("HOME", ".clew")).resolve()
BASE_URL = read("BASE_URL", f"http://127.0.0.1:{read('PORT', '8000')}")
ALLOWED_HOSTS = [urlsplit(BASE_URL).hostname or "", "127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [BASE_URL]
DEBUG = False
DATABASES = {"default": database(read("DATABASE_URL", "dbname=clew"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "clew.base.apps.BaseConfig",
    "clew.access.apps.AccessConfig",
    "clew.capture.apps.CaptureConfig",
    "clew.contacts.apps.ContactsConfig",
    "clew.grading.apps.GradingConfig",
    "clew.handoff.apps.HandoffConfig",
    "clew.pipeline.apps.PipelineConfig",
    "clew.web.apps.WebConfig",
]
AUTH_USER_MODEL = "access.Member"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
TIME_ZONE = read("TIME_ZONE", "Asia/Shanghai")
USE_TZ = True

ROOT_URLCONF = "clew.web.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["clew.web.templatetags.clew"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "clew.web.navigation.shell",
            ],
        },
    }
]
STATIC_URL = "/static/"
