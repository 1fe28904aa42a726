"""Help: the components of all pages in all their states, for builders and for the tests that look at them."""
