"""The sections of a report, a module each: what is asked, and how it is told."""
