"""Teaching the ResNet to hear: music to learn from, disturbances, losses, and the training itself."""
