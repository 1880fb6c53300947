using System.Text.Json.Nodes;

namespace SecureFed.Reference;

/// <summary>One wrong event after an honest beginning, and what it must lead to.</summary>
internal sealed class Refusals(RoundCase dropout, RoundCase weighted, RoundCase boundaries)
{
    private readonly JsonArray _cases = [];

    private Attempt A => dropout.Attempt;

    public JsonObject ToJson()
    {
        Offers();
        Cohorts();
        Deliveries();
        SurvivorSets();
        UnmaskRequests();
        Endings();
        Keys();
        ServerMessages();
        Deadlines();
        return new JsonObject
        {
            ["schema"] = "securefed/masking-refusals/1",
            ["cases"] = _cases,
            ["reasonsWithoutCase"] = Unreached(
                (8, "a share that does not open counts as missing: round 'rubbish'"),
                (13, "local input is refused before any message"),
                (15, "round 'another seed'"),
                (25, "another version is a fault of the message"),
                (31, "round 'complaints'"),
                (32, "a malformed message is a fault; no message ends a round with this reason"),
                (33, "a host's own decision"),
                (36, "a host's storage"),
                (39, "round 'outside the lattice'"),
                (40, "a client's privacy ledger")
            ),
            ["faultsWithoutCase"] = Unreached(
                (15, "round 'rubbish'"),
                (20, "reported by the host"),
                (22, "rounds with a deadline"),
                (24, "rounds 'rubbish' and 'complaints'")
            ),
        };
    }

    private static JsonArray Unreached(params (int Number, string Why)[] entries) =>
        new([.. entries.Select(entry => new JsonObject { ["number"] = entry.Number, ["why"] = entry.Why })]);

    /// <summary>Adds a case: the base's first steps, then one event.</summary>
    private void Add(string id, RoundCase on, int after, Step step, JsonObject? local = null)
    {
        JsonObject messages = [];
        JsonObject entry = new()
        {
            ["id"] = id,
            ["base"] = on.Id,
            ["after"] = after,
        };
        foreach ((string key, JsonNode? value) in local ?? [])
        {
            entry[key] = value?.DeepClone();
        }

        JsonObject played = step.ToJson(messages);
        entry["messages"] = messages;
        entry["step"] = played;
        _cases.Add(entry);
    }

    /// <summary>Party 0 of a base leaves: a signed withdrawal and the reason.</summary>
    private static Step Leaves(
        RoundCase on,
        byte[] session,
        string name,
        byte[]? message,
        int reason,
        params int[] named
    ) =>
        new(0, message is null ? "deadline" : "message")
        {
            Message = message is null ? null : (name, message),
            Sends = [(null, "ClientWithdrawal", on.Attempt.Withdrawal(session, 0, reason, named))],
            Ended = Step.Aborted(reason, named),
        };

    /// <summary>A message is a fault of its sender and changes nothing.</summary>
    private static Step Fault(int? at, int? from, byte[] message, int kind) =>
        new(at, "message")
        {
            From = from,
            Message = ("wrong", message),
            Faults = [(from, kind, null)],
        };

    private static byte[] With(byte[] bytes, int index, int value)
    {
        byte[] changed = [.. bytes];
        changed[index < 0 ? bytes.Length + index : index] ^= (byte)value;
        return changed;
    }

