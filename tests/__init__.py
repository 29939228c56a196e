"""A package, so that `tests.controls` can be imported whatever else is called `tests`."""
