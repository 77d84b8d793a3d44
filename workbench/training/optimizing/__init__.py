"""How the weights begin and move: initialisation, frozen layers, the optimizer and the learning rate."""
