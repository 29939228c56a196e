"""``journey.toml``: what a workspace's people say of their own business, checked as a whole."""
