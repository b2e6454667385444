"""Benchmark questions with given options: any model, with or without retrieved context."""
