"""The overview: does anything wait for me, is anything broken, what happens next."""
