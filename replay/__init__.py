"""What proves it: folds history again and holds the result against what is stored."""
