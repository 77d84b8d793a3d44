"""Tar shards, as the webdataset library reads and writes them: data sets too large for one folder, or one disk.

A shard is a plain tar file in which the files of a sample stand beside each other under one key: `000017.jpg`,
`000017.cls`, `000017.json`. Nothing is ever unpacked: a sequential pass over the headers gives a `Table` of where each
sample stands, kept from one time to the next, and the bytes are read from the shard itself.
"""
