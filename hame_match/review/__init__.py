"""What needs a person's decision, and what a decision does."""
