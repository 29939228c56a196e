"""Triggers: folds in the order of recording that decide about outreach."""
