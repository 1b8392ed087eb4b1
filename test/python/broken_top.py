def _fail():
    raise ValueError("at the top")


_fail()


def run():
    return 1
