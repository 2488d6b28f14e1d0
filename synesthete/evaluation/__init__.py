"""How good an encoder is: retrieval by label, robustness to recording and compression, and hubness."""
