"""How well an encoder hears: labels it was never told, recordings it knows again, and which tracks are everywhere."""
