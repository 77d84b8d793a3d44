"""How the samples are split: shares, groups, folds, balance, and what comes of it class by class."""
