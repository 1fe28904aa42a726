"""The processes of an installation: web server, scheduler, workers, and the parent that keeps them running."""
