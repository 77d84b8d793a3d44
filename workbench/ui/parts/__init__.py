"""Small pieces that several panels are made of; each file shows one thing."""
