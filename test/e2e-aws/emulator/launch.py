"""Starts ministack with what our templates and the controller need and it lacks: each filler says what AWS does."""
from fillers import install

install()

from ministack.app import main  # noqa: E402  (the fillers come first)

main()
