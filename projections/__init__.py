"""What it means: pure folds over recorded events, the rules, and the tables they publish."""
