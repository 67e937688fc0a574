#!/usr/bin/env python3
"""Django's command line for this project."""

import os
import secrets
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

SIGN_NOTHING = frozenset(
    {"export_pandapower", "import_pandapower", "loadflow", "schemas", "simulate", "snapshot"}
)
"""Commands that make no cookie and no link: any key does for them."""


def main() -> None:
    """Run one command; a missing setting is said in a sentence, without a stack."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "facility.settings")
    if SIGN_NOTHING.intersection(sys.argv[1:2]):
        os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe())
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
