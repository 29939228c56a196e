"""What is timed: one file a benchmark, the project's side and its reference beside each other."""
