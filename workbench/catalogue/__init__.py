"""Every layer, loss, optimizer, schedule and augmentation, each ONE declaration. Pure Python: no torch, no Qt."""
