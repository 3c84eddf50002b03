"""Arrays that take less room than their items would, and those that live on disk."""
