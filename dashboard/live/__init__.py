"""The live path: what browsers see changes as the State does."""
