"""Which jobs exist, what their classes say, from which source they run, and why one of them cannot run now."""
