"""`python -m foureyes` is the `foureyes` command."""

from foureyes.cli import main

if __name__ == "__main__":
    main()
