"""What events mean, and what is decided upon them."""
