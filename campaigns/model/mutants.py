"""The controls: models that are wrong in one rule.  A campaign that does not tell each of them from
the gate could not tell a wrong gate from the documents."""

from model import Model


class TermOneMillisecondLonger(Model):
    """a role is still held in the millisecond in which its term ends"""

    def has(self, name, role, time, index=None):
        return super().has(name, role, time, index) or super().has(name, role, time - 1, index)


class SearchesWithoutEnd(Model):
    """a 21st search within the hour"""

    def decide(self, r, time, again=False):
        allowed, rule = super().decide(r, time, again)
        return (True, "role") if rule == "limit" and r["act"] == "record.find" else (allowed, rule)


class PreviewsWithoutEnd(Model):
    """a 21st preview within the day"""

    def decide(self, r, time, again=False):
        allowed, rule = super().decide(r, time, again)
        return (True, "role") if rule == "limit" and r["act"] == "counts.preview" else (allowed, rule)


class ApprovesHerOwn(Model):
    """who is requester and approver of a release approves it"""

    def decide_release_approve(self, r, time):
        rule = super().decide_release_approve(r, time)
        return None if rule == "self" else rule


class GateAheadTakesLogAlong(Model):
    """what is denied for a clock has the gate's time, however far ahead"""

    def moment(self, r):
        return max(self.now, self.time)


class SuspendedReads(Model):
    """who is suspended still reads"""

    def decide(self, r, time, again=False):
        allowed, rule = super().decide(r, time, again)
        return (True, "role") if rule == "suspended" and r["act"] == "record.read" else (allowed, rule)


class ReadsWhatSheWrote(Model):
    """who wrote a record reads it, assigned or not"""

    def decide_record_read(self, r, time):
        x = self.records.get(r["record"])
        wrote = x is not None and x.creator == r["actor"]
        rule = super().decide_record_read(r, time)
        return "+assigned" if rule == "not-assigned" and wrote else rule


class EmergencyUnflagged(Model):
    """an assignment in an emergency waits for nobody"""

    def decide_record_assign(self, r, time):
        rule = super().decide_record_assign(r, time)
        return None if rule == "+flagged" else rule


class WrittenUnderOldKeys(Model):
    """keys that should have been replaced are written under for a millisecond more"""

    def too_late(self, kind, compartments, time, new=False):
        return super().too_late(kind, compartments, time - 1, new)


class NothingDue(Model):
    """who lost a role leaves no key to be replaced"""

    def done_staff_revoke(self, e, index):
        before = dict(self.due)
        super().done_staff_revoke(e, index)
        self.due = before


class SearchShowsAll(Model):
    """a search gives the handle of what one may not see"""

    def answer_record_find(self, r, index, time):
        self.visible, visible = (lambda r, handle: True), self.visible
        answer = super().answer_record_find(r, index, time)
        self.visible = visible
        return answer


class ProposalOutlives(Model):
    """what somebody proposed stays when she is suspended"""

    def done_staff_suspend(self, e, index):
        before = self.proposals
        super().done_staff_suspend(e, index)
        self.proposals = before


class ApprovesStale(Model):
    """a release is approved that another one has overtaken"""

    def decide_release_approve(self, r, time):
        rule = super().decide_release_approve(r, time)
        return None if rule == "stale" else rule


class FetchesLate(Model):
    """a release is fetched a millisecond after its 30 days"""

    @staticmethod
    def late(x, time):
        return Model.late(x, time - 1)


class ReceiptWithContent(Model):
    """a reading that comes again is not decided again"""

    def receipt(self, r, known, time):
        self.decide, decide = (lambda *args, **named: (True, "role")), self.decide
        answer = super().receipt(r, known, time)
        self.decide = decide
        return answer


class BackupWithItsEntry(Model):
    """a backup has the entry by which it was opened"""

    def done_backup_open(self, e, index):
        super().done_backup_open(e, index)
        self.backup["size"] += 1


class DeniedPreviewShows(Model):
    """a preview that is denied comes all the same"""

    def settle(self, answer, hashed):
        super().settle(answer, hashed)
        if self.entries[answer.index]["r"]["act"] == "counts.preview":
            answer.body = {}


class ConfirmedGetsAKeyLess(Model):
    """who is confirmed is not given all keys of her role"""

    def done_staff_confirm(self, e, index):
        super().done_staff_confirm(e, index)
        for name in self.brought[index]:
            self.brought[index][name] -= 1


MUTANTS = [x for x in list(globals().values()) if isinstance(x, type) and x is not Model]
