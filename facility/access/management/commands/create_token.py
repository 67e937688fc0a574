"""Make a token for a machine and print its text once."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from facility.access import services
from facility.access.models import Token
from facility.kernel.errors import InputError


class Command(BaseCommand):
    """Only the token's text goes to standard output, so that a script can keep it."""

    help = "Make an API token and print its text, which is shown only now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whose token it is, its name, scope and life."""
        parser.add_argument("user", help="name of an existing user")
        parser.add_argument("name", help="what the token is for, e.g. procurement")
        parser.add_argument("--scope", choices=Token.Scope.values, default=Token.Scope.READ)
        parser.add_argument("--days", type=int, default=90, help="life in days (default: 90)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make the token and print its text."""
        user = get_user_model().objects.filter(username=options["user"], is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user {options['user']!r}.")
        life = timedelta(days=options["days"])
        try:
            token, text = services.make_token(
                user, name=options["name"], scope=options["scope"], life=life
            )
        except InputError as error:
            raise CommandError(str(error)) from error
        self.stderr.write(f"Valid until {token.expires_at:%Y-%m-%d}. Shown only now:")
        self.stdout.write(text)
