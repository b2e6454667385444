"""A language model fine-tuned on the project's own examples: evidence in, grounded differential out."""
