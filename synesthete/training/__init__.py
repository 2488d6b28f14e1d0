"""Training: music to learn from, augmentation, losses, the ResNet's trainer, and the fits of the other encoders."""
