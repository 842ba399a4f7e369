"""Web pages: one blueprint module per area; a view parses, calls one action or query, renders."""
