"""The layers, one module a family; `workbench.catalogue.registry` puts them in palette order."""
