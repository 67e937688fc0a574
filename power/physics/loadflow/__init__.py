"""Load flow of one linear network with loads of constant power."""
