"""What was found in the data: balance, sizes, duplicates, class names that look alike, files that cannot be used."""
