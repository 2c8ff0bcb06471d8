"""`python -m mlxtui` is the command `mlxtui`."""

from mlxtui.cli.main import main

if __name__ == "__main__":
    main()
