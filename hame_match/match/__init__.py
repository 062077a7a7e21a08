"""Which call suits which actor: embeddings and words, eligibility, the ranked list and its evidence."""
