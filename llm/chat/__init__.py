"""Language models behind the answer: local ones of transformers, or any OpenAI-compatible server."""