    // What party 0 refuses before it sends anything. spec 06-security#floors-1
    private void Offers()
    {
        Descriptor offer = A.Descriptor;
        void Offer(string id, int reason, Descriptor descriptor, params (string Key, JsonNode Value)[] policy)
        {
            JsonObject changes = [];
            foreach ((string key, JsonNode value) in policy)
            {
                changes[key] = value;
            }

            Add(
                $"offer: {id}",
                dropout,
                0,
                new Step(0, "start") { Ended = Step.Aborted(reason) },
                new JsonObject { ["descriptor"] = Json.Hex(descriptor.Encode()), ["policy"] = changes }
            );
        }

        Offer("the suite is not accepted", 24, offer, ("acceptedSuites", Json.Array([2])));
        Offer("sparse for four parties", 6, offer with { Scheme = 2 });
        Offer("attempt 0", 7, offer with { Attempt = 0 });
        Offer("a wider ring than needed", 7, offer with { RingBits = offer.RingBits + 1 });
        Offer("a ring that can wrap", 14, offer with { RingBits = offer.RingBits - 1 });
        Offer("a ring for fewer parties", 14, offer with { MaximumParticipants = 3 });
        Offer("a threshold with 2t = n + c", 23, offer with { CollusionBound = 2 });
        Offer("a threshold of 1", 23, offer with { Threshold = 1, CollusionBound = 0, MinimumSurvivors = 4 });
        Offer("U below t", 23, offer with { MinimumSurvivors = 2 });
        Offer("fewer parties than this client asks for", 5, offer, ("minimumCohort", 5));
        Offer("a smaller effective cohort than asked for", 28, offer, ("minimumEffectiveCohort", 3));
        Offer("a smaller collusion bound than asked for", 23, offer, ("collusionBoundAtLeast", 2));
        Offer(
            "unprotected without consent",
            29,
            offer with
            {
                Scheme = 255,
                Threshold = 0,
                CollusionBound = 0,
                UnprotectedBecause = "nobody looks",
            }
        );
        Offer("no noise without consent", 30, offer, ("withoutPrivacyNoise", false));
        Offer("another model", 26, offer with { ModelDigest = new byte[32] });
        Offer("another federation", 38, offer with { Federation = "elsewhere" });
        Offer(
            "another key of a party",
            27,
            offer with
            {
                Roster =
                [
                    .. offer.Roster.Select(
                        (entry, i) => i == 2 ? (entry.Name, offer.Roster[1].Key[..64].Append((byte)7).ToArray()) : entry
                    ),
                ],
            }
        );

        Past("joined this attempt before", 17, (1, A.D, dropout.JoinedContent()));
        Past(
            "has a result of the round",
            17,
            (4, A.K, [.. new Bytes().U64(7).U32(1).ToArray(), .. dropout.JoinedContent()[12..]])
        );

        void Past(string id, int reason, (int Kind, byte[] Session, byte[] Content) record) =>
            Add(
                $"offer: {id}",
                dropout,
                0,
                new Step(0, "start") { Ended = Step.Aborted(reason) },
                new JsonObject { ["history"] = History(record) }
            );
    }

    private static JsonArray History((int Kind, byte[] Session, byte[] Content) record) =>
        [
            new JsonObject
            {
                ["kind"] = record.Kind,
                ["session"] = Json.Hex(record.Session),
                ["content"] = Json.Hex(record.Content),
            },
        ];

