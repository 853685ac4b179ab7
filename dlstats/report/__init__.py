"""What is shown: tables, figures and the document. Reads summaries and verdicts, never simulates."""
