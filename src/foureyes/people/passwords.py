"""Passwords on their way to an account. Hashing takes long on purpose, so it happens before any transaction."""

from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from foureyes.errors import Invalid


@dataclass(frozen=True, slots=True)
class Password:
    """A password as it is stored."""

    hashed: str


def chosen_password(text: str) -> Password:
    """What a person chose for an account; refuses what is short or common."""
    try:
        validate_password(text)
    except ValidationError as error:
        raise Invalid(code="password_weak", fields={"password": error.messages}) from None
    return given_password(text)


def given_password(text: str) -> Password:
    """What the installation's owner set in its environment: taken as it is."""
    return Password(make_password(text))


def no_password() -> Password:
    """For accounts that use tokens only: nothing signs in to them."""
    return Password(make_password(None))
