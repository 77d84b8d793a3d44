"""What outputs are held against: labels at once, numbers, other columns, or what came in.

The class of a sample is in its `Index`, and nothing here is needed for it. For everything else `against` makes one
`Against` for each output, which gives the targets of a batch.
"""
