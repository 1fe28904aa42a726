"""What runs inside the processes that execute author code, and how the worker talks to them.

Nothing here reads `conf.py`: these processes must not learn database credentials or keys. What they need arrives in
messages (`protocol.py`).
"""
