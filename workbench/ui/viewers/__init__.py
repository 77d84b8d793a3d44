"""Looking inside: the chosen picture, what a layer makes of it, and the filters that were learned."""
