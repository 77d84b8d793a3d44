"""Curves that grow while they are watched: decimation, smoothing, axes and the plot itself."""
