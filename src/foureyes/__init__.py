"""Foureyes runs Python jobs and lets nothing risky run until a second person has approved exactly that."""

__version__ = "0.1.0"
