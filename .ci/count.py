"""Adds up the TRX files of a run and the checks counted by the caller, and prints the closing line.

Fails on any failed test, on a test run without tests or without a result file, and on a skipped test unless the
reason is one this machine cannot help: the shared folder is absent, or the runtime switch under test turned the
instructions off. The first word of a skip message says which (tests/Shared/ConditionalFacts.cs).
"""

import glob
import os
import sys
import xml.etree.ElementTree as ElementTree

TRX = "{http://microsoft.com/schemas/VisualStudio/TeamTest/2010}"


def reason_of(result):
    texts = [element.text or "" for element in result.iter() if element.tag in (TRX + "Message", TRX + "StdOut")]
    return " ".join(text.strip() for text in texts).strip()


def shared_folder():
    configured = os.environ.get("SECUREFED_SHARED", "").strip()
    return configured or os.path.join(os.getcwd(), "..", "shared")


def is_allowed(reason):
    if reason.startswith("shared:"):
        return not os.path.isdir(shared_folder())
    return reason.startswith("hardware:")


def main():
    results, passed, failed, skipped = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), 0
    complaints = []
    runs = sorted(path for path in glob.glob(os.path.join(results, "*")) if os.path.isdir(path))
    if not runs:
        complaints.append("no tests were run")

    for run in runs:
        run_total = run_failed = 0
        for path in sorted(glob.glob(os.path.join(run, "*.trx"))):
            for result in ElementTree.parse(path).iter(TRX + "UnitTestResult"):
                outcome, name = result.get("outcome"), result.get("testName")
                if outcome == "Passed":
                    passed, run_total = passed + 1, run_total + 1
                elif outcome == "NotExecuted":
                    skipped += 1
                    reason = reason_of(result)
                    print(f"skipped: {name}: {reason}")
                    if not is_allowed(reason):
                        complaints.append(f"{name} must not be skipped here ({reason or 'no reason given'})")
                else:
                    run_failed, run_total = run_failed + 1, run_total + 1
                    print(f"failed: {name} ({os.path.basename(run)})")

        if os.path.basename(run) == "all":
            for project in sorted(glob.glob("tests/*/*.csproj")):
                name = os.path.splitext(os.path.basename(project))[0]
                if not os.path.exists(os.path.join(run, name + ".trx")):
                    complaints.append(f"{name} left no result file: it ran no test")

        failed += run_failed
        if run_total == 0:
            complaints.append(f"the test run '{os.path.basename(run)}' ran no test")
        elif run_failed == 0 and os.path.exists(os.path.join(run, "nonzero")):
            complaints.append(f"the test run '{os.path.basename(run)}' ended with an error")

    for complaint in complaints:
        print(f"FAILED: {complaint}")

    failed += len(complaints)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


sys.exit(main())
