"""The Python runner: becomes the function that its agent names, and runs its inputs. Standard library alone."""
