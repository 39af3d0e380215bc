"""What a fuzz target has reached, from llvm-cov's export on stdin.

usage: reach.py TARGET

Prints for each source file that reach.txt names for the target the share of its lines that ran, and fails
when a function named there did not.
"""

import json
import pathlib
import subprocess
import sys

LIST = pathlib.Path(__file__).with_name("reach.txt")


def wanted(target):
    """Files and parts of functions' names that the target must reach."""
    files, functions = [], []
    for line in LIST.read_text().splitlines():
        words = line.split()
        if not words or line.startswith("#") or words[0] != target:
            continue
        (files if "/" in words[1] else functions).extend(words[1:])
    return files, functions


def main():
    target = sys.argv[1]
    files, functions = wanted(target)
    if not files or not functions:
        sys.exit(f"reach.txt says nothing of {target}")
    data = json.load(sys.stdin)["data"][0]
    failed = False
    for name in files:
        found = [one for one in data["files"] if f"/{one['filename']}".endswith("/" + name)]
        if not found:
            print(f"{name}: is not in the target")
            failed = True
            continue
        lines = found[0]["summary"]["lines"]
        parts = found[0]["summary"]["functions"]
        print(
            f"  {name}: {lines['covered']} of {lines['count']} lines ({lines['percent']:.0f} %),"
            f" {parts['covered']} of {parts['count']} functions"
        )
        failed = failed or lines["covered"] == 0
    names = [function["name"].split(":")[-1] for function in data["functions"]]
    plain = subprocess.run(
        ["llvm-cxxfilt-16"], input="\n".join(names), capture_output=True, text=True, check=True
    ).stdout.splitlines()
    for name in functions:
        runs = sum(
            function["count"]
            for function, text in zip(data["functions"], plain)
            if name in text.partition("(")[0] or f"{name}(" in text
        )
        if runs == 0:
            print(f"  {name} was never reached")
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
