"""The database of jobs that declare none: it answers every question with the reason why there is no answer."""
