"""What is made in a program, when it ends, and what that gives back."""
