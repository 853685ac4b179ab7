"""What is predicted: closed forms and quadrature, and the claims that are made of them."""
