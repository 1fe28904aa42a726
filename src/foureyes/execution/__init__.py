"""The worker's side of execution: processes, their reports, limits and ends. Rows are written by `runs`.

`Worker` is one single-threaded loop over sockets. Author code runs in processes of its own (`foureyes.sandbox`).
"""
