import not_installed_at_all


def run():
    return not_installed_at_all
