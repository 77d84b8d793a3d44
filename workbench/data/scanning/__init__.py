"""From folders, lists and shards to an index: what there is, in order, with its headers."""
