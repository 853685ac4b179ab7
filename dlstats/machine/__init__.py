"""What this machine is: its GPUs, its speed, what works on it."""
