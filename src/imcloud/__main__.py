"""`python -m imcloud` is the command `imcloud`."""

from imcloud.cli import main

if __name__ == "__main__":
    main()