    // spec 03-masking#cohort-1
    private void Cohorts()
    {
        byte[] Entry(int party, byte[]? channel = null, byte[]? mask = null, int? index = null) =>
            [
                .. new Bytes().U16(index ?? party).ToArray(),
                .. A.Keys(party, channel, mask).ToArray(),
                .. A.Advertisement(party)[^64..],
            ];
        void Cohort(string id, int reason, int[] named, params byte[][] entries) =>
            Add(
                $"cohort: {id}",
                dropout,
                dropout.Marks["0 2"],
                Leaves(dropout, A.D, "cohort", A.CohortAnnouncement(entries), reason, named)
            );
        byte[][] honest = [Entry(0), Entry(1), Entry(2), Entry(3)];
        Party[] parties = dropout.Parties;

        Cohort("fewer than t", 1, [], honest[..2]);
        Cohort("without this client", 2, [0], honest[1..]);
        Cohort("another key of this client", 2, [0], [Entry(0, mask: parties[0].ChannelPublicKey), .. honest[1..]]);
        Cohort(
            "this client's key as another's",
            18,
            [1],
            [honest[0], Entry(1, channel: parties[0].ChannelPublicKey), .. honest[2..]]
        );
        Cohort(
            "a key off the curve",
            21,
            [2],
            [.. honest[..2], Entry(2, mask: With(parties[2].MaskPublicKey, -1, 1)), honest[3]]
        );
        Cohort(
            "a compressed key",
            21,
            [2],
            [.. honest[..2], Entry(2, mask: [2, .. parties[2].MaskPublicKey[1..33]]), honest[3]]
        );
        Cohort("one key twice", 3, [2], [.. honest[..2], Entry(2, mask: parties[1].MaskPublicKey), honest[3]]);
        Cohort(
            "one key for both purposes",
            3,
            [2],
            [.. honest[..2], Entry(2, mask: parties[2].ChannelPublicKey), honest[3]]
        );
        Cohort("a signature of nobody", 4, [2], [.. honest[..2], With(honest[2], -1, 1), honest[3]]);
        Cohort(
            "a key that its party did not sign",
            4,
            [2],
            [.. honest[..2], Entry(2, mask: P256.PublicKey(dropout.Parties[3].Seed)), honest[3]]
        );
        Cohort("a party outside the roster", 19, [], [.. honest[..3], Entry(3, index: 4)]);

        Attempt w = weighted.Attempt;
        byte[][] two = [.. new[] { 0, 1 }.Select(party => w.Advertisement(party)[36..])];
        int before = weighted.Marks["0 2"];
        Add("cohort: fewer than U", weighted, before, Leaves(weighted, w.D, "cohort", w.CohortAnnouncement(two), 16));
        Add(
            "cohort: fewer than this client asks for",
            weighted,
            before,
            Leaves(weighted, w.D, "cohort", w.CohortAnnouncement(two), 5),
            new JsonObject { ["policy"] = new JsonObject { ["minimumCohort"] = 3 } }
        );
        Add(
            "cohort: another one after the first",
            dropout,
            dropout.Marks["0 2"] + 1,
            Leaves(dropout, A.K, "cohort", A.CohortAnnouncement(honest[..3]), 10)
        );
    }

    // spec 03-masking#shares-3
    private void Deliveries()
    {
        int[] all = dropout.Sharers;
        void Delivery(string id, int reason, int[] named, int[] sharers, params byte[][] envelopes)
        {
            Bytes body = new Bytes().U16(0).Set(4, sharers).U16(envelopes.Length);
            foreach (byte[] envelope in envelopes)
            {
                body.Raw(envelope);
            }

            byte[] message = [.. A.ShareDelivery(0, all)[..36], .. body.ToArray()];
            Add(
                $"delivery: {id}",
                dropout,
                dropout.Marks["0 3"],
                Leaves(dropout, A.K, "delivery", message, reason, named)
            );
        }

        byte[][] honest = [A.Envelope(1, 0), A.Envelope(2, 0), A.Envelope(3, 0)];
        Delivery("without this client", 22, [0], [1, 2, 3], honest);
        Delivery("too few dealers", 1, [], [0, 1], honest[0]);
        Delivery("one envelope missing", 9, [], all, honest[..2]);
        Delivery("no envelope", 9, [], all);
        Delivery("an altered commitment", 4, [1], all, With(honest[0], 5, 1), honest[1], honest[2]);
        Delivery("an altered ciphertext", 4, [1], all, With(honest[0], 80, 1), honest[1], honest[2]);
        Delivery("an altered path", 4, [1], all, With(honest[0], -70, 1), honest[1], honest[2]);
        Delivery("an altered signature", 4, [3], all, honest[0], honest[1], With(honest[2], -1, 1));
        Delivery("an envelope for another holder", 4, [1], all, A.Envelope(1, 2), honest[1], honest[2]);
        Add(
            "delivery: another one after the first",
            dropout,
            dropout.Marks["0 3"] + 1,
            Leaves(dropout, A.K, "delivery", A.ShareDelivery(0, [0, 1, 2]), 10)
        );
    }

