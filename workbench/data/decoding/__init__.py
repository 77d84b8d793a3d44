"""From the bytes of a file to the pixels a person sees, at the size a network takes."""
