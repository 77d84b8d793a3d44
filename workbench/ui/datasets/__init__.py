"""The labelled pictures: where they come from, how they are split, what each class holds, what could not be read."""
