"""The nouns: frozen types without input or output, named as in ``docs/glossary.md``."""
