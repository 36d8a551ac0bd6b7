"""Mixed load for as long as one likes, while memory and descriptors are watched: `make soak`."""
