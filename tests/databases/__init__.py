"""A real database of each version that was released, for upgrades to be tried on."""
