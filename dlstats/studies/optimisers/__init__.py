"""Family optimisers: what gradient descent, momentum, adaptive rates and schedules do, each with its exact constant."""
