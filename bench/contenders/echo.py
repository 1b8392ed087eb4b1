"""The functions that Python contenders run: one body for all."""


def echo(value):
    return value
