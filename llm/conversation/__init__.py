"""Follow-up questions about a case, answered from the graph, the cases and the passages."""
