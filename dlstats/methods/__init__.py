"""Methods that a network is compared with, and what is estimated without one."""
