"""The same questions for other people's evaluation programs, so that our numbers stand beside theirs."""
