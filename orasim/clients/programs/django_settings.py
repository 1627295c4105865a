"""Django's settings for its own tests against orasim, and a runner that leaves tests out."""

from __future__ import annotations

import fnmatch
import os
import unittest
from pathlib import Path
from typing import Any

from clients.left_out import read_list
from django.test.runner import DiscoverRunner


def _database(user: str) -> dict[str, Any]:
    login = {"USER": user, "PASSWORD": "tiger"}
    test = {"CREATE_DB": False, "CREATE_USER": False, "TBLSPACE": "USERS", "TBLSPACE_TMP": "TEMP"}
    engine = {"ENGINE": "django.db.backends.oracle", "NAME": os.environ["ORASIM_DSN"]}
    return {**engine, **login, "TEST": {**test, **login}}


class Runner(DiscoverRunner):
    """Django's runner; tests on the list are skipped with the list's reason."""

    def build_suite(self, *args: Any, **options: Any) -> unittest.TestSuite:
        """The suite with the tests on the list replaced."""
        suite = super().build_suite(*args, **options)
        patterns = list(read_list(Path(os.environ["ORASIM_LEFT_OUT"])))
        for test in suite:
            for pattern, reason in patterns:
                if fnmatch.fnmatchcase(test.id(), pattern):
                    setattr(test, test._testMethodName, unittest.skip(reason)(lambda: None))
        return suite


DATABASES = {"default": _database("django"), "other": _database("other")}
TEST_RUNNER = "django_settings.Runner"
SECRET_KEY = "of tests only"  # noqa: S105
USE_TZ = False
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