    // spec 03-masking#consistency-1, guard-1
    private void SurvivorSets()
    {
        int before = dropout.Marks["0 4"];
        void Survivors(string id, int reason, int[] named, params int[] survivors) =>
            Add(
                $"survivors: {id}",
                dropout,
                before,
                Leaves(dropout, A.K, "survivors", A.SurvivorAnnouncement(survivors), reason, named)
            );

        Survivors("without this client", 22, [0], 1, 2, 3);
        Survivors("fewer than U", 16, [], 0, 1);
        Attempt b = boundaries.Attempt;
        Add(
            "survivors: one who dealt no shares",
            boundaries,
            boundaries.Marks["0 4"],
            Leaves(boundaries, b.K, "survivors", b.SurvivorAnnouncement([0, 1, 2, 3, 4]), 19)
        );
        Add(
            "survivors: one party fewer than a set signed before",
            dropout,
            before,
            Leaves(dropout, A.K, "survivors", A.SurvivorAnnouncement([0, 1, 2]), 37, 3),
            new JsonObject
            {
                ["history"] = History(
                    (3, new byte[32], dropout.SurvivorSetContent([0, 1, 2, 3], round: 6, attempt: 1))
                ),
            }
        );
        Add(
            "survivors: another set after the first",
            dropout,
            before + 1,
            Leaves(dropout, A.K, "survivors", A.SurvivorAnnouncement([0, 1, 2, 3]), 10)
        );
    }

    // spec 03-masking#unmask-1
    private void UnmaskRequests()
    {
        int[] all = dropout.Sharers;
        int[] survivors = dropout.Survivors;
        byte[] Signature(int signer, int[]? over = null) =>
            A.ConsistencySignature(signer, all, over ?? survivors)[^64..];
        void Request(string id, int reason, int[] named, int[] set, params (int, byte[])[] signatures) =>
            Add(
                $"unmask: {id}",
                dropout,
                dropout.Marks["0 5"],
                Leaves(dropout, A.K, "request", A.UnmaskRequest(set, signatures), reason, named)
            );
        (int, byte[])[] honest = [.. survivors.Select(party => (party, Signature(party)))];

        Request("another set than the signed one", 11, [], [0, 1, 2, 3], honest);
        Request("a signer who did not survive", 19, [], survivors, [.. honest, (3, Signature(3))]);
        Request("one signer twice", 20, [1], survivors, [honest[0], honest[1], honest[1]]);
        Request("a signature of nobody", 11, [1], survivors, [honest[0], (1, With(honest[1].Item2, -1, 1)), honest[2]]);
        Request(
            "a signature over another set",
            11,
            [2],
            survivors,
            [honest[0], honest[1], (2, Signature(2, [0, 1, 2, 3]))]
        );
        Request("fewer than t signatures", 12, [], survivors, honest[..2]);
        Add(
            "unmask: another request after the first",
            dropout,
            dropout.Marks["0 5"] + 1,
            Leaves(dropout, A.K, "request", A.UnmaskRequest(survivors, honest[..2]), 10)
        );
    }

    private void Endings()
    {
        Add(
            "ending: the result of another set",
            dropout,
            dropout.Marks["0 6"],
            Leaves(
                dropout,
                A.K,
                "result",
                [
                    .. A.ResultAnnouncement(dropout.Survivors)[..36],
                    .. new Bytes().Set(4, [0, 1, 2, 3]).Raw(new byte[32]).ToArray(),
                ],
                11
            )
        );
        Add("ending: the client's deadline", dropout, dropout.Marks["0 4"], Leaves(dropout, A.K, "", null, 34));
        Add(
            "ending: the server gives up",
            dropout,
            dropout.Marks["0 4"],
            new Step(0, "message") { Message = ("aborted", A.RoundAborted(A.D, 35, [2])), Ended = Step.Aborted(35, 2) }
        );
        Add(
            "ending: a message for another party",
            dropout,
            dropout.Marks["0 3"],
            Fault(0, null, A.ShareDelivery(1, dropout.Sharers), 11)
        );
        Add(
            "ending: a client's message to a client",
            dropout,
            dropout.Marks["0 3"],
            Fault(0, null, A.Advertisement(1), 23)
        );
    }

