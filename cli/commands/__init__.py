"""The commands, one module each: HELP, configure(parser), run(arguments)."""
