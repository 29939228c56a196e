"""What the engine was ordered for, tried as a new user would."""
