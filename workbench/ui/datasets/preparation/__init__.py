"""The preparation page: how pictures are changed and what the network sees of them."""