    // spec 03-masking#keys-2, server-1
    private void Keys()
    {
        int second = dropout.Marks["server 1 1"];
        Party[] parties = dropout.Parties;
        byte[] good = A.Advertisement(1);
        byte[] Keys(byte[]? channel = null, byte[]? mask = null, int? signer = null) =>
            A.Signed(2, A.D, 1, A.Keys(1, channel, mask), signer: signer);
        void Keyed(string id, int kind, byte[] message, int from = 1) =>
            Add($"keys: {id}", dropout, second, Fault(null, from, message, kind));

        Keyed("cut short", 1, good[..^1]);
        Keyed("a byte too long", 1, [.. good, 0]);
        Keyed("another protocol", 1, With(good, 0, 1));
        Keyed("another version", 3, With(good, 2, 3));
        Keyed("an unknown type", 1, With(good, 3, 64));
        Keyed("no session", 1, [.. good[..4], .. new byte[32], .. good[36..]]);
        Keyed("another session", 4, With(good, 4, 1));
        Keyed("sent by another", 10, good, from: 2);
        Keyed("from a stranger", 9, good, from: 9);
        Keyed("a server's message", 23, A.Invitation());
        Keyed("signed by another", 8, Keys(signer: 2));
        Keyed("an altered signature", 8, With(good, -1, 1));
        Keyed("off the curve", 12, Keys(mask: With(parties[1].MaskPublicKey, -1, 1)));
        Keyed("the point at infinity", 12, Keys(mask: [0]));
        Keyed("one key for both purposes", 13, Keys(mask: parties[1].ChannelPublicKey));
        Keyed("a key of another party", 13, Keys(mask: parties[0].MaskPublicKey));
        Add(
            "keys: others after the first",
            dropout,
            second + 1,
            Fault(null, 1, Keys(mask: parties[2].MaskPublicKey), 7)
        );
        Add("keys: the same keys again", dropout, second + 1, Fault(null, 1, good, 6));
        Add(
            "keys: after the cohort is fixed",
            boundaries,
            boundaries.Marks["0 2"],
            Fault(null, 5, boundaries.Attempt.Advertisement(5), 19)
        );
        Add("keys: a party withdraws", dropout, second, Fault(null, 1, A.Withdrawal(A.D, 1, 33, []), 21));
    }

