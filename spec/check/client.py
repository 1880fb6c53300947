"""A client of a masked round on the complete graph, from chapter 03 alone."""

import primitives as p
import rules
import wire as w

KEY_SHARE, SEED_SHARE = 1, 2
SEALING, PAIR, SELF = 1, 2, 3


class Outcome:
    """What one event led to. Messages are (receiver, bytes without signature, signed content); the server is None."""

    def __init__(self):
        self.sends, self.faults, self.store, self.ended = [], [], None, None


def apply_mask(vector, key, sign, bits):
    """keystream-2."""
    width = 4 if bits <= 32 else 8
    stream = p.keystream(key, width * len(vector))
    for i in range(len(vector)):
        lane = int.from_bytes(stream[i * width : (i + 1) * width], "little")
        vector[i] = (vector[i] + sign * lane) % 2**bits


def pack(vector, bits):
    """01 packing-1."""
    total = sum(value % 2**bits << i * bits for i, value in enumerate(vector))
    return total.to_bytes((len(vector) * bits + 7) // 8, "little")


class Client:
    def __init__(self, descriptor_bytes, index, secrets, local):
        self.d_bytes, self.index, self.secrets, self.local = descriptor_bytes, index, secrets, local
        self.descriptor = w.read_descriptor(descriptor_bytes)
        self.n = len(self.descriptor.roster)
        self.d = p.sha256(w.label("descriptor") + descriptor_bytes)
        self.session, self.phase, self.answered, self.held = self.d, 0, {}, {}

    # --- events ---

    def start(self):
        out = Outcome()
        reason = rules.refuse_offer(self.descriptor, self.secrets.name, self.local)
        if reason:
            self.phase = 9
            out.ended = {"aborted": reason, "named": []}
            return out
        s = self.secrets
        self.keys = (
            w.short(p.public_key(s.channel))
            + w.short(p.public_key(s.mask))
            + w.seed_commitment(self.d, self.index, s.seed)
        )
        self.send(out, w.KEYS, self.keys)
        out.store = (1, self.d, w.u64(self.descriptor.round) + w.u32(self.descriptor.attempt) + self.federation())
        self.phase = 1
        return out

    def deadline(self):
        return self.leave(34)

    def message(self, data):
        out = Outcome()
        try:
            m = w.decode(data, self.n)
        except w.Refused as refused:
            return self.fault(refused.fault)
        if m.type in w.FROM_CLIENT:
            return self.fault(23)
        if m.type == w.ABORTED and m.session in (self.d, self.session):
            self.phase = 9
            out.ended = {"aborted": m.reason, "named": m.named}
            return out
        if m.session != (self.d if m.type in (w.INVITATION, w.COHORT) else self.session):
            return self.fault(4)
        if m.type == w.DELIVERY and m.receiver != self.index:
            return self.fault(11)
        if m.type in self.answered:
            return self.leave(10)  # no case repeats a request with the same content
        expected = {w.COHORT: 1, w.DELIVERY: 2, w.SURVIVORS: 3, w.UNMASK_REQUEST: 4}
        if m.type == w.RESULT and self.phase in (4, 5):
            return self.on_result(m)
        if expected.get(m.type) != self.phase:
            return self.fault(5)
        handler = {
            w.COHORT: self.on_cohort,
            w.DELIVERY: self.on_delivery,
            w.SURVIVORS: self.on_survivors,
            w.UNMASK_REQUEST: self.on_unmask,
        }[m.type]
        refused = handler(m, out)
        if refused:
            return self.leave(*refused)
        self.answered[m.type] = True
        self.phase += 1
        return out

    # --- the four requests; each returns reason and named parties when the client leaves ---

    def on_cohort(self, m, out):
        """cohort-1, in its order."""
        if any(e.sender >= self.n for e in m.entries):
            return (19,)
        reason = self.too_small(len(m.entries))
        if reason:
            return (reason,)
        mine = [e for e in m.entries if e.sender == self.index]
        if len(mine) != 1 or mine[0].keys != self.keys:
            return (2, self.index)
        own = {mine[0].channel, mine[0].mask}
        for e in m.entries:
            if e.sender != self.index and {e.channel, e.mask} & own:
                return (18, e.sender)
        seen = set()
        for e in m.entries:
            if not (p.decode_point(e.channel) and p.decode_point(e.mask)):
                return (21, e.sender)
            for key in (e.channel, e.mask):
                if key in seen:
                    return (3, e.sender)
                seen.add(key)
        for e in m.entries:
            content = w.signed_content(w.KEYS, self.d, e.sender, p.sha256(e.keys))
            if not p.verify(self.key_of(e.sender), content, e.signature):
                return (4, e.sender)
        self.cohort = {e.sender: e for e in m.entries}
        self.u1 = sorted(self.cohort)
        self.session = p.sha256(
            w.label("cohort")
            + self.d
            + w.u16(len(self.u1))
            + b"".join(w.u16(i) + self.cohort[i].keys for i in self.u1)
        )
        self.deal(out)
        return None

    def on_delivery(self, m, out):
        """shares-3, shares-4, masks-1."""
        if not set(m.sharers) <= set(self.u1):
            return (19,)
        if self.index not in m.sharers:
            return (22, self.index)
        reason = self.too_small(len(m.sharers))
        if reason:
            return (reason,)
        if [e.dealer for e in m.envelopes] != [i for i in m.sharers if i != self.index]:
            return (9,)
        for e in m.envelopes:
            leaf = w.leaf(self.session, e.dealer, self.index, e.share)
            root = w.root_from_path(leaf, self.u1.index(self.index), len(self.u1), e.path)
            content = root and w.signed_content(w.SHARES, self.session, e.dealer, root)
            if not content or not p.verify(self.key_of(e.dealer), content, e.signature):
                return (4, e.dealer)
        complaints = []
        for e in m.envelopes:
            kind = self.open(e)
            if kind:
                complaints.append((e.dealer, kind))
                out.faults.append((e.dealer, kind, None))
        self.u2 = m.sharers
        bits = self.descriptor.ring_bits
        vector = [value % 2**bits for value in self.secrets.input]
        apply_mask(vector, self.derive(self.secrets.seed, SELF, self.index, self.index), 1, bits)
        for peer in self.u2:
            if peer != self.index:
                secret = p.agree(self.secrets.mask, self.cohort[peer].mask)
                key = self.derive(secret, PAIR, min(peer, self.index), max(peer, self.index))
                apply_mask(vector, key, 1 if self.index < peer else -1, bits)
        packed = pack(vector, bits)
        body = w.party_set(self.n, self.u2) + w.u16(len(complaints))
        body += b"".join(w.u16(dealer) + w.u16(kind) for dealer, kind in complaints)
        self.send(out, w.INPUT, body + w.u32(len(packed)) + packed)
        out.store = (2, self.session, self.d)
        return None

    def on_survivors(self, m, out):
        """consistency-1, guard-1."""
        if not set(m.survivors) <= set(self.u2):
            return (19,)
        if self.index not in m.survivors:
            return (22, self.index)
        if len(m.survivors) < self.descriptor.minimum_survivors:
            return (16,)
        reason = self.too_small(len(m.survivors)) or None
        if reason:
            return (reason,)
        names = {self.name_of(i) for i in m.survivors}
        for kind, _, content in self.local.history:
            if kind == 3:
                federation, model, signed = read_survivor_set(content)
                difference = names ^ signed
                floor = 2 if model == self.descriptor.model else 0
                if federation == self.descriptor.federation and 0 < len(difference) < floor:
                    return (37, *[i for i in range(self.n) if self.name_of(i) in difference])
        self.u3 = m.survivors
        sets = w.party_set(self.n, self.u2) + w.party_set(self.n, self.u3)
        self.send(out, w.CONSISTENCY, sets)
        content = p.sha256(w.label("survivor sets") + self.session + sets)
        content += w.u64(self.descriptor.round) + w.u32(self.descriptor.attempt)
        content += w.short(self.federation()) + self.descriptor.model + w.u16(len(self.u3))
        content += b"".join(w.short(self.name_of(i).encode()) for i in self.u3)
        out.store = (3, self.session, content)
        return None

    def on_unmask(self, m, out):
        """unmask-1, unmask-3."""
        if m.survivors != self.u3:
            return (11,)
        signers = set()
        sets = w.party_set(self.n, self.u2) + w.party_set(self.n, self.u3)
        for signer, signature in m.signatures:
            if signer not in self.u3:
                return (19,)
            if signer in signers:
                return (20, signer)
            signers.add(signer)
            content = w.signed_content(w.CONSISTENCY, self.session, signer, p.sha256(sets))
            if not p.verify(self.key_of(signer), content, signature):
                return (11, signer)
        if len(signers) < self.descriptor.threshold:
            return (12,)
        dealers = [i for i in self.u2 if i in self.held]
        body = w.party_set(self.n, self.u3) + w.party_set(self.n, dealers)
        for dealer in dealers:
            key_share, key_salt, seed_share, seed_salt = self.held[dealer]
            body += seed_share + seed_salt if dealer in self.u3 else key_share + key_salt
        self.send(out, w.UNMASK, body + w.short(b""))
        return None

    def on_result(self, m):
        if m.survivors != self.u3:
            return self.leave(11)
        out = Outcome()
        self.phase = 9
        out.store = (
            4,
            self.session,
            w.u64(self.descriptor.round) + w.u32(self.descriptor.attempt) + self.federation(),
        )
        out.ended = {"survivors": m.survivors, "sumDigest": m.sum_digest.hex()}
        return out

    # --- parts ---

    def deal(self, out):
        """shares-1, sealing-1: split, commit, seal, sign the root."""
        s, count = self.secrets, len(self.u1)
        shares = []
        for place, holder in enumerate(self.u1):
            key_share = p.share_at(s.mask, s.mask_polynomial, place + 1)
            seed_share = p.share_at(s.seed, s.seed_polynomial, place + 1)
            key_salt = s.salts[16 * place : 16 * (place + 1)]
            seed_salt = s.salts[16 * (count + place) : 16 * (count + place + 1)]
            ciphertext = b""
            if holder == self.index:
                self.held[holder] = (key_share, key_salt, seed_share, seed_salt)
            else:
                secret = p.agree(s.channel, self.cohort[holder].channel)
                ciphertext = p.seal(
                    self.derive(secret, SEALING, self.index, holder),
                    w.u16(self.index) + w.u16(holder) + key_share + key_salt + seed_share + seed_salt,
                    w.associated_data(self.descriptor.suite, self.session, self.index, holder),
                )
            commitments = [
                w.share_commitment(kind, self.session, self.index, holder, share, salt)
                for kind, share, salt in ((KEY_SHARE, key_share, key_salt), (SEED_SHARE, seed_share, seed_salt))
            ]
            shares.append(w.Record(key_commitment=commitments[0], seed_commitment=commitments[1], ciphertext=ciphertext))
        root = w.root_of([w.leaf(self.session, self.index, h, share) for h, share in zip(self.u1, shares)])
        body = w.u16(count) + b"".join(
            share.key_commitment + share.seed_commitment + w.short(share.ciphertext) for share in shares
        )
        self.send(out, w.SHARES, body, root)

    def open(self, envelope):
        """Holds the pair of shares, or says what is wrong with it."""
        dealer = envelope.dealer
        secret = p.agree(self.secrets.channel, self.cohort[dealer].channel)
        text = None
        if len(envelope.share.ciphertext) == 116:
            text = p.unseal(
                self.derive(secret, SEALING, dealer, self.index),
                envelope.share.ciphertext,
                w.associated_data(self.descriptor.suite, self.session, dealer, self.index),
            )
        if text is None or text[:4] != w.u16(dealer) + w.u16(self.index):
            return 15
        pair = (text[4:36], text[36:52], text[52:84], text[84:])
        commitments = (
            w.share_commitment(KEY_SHARE, self.session, dealer, self.index, pair[0], pair[1]),
            w.share_commitment(SEED_SHARE, self.session, dealer, self.index, pair[2], pair[3]),
        )
        if commitments != (envelope.share.key_commitment, envelope.share.seed_commitment):
            return 16
        self.held[dealer] = pair
        return None

    def too_small(self, count):
        d = self.descriptor
        least = max(self.local.minimum_cohort, self.local.minimum_cohort_for_metrics if d.metrics else 0)
        return 1 if count < d.threshold else 5 if count < least else 16 if count < d.minimum_survivors else 0

    def derive(self, secret, purpose, first, second):
        return p.hkdf(secret, w.key_info(self.descriptor.suite, self.session, purpose, first, second))

    def federation(self):
        return self.descriptor.federation.encode()

    def key_of(self, index):
        return self.descriptor.roster[index][1]

    def name_of(self, index):
        return self.descriptor.roster[index][0]

    def send(self, out, kind, body, root=None):
        session = self.d if kind == w.KEYS else self.session
        content = w.signed_content(kind, session, self.index, root or p.sha256(body))
        out.sends.append((None, w.header(kind, session) + w.u16(self.index) + body, content))

    def fault(self, kind):
        out = Outcome()
        out.faults.append((None, kind, None))
        return out

    def leave(self, reason, *named):
        """client-3."""
        out = Outcome()
        self.send(out, w.WITHDRAWAL, w.u16(reason) + w.party_set(self.n, named))
        self.phase = 9
        out.ended = {"aborted": reason, "named": sorted(named)}
        return out


def read_survivor_set(content):
    """05 records-2: federation, model, names."""
    r = w.Reader(content, 4096)
    r.take(32 + 8 + 4)
    federation, model = r.name(), r.take(32)
    return federation, model, {r.name() for _ in range(r.number(2))}
