#!/usr/bin/env python3
"""Verifies exports of the audit log without AWS and without our programs: docs/audit-export.md in another language.

  verify_audit.py --key seal-key.pem [--pin 42:<seal hash>] [--head hub:7:<hash>] [--erased] EXPORT...

One line of JSON for each export, as `aiops audit verify --export DIR --key K --json` gives; exit 1 where anything is wrong.
Needs Python 3.11 and `cryptography`.
"""
import argparse, base64, binascii, hashlib, json, os, re, sys
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

RECORD, SEAL, HEX, CHAIN = b"aiops.audit.v1", b"aiops.seal.v1", r"[0-9a-f]{64}", r"(?:hub|[0-9]{12})"
KNOWN_VERSIONS = (1, 2)
sha = lambda data: hashlib.sha256(data).hexdigest()
node = lambda left, right: sha(b"\1" + bytes.fromhex(left) + bytes.fromhex(right))

def canonical(value, depth=0):
    """RFC 8785 for integers only; an error for anything else."""
    if depth > 100: raise ValueError("too deep")
    if value is None or isinstance(value, (bool, str)): return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int) and abs(value) < 2**53: return str(value)
    if isinstance(value, list): return "[" + ",".join(canonical(v, depth + 1) for v in value) + "]"
    if isinstance(value, dict):
        keys = sorted(value, key=lambda k: k.encode("utf-16-be"))
        return "{" + ",".join(canonical(k) + ":" + canonical(value[k], depth + 1) for k in keys) + "}"
    raise ValueError("no canonical form")

def read(data):
    """JSON that is written canonically, else None."""
    try: value = json.loads(data.decode()); return value if canonical(value).encode() == data else None
    except (ValueError, RecursionError): return None

def append(peaks, size, leaf):
    while size & 1: leaf, size = node(peaks.pop(), leaf), size >> 1
    peaks.append(leaf)

def root_of(peaks):
    top = peaks[-1] if peaks else sha(b"")
    for peak in reversed(peaks[:-1]): top = node(peak, top)
    return top

def tree(leaves):
    peaks = []
    for n, leaf in enumerate(leaves): append(peaks, n, leaf)
    return root_of(peaks)

def typed(value, **kinds):
    return isinstance(value, dict) and set(value) == set(kinds) and all(
        isinstance(value[k], t) and not isinstance(value[k], bool) if isinstance(t, type) else
        isinstance(value[k], str) and re.fullmatch(t, value[k]) is not None for k, t in kinds.items())

def read_seal(data):
    """The seal and its statement, or None."""
    seal = read(data)
    if not typed(seal, statement=str, signature=str, lines=list): return None
    says = read(seal["statement"].encode("utf-8", "surrogatepass"))
    whole = typed(says, v=int, number=int, at=int, previous=HEX, chains=int, records=int, root=HEX, key=HEX) and says["v"] == 1
    lines = all(typed(l, chain=CHAIN, count=int, head=HEX, root=HEX, hashes=str, edge=str) for l in seal["lines"])
    counts = [says[k] for k in ("number", "chains", "records")] + [l["count"] for l in seal["lines"]] if whole and lines else [-1]
    return (seal, says) if min(counts) >= 0 else None

def signed(keys, says, seal):
    try:
        signature = base64.b64decode(seal["signature"], validate=True)
        if base64.b64encode(signature).decode() != seal["signature"] or says["key"] not in keys: return False
        keys[says["key"]].verify(signature, SEAL + seal["statement"].encode(), ec.ECDSA(hashes.SHA256())); return True
    except (InvalidSignature, binascii.Error, ValueError): return False

def follow(chains, lines, says):
    """The chains after a seal, or None: {chain: (hashes, peaks)}."""
    after, leaves = {}, []
    for line in lines:
        hashes, peaks = (list(part) for part in chains.get(line["chain"], ([], [])))
        if re.fullmatch(f"({HEX})*", line["hashes"]) is None or (after and line["chain"] <= max(after)): return None
        for hash in re.findall(HEX, line["hashes"]):
            append(peaks, len(hashes), sha(b"\0" + bytes.fromhex(hash))); hashes.append(hash)
        if not hashes or [len(hashes), hashes[-1], root_of(peaks), "".join(peaks)] != [line[k] for k in ("count", "head", "root", "edge")]: return None
        after[line["chain"]] = (hashes, peaks)
        leaves.append(sha(b"\0" + canonical({k: line[k] for k in ("chain", "count", "head", "root")}).encode()))
    ok = set(chains) <= set(after) and [tree(leaves), len(lines), sum(l["count"] for l in lines)] == [says[k] for k in ("root", "chains", "records")]
    return after if ok else None

def verify_seals(folder, keys, pin):
    names = os.listdir(folder) if os.path.isdir(folder) else []
    files = {int(n[:8]): open(os.path.join(folder, n), "rb").read() for n in names if re.fullmatch(r"[0-9]{8}\.json", n)}
    state = {"n": 0, "hash": sha(SEAL), "at": 0, "chains": {}}
    for n in range(1, max(files, default=0) + 1):
        got, kind, after = read_seal(files.get(n, b"")), None, None
        if n not in files: kind = "deleted"
        elif got is None: kind = "altered"
        elif not signed(keys, got[1], got[0]): kind = "wrongly_signed"
        elif got[1]["number"] < n: kind = "replayed"
        elif got[1]["number"] > n:
            later = [read_seal(files[m]) for m in files if m > n]
            kind = "reordered" if any(s and s[1]["number"] == n for s in later) else "deleted"
        elif got[1]["previous"] != state["hash"]: kind = "forked"
        else:
            after = follow(state["chains"], got[0]["lines"], got[1])
            if after is None: kind = "altered"
        if kind: return state, [{"place": "seals", "line": n, "kind": kind}]
        state = {"n": n, "hash": sha(SEAL + got[0]["statement"].encode()), "at": got[1]["at"], "chains": after}
        if pin and pin[0] == n and pin[1] != state["hash"]: return state, [{"place": "seals", "line": n, "kind": "forked"}]
    short = state["n"] < (pin[0] if pin else 1)
    return state, [{"place": "seals", "line": state["n"] + 1, "kind": "truncated"}] if short else []

