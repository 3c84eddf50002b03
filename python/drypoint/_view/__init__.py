"""Pictures in notebooks that can be moved: the newest request is folded, tiles are kept, a script draws what arrives."""
