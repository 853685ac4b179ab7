"""The vocabulary: study, measure, claim, verdict, evidence."""
