"""The server of a masked round on the complete graph, from chapter 03 alone."""

import primitives as p
import rules
import wire as w
from client import KEY_SHARE, PAIR, SEED_SHARE, SELF, Outcome, apply_mask, pack

PHASE_OF = {w.KEYS: 1, w.SHARES: 2, w.INPUT: 3, w.CONSISTENCY: 4, w.UNMASK: 5}


class Server:
    def __init__(self, descriptor_bytes):
        self.d_bytes = descriptor_bytes
        self.descriptor = w.read_descriptor(descriptor_bytes)
        assert rules.refuse_descriptor(self.descriptor) is None
        self.n = len(self.descriptor.roster)
        self.d = self.session = p.sha256(w.label("descriptor") + descriptor_bytes)
        self.phase, self.accepted, self.gone = 0, {}, set()
        self.complaints, self.failures, self.revealed = {}, {}, {}
        self.expected = list(range(self.n))
        self.sum = [0] * rules.ring_length(self.descriptor)

    def start(self):
        out = Outcome()
        self.phase = 1
        self.to_all(out, range(self.n), w.header(w.INVITATION, self.d) + self.d_bytes)
        return out

    def deadline(self):
        out = Outcome()
        out.faults = [(i, 22, None) for i in self.expected if (self.phase, i) not in self.accepted]
        return self.decide(out)

    def message(self, sender, data):
        """server-1."""
        out = Outcome()
        if sender >= self.n:
            return self.fault(sender, 9)
        try:
            m = w.decode(data, self.n)
        except w.Refused as refused:
            return self.fault(sender, refused.fault)
        if m.type not in w.FROM_CLIENT:
            return self.fault(sender, 23)
        if m.sender != sender:
            return self.fault(sender, 10)
        if m.session not in (self.d, self.session):
            return self.fault(sender, 4)
        phase = PHASE_OF.get(m.type)
        if (phase, sender) in self.accepted:
            # No case repeats a message in a later phase, where it would be answered.
            return self.fault(sender, 6 if self.accepted[phase, sender].body == m.body else 7)
        if m.type == w.WITHDRAWAL:
            if not self.is_signed(m):
                return self.fault(sender, 8)
            self.gone.add(sender)
            out.faults.append((sender, 21, None))
            return self.decide(out) if self.is_over() else out
        if phase is not None and phase < self.phase:
            if m.type == w.CONSISTENCY and self.phase == 9 and self.is_signed(m):
                self.to_all(out, [sender], self.result)
            out.faults.append((sender, 19, None))
            return out
        if phase != self.phase or m.session != (self.d if phase == 1 else self.session):
            return self.fault(sender, 5)
        if sender not in self.expected:
            return self.fault(sender, 9)
        if m.type == w.SHARES and not self.has_share_form(m):
            return self.fault(sender, 14)
        if not self.is_signed(m):
            return self.fault(sender, 8)
        kind = getattr(self, f"accept_{phase}")(m, out)
        if kind:
            return self.fault(sender, kind)
        self.accepted[phase, sender] = m
        return self.decide(out) if self.is_over() else out

    # --- what is checked in each phase; a fault's number refuses the message ---

    def accept_1(self, m, _):
        if not (p.decode_point(m.channel) and p.decode_point(m.mask)):
            return 12
        taken = {key for (phase, _), other in self.accepted.items() if phase == 1 for key in (other.channel, other.mask)}
        return 13 if m.channel == m.mask or {m.channel, m.mask} & taken else None

    def accept_2(self, _, __):
        return None

    def accept_3(self, m, out):
        if m.sharers != self.u2:
            return 18
        if any(dealer == m.sender or dealer not in self.u2 for dealer, _ in m.complaints):
            return 9
        bits, count = self.descriptor.ring_bits, len(self.sum)
        number = int.from_bytes(m.vector, "little")
        if len(m.vector) != (bits * count + 7) // 8 or number >> bits * count:
            return 17
        self.sum = [(total + (number >> i * bits)) % 2**bits for i, total in enumerate(self.sum)]
        for dealer, _ in m.complaints:
            self.complaints.setdefault(dealer, set()).add(m.sender)
            out.faults.append((m.sender, 24, dealer))
        return None

    def accept_4(self, m, _):
        return 18 if (m.sharers, m.survivors) != (self.u2, self.u3) else None

    def accept_5(self, m, out):
        if m.survivors != self.u3 or not set(m.dealers) <= set(self.u2):
            return 18
        # layers-5; no round of the vectors has noise in layers.
        if m.layer_seed:
            return 14
        place = self.u1.index(m.sender)
        wrong = []
        for dealer, (share, salt) in zip(m.dealers, m.shares):
            kind = SEED_SHARE if dealer in self.u3 else KEY_SHARE
            dealt = self.dealt[dealer].shares[place]
            wanted = dealt.seed_commitment if kind == SEED_SHARE else dealt.key_commitment
            if w.share_commitment(kind, self.session, dealer, m.sender, share, salt) != wanted:
                wrong.append(dealer)
            else:
                self.revealed.setdefault(dealer, []).append((place + 1, share))
        if wrong:
            out.faults.append((m.sender, 16, None))
        complained = {dealer for dealer, holders in self.complaints.items() if m.sender in holders}
        withheld = set(self.u2) - set(m.dealers) - complained
        if withheld:
            out.faults.append((m.sender, 14, None))
        for dealer in withheld | set(wrong):
            self.failures.setdefault(dealer, set()).add(m.sender)
        return None

    # --- decisions ---

    def is_over(self):
        if self.phase == 5 and all(len(self.revealed.get(i, [])) >= self.descriptor.threshold for i in self.u2):
            return True
        return all((self.phase, i) in self.accepted or i in self.gone for i in self.expected)

    def decide(self, out):
        answered = [i for i in self.expected if (self.phase, i) in self.accepted]
        return getattr(self, f"decide_{self.phase}")(answered, out)

    def decide_1(self, answered, out):
        if len(answered) < max(self.descriptor.threshold, self.descriptor.minimum_survivors):
            return self.abort(out, 1)
        self.u1 = answered
        self.cohort = {i: self.accepted[1, i] for i in answered}
        announcement = w.header(w.COHORT, self.d) + w.u16(len(answered))
        announcement += b"".join(self.cohort[i].bytes[36:] for i in answered)
        self.session = p.sha256(
            w.label("cohort")
            + self.d
            + w.u16(len(answered))
            + b"".join(w.u16(i) + self.cohort[i].body for i in answered)
        )
        return self.enter(out, answered, (16, self.d, announcement), [(i, announcement) for i in answered])

    def decide_2(self, answered, out):
        if len(answered) < max(self.descriptor.threshold, self.descriptor.minimum_survivors):
            return self.abort(out, 1)
        self.u2 = answered
        self.dealt = {i: self.accepted[2, i] for i in answered}
        content = b"".join(w.u32(len(m.bytes)) + m.bytes for m in self.dealt.values())
        return self.enter(out, answered, (17, self.session, content), [(i, self.delivery(i)) for i in answered])

    def decide_3(self, answered, out):
        if len(answered) < self.descriptor.minimum_survivors:
            return self.abort(out, 16)
        doomed = self.doomed(answered)
        if doomed is not None:
            return self.abort(out, 31, self.named(doomed))
        self.u3 = answered
        bitmap = w.party_set(self.n, answered)[2:]
        complaints = b"".join(
            w.u16(dealer) + w.u16(holder)
            for dealer in sorted(self.complaints)
            for holder in sorted(self.complaints[dealer])
        )
        items = (bitmap, complaints, pack(self.sum, self.descriptor.ring_bits))
        content = b"".join(w.u32(len(item)) + item for item in items)
        announcement = w.header(w.SURVIVORS, self.session) + w.party_set(self.n, answered)
        return self.enter(out, answered, (18, self.session, content), [(i, announcement) for i in answered])

    def decide_4(self, answered, out):
        if len(answered) < self.descriptor.threshold:
            return self.abort(out, 12)
        doomed = self.doomed(answered)
        if doomed is not None:
            return self.abort(out, 31, self.named(doomed))
        request = w.header(w.UNMASK_REQUEST, self.session) + w.party_set(self.n, self.u3) + w.u16(len(answered))
        request += b"".join(w.u16(i) + self.accepted[4, i].signature for i in answered)
        return self.enter(out, answered, (19, self.session, request), [(i, request) for i in answered])

    def decide_5(self, answered, out):
        t, bits = self.descriptor.threshold, self.descriptor.ring_bits
        silent = set(self.expected) - set(answered)
        for dealer in self.u2:
            if len(self.revealed.get(dealer, [])) < t:
                if len(answered) < t:
                    return self.abort(out, 1, silent)
                return self.abort(out, 31, set(self.named(dealer)) | silent)
        vector = list(self.sum)
        for dealer in self.u2:
            secret = p.combine(self.revealed[dealer][:t])
            if dealer in self.u3:
                if w.seed_commitment(self.d, dealer, secret) != self.cohort[dealer].commitment:
                    return self.abort(out, 15, [dealer])
                apply_mask(vector, self.derive(secret, SELF, dealer, dealer), -1, bits)
                continue
            if not p.is_private_key(secret) or p.public_key(secret) != self.cohort[dealer].mask:
                return self.abort(out, 15, [dealer])
            for survivor in self.u3:
                shared = p.agree(secret, self.cohort[survivor].mask)
                key = self.derive(shared, PAIR, min(dealer, survivor), max(dealer, survivor))
                apply_mask(vector, key, -1 if survivor < dealer else 1, bits)
        signed = [value - 2**bits if value >> bits - 1 else value for value in vector]
        if not self.in_range(signed):
            return self.abort(out, 39)
        packed = pack(vector, bits)
        bitmap = w.party_set(self.n, self.u3)[2:]
        out.store = (20, self.session, b"".join(w.u32(len(item)) + item for item in (bitmap, b"", packed)))
        self.result = w.header(w.RESULT, self.session) + w.party_set(self.n, self.u3) + p.sha256(packed)
        self.to_all(out, self.u3, self.result)
        out.ended = {"survivors": self.u3, "sum": [str(value) for value in signed]}
        self.phase = 9
        return out

    # --- parts ---

    def in_range(self, signed):
        """06 range-1."""
        d, k = self.descriptor, len(self.u3)
        if d.noise and d.noise.compression:
            return True
        reach = k * rules.coordinate_bound(d)
        if d.noise:
            reach = reach * d.noise.examples + rules.noise_bound(d)
        if any(abs(value) > reach for value in signed[: d.length]):
            return False
        rest = signed[d.length :]
        if d.maximum_weight:
            if not k <= rest[0] <= k * d.maximum_weight:
                return False
            rest = rest[1:]
        limits = [metric.maximum for metric in d.metrics for _ in range(metric.count)]
        return all(0 <= value <= k * limit for value, limit in zip(rest, limits))

    def doomed(self, holders):
        """unmask-6: the first dealer that complaints alone leave short."""
        for dealer in self.u2:
            willing = [i for i in holders if i not in self.complaints.get(dealer, ())]
            if len(willing) < self.descriptor.threshold:
                return dealer
        return None

    def named(self, dealer):
        """blame-1."""
        c = self.descriptor.collusion_bound
        named = set(self.failures.get(dealer, ()))
        complainants = self.complaints.get(dealer, set())
        if not complainants:
            return named
        liars = {i for i in complainants if sum(i in holders for holders in self.complaints.values()) > c}
        if len(complainants) > c:
            return named | {dealer} | liars
        return named | liars if liars == complainants else named | {dealer} | complainants

    def delivery(self, receiver):
        place = self.u1.index(receiver)
        body = w.u16(receiver) + w.party_set(self.n, self.u2) + w.u16(len(self.u2) - 1)
        for dealer in self.u2:
            if dealer == receiver:
                continue
            shares = self.dealt[dealer].shares
            leaves = [w.leaf(self.session, dealer, h, share) for h, share in zip(self.u1, shares)]
            path = w.path_of(leaves, place)
            share = shares[place]
            body += w.u16(dealer) + share.key_commitment + share.seed_commitment + w.short(share.ciphertext)
            body += bytes([len(path)]) + b"".join(path) + self.dealt[dealer].signature
        return w.header(w.DELIVERY, self.session) + body

    def has_share_form(self, m):
        sizes = [0 if holder == m.sender else 116 for holder in self.u1]
        return [len(share.ciphertext) for share in m.shares] == sizes

    def is_signed(self, m):
        root = None
        if m.type == w.SHARES:
            root = w.root_of([w.leaf(self.session, m.sender, h, share) for h, share in zip(self.u1, m.shares)])
        return p.verify(self.descriptor.roster[m.sender][1], w.content_of(m, root), m.signature)

    def derive(self, secret, purpose, first, second):
        return p.hkdf(secret, w.key_info(self.descriptor.suite, self.session, purpose, first, second))

    def enter(self, out, expected, store, sends):
        self.phase += 1
        self.expected, out.store = expected, store
        for receiver, message in sends:
            self.to_all(out, [receiver], message)
        return out

    def abort(self, out, reason, named=()):
        message = w.header(w.ABORTED, self.d) + w.u16(reason) + w.party_set(self.n, named)
        out.store = (21, self.session, message)
        self.to_all(out, range(self.n), message)
        out.ended = {"aborted": reason, "named": sorted(named)}
        self.phase = 9
        return out

    def to_all(self, out, receivers, message):
        out.sends.extend((i, message, None) for i in receivers)

    def fault(self, sender, kind):
        out = Outcome()
        out.faults.append((sender, kind, None))
        return out
