"""What a training step does beside forward, backward and update: each in a file of its own."""