def row_of(line):
    """A line: its number, the hash stated, the hash of its text, and the record where the text is one."""
    m = re.fullmatch(rb"(0|[1-9]\d{0,15}) ([0-9a-f]{64}) (.*)", line, re.S)
    if m is None or int(m[1]) >= 2**53: return None
    stated, erased = m[2].decode(), m[3] == b"-"
    return int(m[1]), stated, stated if erased else sha(RECORD + m[3]), m[3], erased

def record_of(row):
    """The record of a line, where its text is the canonical JSON of one."""
    value = read(row[3]) if row and not row[4] else None
    ok = typed(value, at=int, chain=str, event=dict, prev=HEX, seq=int, v=int) and value["v"] in KNOWN_VERSIONS and value["seq"] >= 0
    return value if ok else None

def verify_chain(name, lines, sealed, pin, allow_erased):
    """How many lines hold, how many are erased, the last hash that holds, and the fault (line, kind) or None."""
    trail, erased = [sha(RECORD + name.encode())], 0
    def result(fault):
        held = min(len(trail) - 1, fault[0] - 1) if fault else len(trail) - 1
        return held, erased, trail[held], fault
    for n, line in enumerate(lines, 1):
        row = row_of(line); record = record_of(row)
        want = sealed[n - 1] if n <= len(sealed) else None
        stated = row is not None and row[2] == row[1] and row[0] == n
        own = record if record and record["chain"] == name else None
        whole = stated and own is not None and own["seq"] == n and own["prev"] == trail[-1]
        if row and row[4] and stated and want == row[2]:
            if not allow_erased: return result((n, "erased"))
            erased += 1; trail.append(row[2]); continue
        if whole and want in (None, row[2]):
            if pin and pin[0] == n and pin[1] != row[2]: return result((n, "forked"))
            trail.append(row[2]); continue
        later = [row_of(l) for l in lines[n:]]
        found, hashes_later = row and row[2], [r[2] for r in later if r]
        if want is not None:
            known = found in sealed
            kind = ("altered" if found == want else "replayed" if known and (found in sealed[:n - 1] or found in hashes_later)
                    else "reordered" if known and want in hashes_later else "deleted" if known
                    else "inserted" if want in hashes_later else "forked" if whole else "altered")
            return result((n, kind))
        if row is None or row[4] or row[2] != row[1] or record is None: return result((n, "altered"))
        if own is None: return result((n, "inserted"))
        if own["seq"] < n: return result((n, "replayed"))
        if own["seq"] > n:
            return result((n, "reordered" if any((record_of(r) or {}).get("seq") == n for r in later) else "deleted"))
        if row[0] != n: return result((n, "altered"))
        named = (record_of(later[0]) or {}).get("prev") == found if later else None
        return result((n - 1 if n - 1 > len(sealed) and named is not False else n, "forked"))
    must = max(len(sealed), pin[0] if pin else 0)
    return result((len(trail), "truncated") if len(trail) - 1 < must else None)

def verify(folder, keys, pin=None, heads={}, allow_erased=False):
    state, faults = verify_seals(os.path.join(folder, "seals"), keys, pin)
    logs = os.path.join(folder, "chains")
    present = {n[:-4] for n in (os.listdir(logs) if os.path.isdir(logs) else []) if re.fullmatch(CHAIN + r"\.log", n)}
    chains = []
    for name in sorted(present | set(state["chains"]) | set(heads)):
        lines = open(os.path.join(logs, name + ".log"), "rb").read().split(b"\n") if name in present else []
        if lines and not lines[-1]: lines.pop()
        sealed = state["chains"].get(name, ([], []))[0]
        held, erased, head, fault = verify_chain(name, lines, sealed, heads.get(name), allow_erased)
        proven = min(held, len(sealed))
        chains.append({"chain": name, "records": held, "sealed": proven, "unproven": held - proven, "erased": erased, "head": head})
        if fault: faults.append({"place": name, "line": fault[0], "kind": fault[1]})
    return {"sound": not faults, "seals": state["n"], "seal": state["hash"], "sealed_at": state["at"], "chains": chains, "faults": faults}

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--key", action="append", required=True); parser.add_argument("--pin"); parser.add_argument("--head", action="append", default=[])
    parser.add_argument("--erased", action="store_true"); parser.add_argument("exports", nargs="+")
    given, keys = parser.parse_args(), {}
    for path in given.key:
        for block in re.findall(r"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", open(path).read(), re.S):
            key = serialization.load_pem_public_key(block.encode())
            keys[sha(key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))] = key
    number = lambda text: (int(text.split(":")[0]), text.split(":")[1])
    heads = {h.split(":", 1)[0]: number(h.split(":", 1)[1]) for h in given.head}
    reports = [verify(folder, keys, number(given.pin) if given.pin else None, heads, given.erased) for folder in given.exports]
    for report in reports: print(json.dumps(report))
    sys.exit(0 if all(report["sound"] for report in reports) else 1)

if __name__ == "__main__":
    main()
