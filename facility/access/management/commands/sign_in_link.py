"""Print a link that signs a person in once."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from facility.access import services


class Command(BaseCommand):
    """The way in without a password: on the first start there is nobody yet."""

    help = "Print a one-time sign-in link, for the operator unless another user is named."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the user's name."""
        parser.add_argument("--user", help="name of an existing user; without it, the operator")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make the link and print it."""
        name = options["user"]
        user = services.operator() if name is None else self._existing(name)
        text = services.make_sign_in_link(user)
        self.stdout.write(
            f"Sign in once within 30 minutes as {user.get_username()}: "
            f"{settings.HEADROOM_BASE_URL}/sign-in/{text}/"
        )

    @staticmethod
    def _existing(name: str) -> Any:
        user = get_user_model().objects.filter(username=name, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user {name!r}.")
        return user
