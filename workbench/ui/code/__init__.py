"""The generated source: written in the background, shown beside the canvas and in the inspector."""
