"""What tests may hold, and what they held: the parts of the plugin for pytest."""
