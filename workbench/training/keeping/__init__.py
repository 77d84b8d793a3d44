"""What a run keeps on the disk: tensor files, older checkpoints, and what exact resuming depends on."""
