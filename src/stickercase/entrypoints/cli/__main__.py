"""The command line as a module: what `up` starts beside itself."""

from stickercase.entrypoints.cli import main

main()
