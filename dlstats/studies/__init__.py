"""What is asked: one file, one question; families are folders. The configuration names the studies of a run."""
