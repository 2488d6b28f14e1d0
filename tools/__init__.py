"""Programs around the product that a user does not install."""
