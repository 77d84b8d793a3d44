"""Looking inside a network: feature maps, filters, mosaics. Leaves weights, statistics and random numbers untouched."""
