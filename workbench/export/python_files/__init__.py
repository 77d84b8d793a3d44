"""Files that an export carries along as they are. Nothing here imports the workbench."""
