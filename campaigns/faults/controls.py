"""Planted defects, each of which a check must find."""
import errno
import os
import shutil

from check import files_of
from engine import Fault, Result
from verbs import Verb, all_verbs, as_


class Forgetful:
    """Acknowledges what it has not kept: the vault is put back behind it."""

    def __init__(self, verb):
        self.__dict__.update(verb.__dict__)
        self.verb = verb

    def run(self, office, fault=None):
        vault = os.path.join(office.engine.cwd, "office")
        shutil.copytree(vault, vault + ".was")
        r = self.verb.run(office, fault)
        shutil.rmtree(vault)
        os.rename(vault + ".was", vault)
        return r


class Unasked:
    """Shows a record, and asks no gate."""

    def __init__(self, verb, shown):
        self.__dict__.update(verb.__dict__)
        self.shown = shown

    def run(self, office, fault=None):
        return Result(0, self.shown, "", 1, 1)


class Denied:
    """Shows a record to somebody whom the log says it was denied to."""

    def __init__(self, verb, denied, shown):
        self.__dict__.update(verb.__dict__)
        self.denied, self.shown = denied, shown

    def run(self, office, fault=None):
        self.denied.run(office, fault)
        return Result(0, self.shown, "", 1, 1)


def complaints(campaign, verb, good, fault):
    office = campaign.office
    office.again()
    before = files_of(office.engine.cwd)
    r = verb.run(office, fault)
    return campaign.checker.judge(verb, good, fault, r, before)[0]


def own_allocation(campaign, verb):
    """The last one that the program asks for, through glibc."""
    return Fault("memory", "fail", errno.ENOMEM, False,
                 campaign.counted(verb, "memory"))


def controls(campaign):
    """How many planted defects went unseen."""
    verbs = {v.name: v for v in all_verbs(campaign.office)}
    add, show = verbs["record add"], verbs["record show"]
    learn = campaign.checker.learn
    none = Fault("guard", "none")
    campaign.office.again()
    shown = show.run(campaign.office).out
    careless = Verb("careless", program="sv_careless", vault=None)
    others = Verb("", *as_("wada", *show.argv[3:]))
    planted = [
        (Forgetful(add), learn(add), none, "acknowledged"),
        (show, learn(show), Fault("write", "swallow", 0, True, 1),
         "another output"),
        (Unasked(show, shown), learn(show), none, "content without an entry"),
        (Denied(show, others, shown), learn(show), none,
         "content without an entry"),
        (careless, learn(careless), own_allocation(campaign, careless),
         "it died in"),
    ]
    missed = 0
    for verb, good, fault, words in planted:
        found = complaints(campaign, verb, good, fault)
        if not any(words in f for f in found):
            print(f"faults: a planted defect went unseen: {verb.name}: "
                  f"{words}: {found}")
            missed += 1
    return missed
