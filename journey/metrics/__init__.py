"""Figures that plain SQL does not give: intervals, customer value, plans and what they rest on."""
