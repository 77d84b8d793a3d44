"""What a project keeps of its runs: the tables of ``runs.sqlite``, what is read from them and written to them."""
