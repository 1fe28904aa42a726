"""The REST interface. It reads requests, makes one call to an operation, and shows the answer; it decides nothing."""
