"""Pictures of answers: pure functions from a named question's table to a Plotly figure."""
