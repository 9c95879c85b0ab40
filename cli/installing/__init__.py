"""What an operator installs: keys, certificates, service files, and the nodes file of three."""