    private void ServerMessages()
    {
        int[] all = dropout.Sharers;
        int[] survivors = dropout.Survivors;
        void Wrong(string id, string mark, int kind, byte[] message, int from) =>
            Add($"server: {id}", dropout, dropout.Marks[mark], Fault(null, from, message, kind));
        byte[] shares = A.EncryptedShares(1);
        byte[] input = A.MaskedInput(1, all);
        byte[] packed = A.Pack(A.Masked(1, all));
        byte[] Input(int[] sharers, byte[] vector, params (int Dealer, int Kind)[] complaints)
        {
            Bytes body = new Bytes().Set(4, sharers).U16(complaints.Length);
            foreach ((int dealer, int kind) in complaints)
            {
                body.U16(dealer).U16(kind);
            }

            return A.Signed(6, A.K, 1, body.U32(vector.Length).Raw(vector));
        }

        Wrong("shares for one holder too few", "server 2 1", 14, Shares(3), 1);
        Wrong("shares for more holders than are enrolled", "server 2 1", 2, Shares(5), 1);
        Wrong("an altered share", "server 2 1", 8, With(shares, 45, 1), 1);
        Wrong("a signature before its phase", "server 2 1", 5, A.ConsistencySignature(1, all, survivors), 1);
        Wrong("a vector over other sharers", "server 3 1", 18, Input([0, 1, 2], packed), 1);
        Wrong("a vector that is a byte short", "server 3 1", 17, Input(all, packed[..^1]), 1);
        Wrong("a vector with a padding bit", "server 3 1", 17, Input(all, With(packed, -1, 128)), 1);
        Wrong("a complaint about the sender", "server 3 1", 9, Input(all, packed, (1, 15)), 1);
        Wrong("a complaint of an unregistered kind", "server 3 1", 1, Input(all, packed, (2, 9)), 1);
        Wrong("an altered vector", "server 3 1", 8, With(input, -70, 1), 1);
        Wrong("another survivor set", "server 4 1", 18, A.ConsistencySignature(1, all, all), 1);
        Wrong("shares for another survivor set", "server 5 1", 18, A.UnmaskShares(1, all, all), 1);
        Wrong("a seed of layers in a round without noise", "server 5 1", 14, Seeded(32), 1);
        Wrong("a seed of 31 bytes", "server 5 1", 1, Seeded(31), 1);
        Add(
            "server: a share that does not match its commitment",
            dropout,
            dropout.Marks["server 5 1"],
            Fault(null, 1, Revealed(alter: true), 16)
        );
        Add(
            "server: a share left out without a complaint",
            dropout,
            dropout.Marks["server 5 1"],
            Fault(null, 1, A.UnmaskShares(1, all, survivors, [0, 1, 2]), 14)
        );

        byte[] Shares(int count)
        {
            Bytes body = new Bytes().U16(count);
            byte[] entries = shares[40..^64];
            // Entries have 64 + 1 bytes and a ciphertext of 116, the dealer's own none.
            int[] sizes = [181, 65, 181, 181];
            int start = 0;
            for (int i = 0; i < count; i++)
            {
                int size = sizes[i % 4];
                body.Raw(entries[start..(start + size)]);
                start = i % 4 == 3 ? 0 : start + size;
            }

            return A.Signed(4, A.K, 1, body, dropout.Attempt.RootOf(1));
        }

        byte[] Revealed(bool alter)
        {
            // The last byte of the last salt stands before the length of a seed that is not there.
            byte[] honest = A.UnmaskShares(1, all, survivors);
            byte[] body = honest[38..^64];
            return A.Signed(10, A.K, 1, new Bytes().Raw(alter ? With(body, -2, 1) : body));
        }

        // The body but for its last byte, the length of a seed.
        byte[] Seeded(int length)
        {
            byte[] body = A.UnmaskShares(1, all, survivors)[38..^65];
            return A.Signed(10, A.K, 1, new Bytes().Raw(body).Short(new byte[length]));
        }
    }

    // spec 03-masking#unmask-6
    private void Deadlines()
    {
        void Deadline(string id, string mark, int reason, byte[] session, int[] missing, params int[] named) =>
            Add(
                $"deadline: {id}",
                dropout,
                dropout.Marks[mark],
                new Step(null, "deadline")
                {
                    Faults = [.. missing.Select(party => ((int?)party, RoundCase.TimedOut, (int?)null))],
                    Store = (21, session, A.RoundAborted(A.D, reason, named)),
                    Sends =
                    [
                        .. Enumerable
                            .Range(0, 4)
                            .Select(party => ((int?)party, "RoundAborted", A.RoundAborted(A.D, reason, named))),
                    ],
                    Ended = Step.Aborted(reason, named),
                }
            );

        Deadline("two advertised keys", "server 1 2", 1, A.D, [2, 3]);
        Deadline("two dealt shares", "server 2 2", 1, A.K, [2, 3]);
        Deadline("two sent vectors", "server 3 2", 16, A.K, [2, 3]);
        Deadline("two signed the survivors", "server 4 2", 12, A.K, [2]);
        Deadline("two revealed shares", "server 5 2", 1, A.K, [2], 2);
    }
}
