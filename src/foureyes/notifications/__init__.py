"""The delivery side: messages that wait in rows, and how they reach those who are told."""
