"""What matters for this patient: findings, candidates, similar cases, evidence."""
