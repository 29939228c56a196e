"""What was said: event types, their contracts and their stored form. Imports nothing of ours."""
