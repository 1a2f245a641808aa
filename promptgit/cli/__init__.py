"""The command line. Only `main` exits, only `output` and `tables` print."""
