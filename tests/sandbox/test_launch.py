"""What of our environment reaches the processes that execute author code."""

from foureyes.sandbox.launch import scrubbed_environment


def test_our_settings_and_credentials_are_left_out() -> None:
    environ = {
        "PATH": "/bin",
        "LC_ALL": "C.UTF-8",
        "FOUREYES_SECRET_KEY": "s",
        "FOUREYES_DATABASE_URL": "postgresql://u:p@h/d",
        "PGPASSWORD": "p",
        "AWS_SECRET_ACCESS_KEY": "k",
        "INVENTORY_TOKEN": "t",
    }
    assert scrubbed_environment(environ, also=["INVENTORY_TOKEN"]) == {
        "PATH": "/bin",
        "LC_ALL": "C.UTF-8",
        "INVENTORY_TOKEN": "t",
        "DJANGO_SETTINGS_MODULE": "foureyes.sandbox.settings",
        "PYTHONUTF8": "1",
    }
