"""Outreach as people see it: what would be sent, what waits for approval, and why."""
