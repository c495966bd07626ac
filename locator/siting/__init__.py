"""Where new stations should stand: candidates, plans, and (later) proofs of how good they are."""
