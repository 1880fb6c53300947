#!/usr/bin/env python3
"""A second reader: plays the masking vectors through a client and a server written from spec/ alone, and draws the noise.

usage: check.py [--altered] [FOLDER]       FOLDER is spec/vectors unless given

Needs Python 3.8 and nothing else. Prints one line for each case that differs and the count at the end; the exit status
is 0 only when every case of every file is as this reader finds it. With --altered it changes one thing in each of some
cases and succeeds only when it then finds every one of them wrong: a check that cannot fail checks nothing.
"""

import copy
import json
import pathlib
import sys
from types import SimpleNamespace as Record

import noise
import primitives as p
import rules
import wire as w
from client import Client
from server import Server


class Difference(Exception):
    pass


PROBLEMS = (Difference, w.Refused, KeyError, IndexError, ValueError)


def expect(what, found, wanted):
    if found != wanted:
        raise Difference(f"{what}: found {found!r}, the vectors have {wanted!r}")


def stream(case, name, size):
    """Everything random follows from the id of the case: spec/vectors/README.md."""
    data, block = b"", 0
    while len(data) < size:
        data += p.sha256(f"{case}/{name}".encode() + w.u32(block))
        block += 1
    return data[:size]


class Round:
    def __init__(self, case, refusal=None):
        refusal = refusal or {}
        self.case, self.clients = case, {}
        self.descriptor = bytes.fromhex(case["descriptor"])
        self.offer = bytes.fromhex(refusal.get("descriptor", case["descriptor"]))
        self.server = Server(self.descriptor)
        self.roster = self.server.descriptor.roster
        policy = refusal.get("policy", {})
        self.local = Record(
            federation="vectors",
            roster=self.roster,
            model=self.server.descriptor.model,
            suites=policy.get("acceptedSuites", [1]),
            minimum_cohort=policy.get("minimumCohort", 2),
            minimum_cohort_for_metrics=2,
            effective_cohort=policy.get("minimumEffectiveCohort", 1),
            collusion_bound=policy.get("collusionBoundAtLeast", 0),
            without_noise=policy.get("withoutPrivacyNoise", True),
            history=[(r["kind"], r["session"], bytes.fromhex(r["content"])) for r in refusal.get("history", [])],
        )

    def secrets(self, index):
        party, n, t = self.case["parties"][index], len(self.roster), self.server.descriptor.threshold
        sizes = {
            "signingKey": 32,
            "channelKey": 32,
            "maskKey": 32,
            "seed": 32,
            "maskKeyPolynomial": 32 * (t - 1),
            "seedPolynomial": 32 * (t - 1),
            "salts": 32 * n,
        }
        drawn = {}
        for field, size in sizes.items():
            words = "".join(" " + c.lower() if c.isupper() else c for c in field)
            drawn[field] = stream(self.case["id"], f"party {index} {words}", size)
            expect(f"{field} of party {index}", drawn[field].hex(), party[field])
        expect(f"key of party {index}", p.public_key(drawn["signingKey"]), self.roster[index][1])
        return Record(
            name=party["name"],
            channel=drawn["channelKey"],
            mask=drawn["maskKey"],
            seed=drawn["seed"],
            mask_polynomial=drawn["maskKeyPolynomial"],
            seed_polynomial=drawn["seedPolynomial"],
            salts=drawn["salts"],
            input=[int(value) for value in party["input"]],
        )

    def play(self, step, messages):
        message = bytes.fromhex(messages[step["message"]]) if "message" in step else None
        at = step["at"]
        if at == "server":
            actor, arguments = self.server, (step.get("from"), message)
        else:
            if at not in self.clients:
                self.clients[at] = Client(self.offer, at, self.secrets(at), self.local)
            actor, arguments = self.clients[at], (message,)
        out = getattr(actor, step["event"])(*(arguments if step["event"] == "message" else ()))
        self.compare(step, messages, out)

    def compare(self, step, messages, out):
        expect("number of messages", len(out.sends), len(step["sends"]))
        for (receiver, data, content), send in zip(out.sends, step["sends"]):
            wanted = bytes.fromhex(messages[send["message"]])
            expect("receiver", "server" if receiver is None else receiver, send["to"])
            if content is None:
                expect(send["message"], data.hex(), wanted.hex())
            else:
                expect(send["message"], data.hex(), wanted[:-64].hex())
                key = self.roster[int.from_bytes(wanted[36:38], "little")][1]
                expect(f"signature of {send['message']}", p.verify(key, content, wanted[-64:]), True)
        faults = [
            {"peer": "server" if peer is None else peer, "kind": kind, **({} if about is None else {"about": about})}
            for peer, kind, about in out.faults
        ]
        expect("faults", faults, step["faults"])
        store = out.store and {
            "kind": out.store[0],
            "session": out.store[1].hex(),
            "contentDigest": p.sha256(out.store[2]).hex(),
        }
        expect("record", store, step.get("store"))
        expect("end", out.ended, step.get("ended"))


def check_round(case):
    played = Round(case)
    for step in case["steps"]:
        played.play(step, case["messages"])
    expect("D", played.server.d.hex(), case["d"])
    expect("K", played.server.session.hex(), case["k"])
    server = played.server
    roots = [
        w.root_of([w.leaf(server.session, dealer, h, share) for h, share in zip(server.u1, m.shares)]).hex()
        for dealer, m in server.dealt.items()
    ]
    expect("share tree roots", roots, case["shareTreeRoots"])


