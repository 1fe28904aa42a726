"""Runs: the gate that creates them, the queue that they are, and the operations of their life.

Nothing here starts a process: `execution` does that, and calls the operations of this package.
"""
