"""Job hooks and webhooks: what people set up, and what of it a change of an object starts."""
