"""Instants and durations as people read and write them, in the zone of this machine."""

from datetime import datetime

from foureyes.cli.exits import ExitCode, Failure


def when(instant: str | None) -> str:
    """An instant of the server in the person's zone, with the offset: `2026-11-23 22:00:05 +01:00`."""
    if not instant:
        return ""
    try:
        local = datetime.fromisoformat(instant).astimezone()
    except ValueError:
        return instant
    return stamp(local)


def stamp(at: datetime) -> str:
    """An aware instant on its own zone's clock, with the offset."""
    offset = at.strftime("%z")
    return f"{at:%Y-%m-%d %H:%M:%S} {offset[:3]}:{offset[3:5]}"


def lasting(seconds: float | None) -> str:
    """A duration: `0.42 s`, `3 min 5 s`, `2 h 10 min`."""
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def instant(text: str | None, option: str) -> str | None:
    """What a person wrote as ISO 8601, with the offset: without one it is of this machine's zone."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone().isoformat()
    except (ValueError, OverflowError):
        example = "2030-01-31, 2030-01-31T22:00 or 2030-01-31T22:00:00+01:00"
        raise Failure(f"{option}: `{text}` is no instant, such as {example}.", ExitCode.USAGE) from None
