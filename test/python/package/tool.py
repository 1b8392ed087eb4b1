from . import helper


def run(text):
    return helper.shout(text)
