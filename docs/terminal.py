#!/usr/bin/env python3
"""Draws docs/terminal.svg: runs examples/fashion-mnist/tpe-asha.yaml for real (half a minute) and shows what was printed.

Usage: docs/terminal.py [HONE]      (build/hone)
"""
import html
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WIDTH = 118
# A command, and how many lines of its output from the beginning and from the end; between them is a line of "…".
SHOWN = [("hone run examples/fashion-mnist/tpe-asha.yaml", 8, 15), ("hone trials tpe-asha --top 5", 6, 0),
         ("hone explain tpe-asha {best}", 9, 0), ("hone replay tpe-asha", 1, 0)]


def main():
    hone = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "build/hone"))
    lines, best = [], ""
    with tempfile.TemporaryDirectory(prefix="hone-picture-") as folder:
        os.symlink(os.path.join(ROOT, "examples"), os.path.join(folder, "examples"))
        for command, first, last in SHOWN:
            command = command.format(best=best)
            out = subprocess.run([hone, *command.split()[1:]], cwd=folder, check=True, capture_output=True, text=True).stdout
            said = out.replace(os.path.realpath(folder), "~/fashion").splitlines()
            if len(said) > first + last:
                said = said[:first] + ["…"] + said[len(said) - last:]
            lines += ["$ " + command, *said]
            best = next((line.split()[2].rstrip(":") for line in said if line.startswith("best ")), best)
    with open(os.path.join(ROOT, "docs/terminal.svg"), "w", encoding="utf-8") as svg:
        svg.write(draw(lines))


def colour(line):
    if line.startswith("$ "):
        return "#98c379"
    return "#e5c07b" if line.startswith(("best ", "identical")) or line.endswith("(best so far)") else "#abb2bf"


def draw(lines):
    out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 891 %d" font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" '
           'font-size="12">' % (16 * len(lines) + 50), '<rect width="100%" height="100%" rx="8" fill="#1b1f27"/>']
    out += ['<circle cx="%d" cy="16" r="5" fill="%s"/>' % dot for dot in ((18, "#e06c75"), (36, "#e5c07b"), (54, "#98c379"))]
    for at, line in enumerate(lines):
        cut = line if len(line) <= WIDTH else line[:WIDTH - 1] + "…"
        out.append('<text x="15" y="%d" fill="%s" xml:space="preserve">%s</text>' % (44 + 16 * at, colour(line), html.escape(cut)))
    return "\n".join(out + ["</svg>", ""])


if __name__ == "__main__":
    main()
