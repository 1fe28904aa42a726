from django.apps import AppConfig

from foureyes.users.instants import read_instants_fast
from foureyes.users.patterns import register


class UsersConfig(AppConfig):
    """Label `users`: permission names such as `users.add_token` are public."""

    name = "foureyes.users"
    label = "users"
    verbose_name = "Users"

    def ready(self) -> None:
        """Regular expressions of our dialect, and how instants are read, before the first connection."""
        register()
        read_instants_fast()
