"""What is in memory, who holds it, and how that is told."""
