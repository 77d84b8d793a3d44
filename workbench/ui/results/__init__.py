"""What a run's best weights come to over a split: metrics, classes, confusion, curves."""
