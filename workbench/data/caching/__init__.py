"""Decoded samples kept between epochs, runs and projects."""
