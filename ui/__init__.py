"""Showing it: chat, command line, report."""
