def controls(campaign):
    return 0