def check_refusal(case, rounds):
    base = rounds[case["base"]]
    played = Round(base, case)
    if "descriptor" not in case:
        for step in base["steps"][: case["after"]]:
            played.play(step, base["messages"])
    played.play(case["step"], case["messages"])


def check_graph(case):
    size = rules.graph_size(case["cohort"], case["collusionBound"], case["minimumSurvivors"])
    if size is None:
        expect("refusal", 6, case.get("refused"))
        return
    k, t, t1 = size
    expect("size", [k, t, t1], [case.get("neighbours"), case.get("threshold"), case.get("corruptNeighbours")])
    order = rules.ring_order(bytes.fromhex(case["k"]), case["cohort"])
    expect("ring", order[: len(case["ring"])], case["ring"])
    expect("whole ring", p.sha256(b"".join(w.u16(i) for i in order)).hex(), case["ringDigest"])
    expect("neighbours", rules.neighbours(order, order.index(0), k), case["neighboursOfPosition0"])


def altered(rounds, refusals, graphs):
    """Pairs of what was changed and a check that must now fail."""
    case = rounds["dropout"]
    for name in list(case["messages"])[::3]:
        wrong = copy.deepcopy(case)
        digits = wrong["messages"][name]
        wrong["messages"][name] = digits[:90] + ("0" if digits[90] != "0" else "1") + digits[91:]
        yield f"a digit of '{name}'", lambda c=wrong: check_round(c)
    for field in ("faults", "sends", "store", "ended"):
        wrong = copy.deepcopy(case)
        step = next(s for s in wrong["steps"] if s.get(field))
        step[field] = [] if field in ("faults", "sends") else {"aborted": 1, "named": []}
        yield f"'{field}' of a step", lambda c=wrong: check_round(c)
    for original in refusals[::6]:
        wrong = copy.deepcopy(original)
        if "ended" in wrong["step"]:
            wrong["step"]["ended"]["aborted"] += 1
        else:
            wrong["step"]["faults"][0]["kind"] += 1
        yield f"the outcome of '{wrong['id']}'", lambda c=wrong: check_refusal(c, rounds)
    for original in graphs:
        wrong = copy.deepcopy(original)
        wrong["refused" if "refused" in wrong else "threshold"] += 1
        yield f"the size of graph '{wrong['id']}'", lambda c=wrong: check_graph(c)


def check_samples(case):
    difference = noise.check(case)
    if difference:
        raise Difference(difference)


def check_layers(case):
    difference = noise.check_layers(case)
    if difference:
        raise Difference(difference)


def altered_layers(cases):
    for original in cases:
        for field in ("parties", "first", "sums"):
            case = copy.deepcopy(original)
            if field == "sums":
                case[field][-1] = str(int(case[field][-1]) - 1)
            else:
                case[field] += 1
            yield f"{field} of layers '{case['id']}'", lambda c=case: check_layers(c)


def altered_samples(samples):
    for original in samples:
        for field, wrong in (("samples", 1), ("words", None)):
            case = copy.deepcopy(original)
            if wrong:
                case[field][-1] = str(int(case[field][-1]) + wrong)
            else:
                case[field] += 1
            yield f"{field} of noise '{case['id']}'", lambda c=case: check_samples(c)


def report_altered(every):
    missed = count = 0
    for what, check in every:
        count += 1
        try:
            check()
        except PROBLEMS:
            continue
        missed += 1
        print(f"not found: {what}")
    print(f"{count - missed} of {count} altered vectors were found")
    return 1 if missed or not count else 0


def main(arguments):
    alter = arguments[:1] == ["--altered"]
    arguments = arguments[alter:]
    default = pathlib.Path(__file__).resolve().parent.parent / "vectors"
    folder = pathlib.Path(arguments[0]) if arguments else default
    files = {}
    known = {f"securefed/{name}/1" for name in ("masking-rounds", "masking-refusals", "masking-graphs", "noise-samples", "noise-layers")}
    for path in sorted([*folder.glob("masking/*.json"), *folder.glob("noise/*.json")]):
        content = json.loads(path.read_text())
        if content.get("schema") not in known:
            print(f"{path}: schema {content.get('schema')!r} is none of {sorted(known)}")
            return 1
        files[content["schema"]] = content["cases"]
    if set(files) != known:
        print(f"{folder}: no file for {sorted(known - set(files))}")
        return 1
    rounds = {case["id"]: case for case in files["securefed/masking-rounds/1"]}
    if alter:
        return report_altered(
            [
                *altered(rounds, files["securefed/masking-refusals/1"], files["securefed/masking-graphs/1"]),
                *altered_samples(files["securefed/noise-samples/1"]),
                *altered_layers(files["securefed/noise-layers/1"]),
            ]
        )
    checks = [("round", case, lambda c: check_round(c)) for case in rounds.values()]
    checks += [("refusal", case, lambda c: check_refusal(c, rounds)) for case in files["securefed/masking-refusals/1"]]
    checks += [("graph", case, lambda c: check_graph(c)) for case in files["securefed/masking-graphs/1"]]
    checks += [("noise", case, check_samples) for case in files["securefed/noise-samples/1"]]
    checks += [("layers", case, check_layers) for case in files["securefed/noise-layers/1"]]
    different = 0
    for kind, case, check in checks:
        try:
            check(case)
        except PROBLEMS as problem:
            different += 1
            print(f"{kind} '{case['id']}': {type(problem).__name__}: {problem}")
    print(f"{len(checks) - different} of {len(checks)} vectors are as a second reader of the specification finds them")
    return 1 if different or not checks else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
