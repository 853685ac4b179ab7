"""What the documentation site needs beside Sphinx: formulas without a network, and pages made from the package."""
