from django.apps import AppConfig


class UsersConfig(AppConfig):
    """Label `users`: permission names such as `users.add_token` are public."""

    name = "foureyes.users"
    label = "users"
    verbose_name = "Users"
