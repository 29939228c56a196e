"""One suite per port, subclassed by every backend."""
