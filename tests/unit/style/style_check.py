#!/usr/bin/env python3
"""Checks what the compiler can't: who may include whom, sizes, names, and what is banned where.

    style_check.py ROOT

Prints `file:line: rule: what is wrong` for every finding and exits 1 when there is one. The rules
are ARCHITECTURE.md's and CONTRIBUTING.md's. One line can be excused, with a reason, by a comment:

    std::this_thread::sleep_for(10ms);  // style(sleep): a child process has no event to wait for
"""

import re
import sys
from pathlib import Path

# Who may include whom. `queue/pg` knows nothing about jobs, so it is a unit of its own.
GRAPH = {
    "base": set(),
    "config": {"base"},
    "queue/pg": {"base"},
    "queue": {"queue/pg", "config", "base"},
    "media": {"base"},
    "notify": {"queue/pg", "base"},
    "translate": {"queue/pg", "base"},
    "commerce": {"queue/pg", "base"},
}
DOMAIN = {"base", "config", "queue/pg", "queue", "media", "notify", "translate", "commerce"}
GRAPH["jobs"] = set(DOMAIN)
GRAPH["admin/http"] = {"base", "media"}
GRAPH["admin/access"] = {"admin/http", "queue/pg", "base"}
GRAPH["admin/api"] = DOMAIN | {"jobs", "admin/http", "admin/access"}
ADMIN = {"admin", "admin/http", "admin/access", "admin/api", "dashboard"}
GRAPH["admin"] = DOMAIN | {"jobs"} | ADMIN
GRAPH["dashboard"] = {"admin/http"}
GRAPH["worker"] = DOMAIN | {"jobs"} | ADMIN
GRAPH["tests"] = DOMAIN | {"jobs", "worker"} | ADMIN
GRAPH["bench"] = DOMAIN | {"jobs", "worker", "tests"} | ADMIN

# Third-party headers that only one place may see, so that they can be replaced in one place.
HEADER_HOMES = {
    r"libpq-fe\.h|libpq/": ("queue/pg", "tests", "bench"),
    r"curl/": ("base", "tests"),
    r"vips/": ("media", "tests", "bench"),
    r"seccomp\.h": ("media",),
    r"spdlog/": ("base",),
    r"toml\+\+/": ("config",),
    r"gumbo\.h": ("translate",),
    r"CLI/": ("worker", "bench"),
    r"openssl/": ("base", "media", "admin/access", "tests", "bench"),
    r"sodium\.h": ("admin/access",),
    r"nghttp2/": ("base", "bench"),
    r"unicode/": ("base", "notify", "translate", "tests"),
}

# Raw handles of C libraries stay where they are wrapped.
HANDLE_HOMES = {
    r"\b(PGconn|PGresult|PGcancel|PGnotify)\b": ("queue/pg", "tests", "bench"),
    r"\b(CURL|CURLM|CURLSH|curl_slist)\b": ("base", "tests"),
    r"\b(VipsImage|VImage|VipsObject)\b": ("media", "tests", "bench"),
}

MAX_COLUMNS = 100
MAX_FILE_LINES = 400
MAX_TEST_FILE_LINES = 600
MAX_FUNCTION_LINES = 70
MAX_TEST_FUNCTION_LINES = 100

PASCAL = re.compile(r"[A-Z][A-Za-z0-9]*$")
SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*$")
EXCUSE = re.compile(r"//.*\bstyle\(([a-z-]+)\): \S")


class Finding:
    def __init__(self, path, line, rule, text):
        self.path, self.line, self.rule, self.text = path, line, rule, text

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.text}"


def unit_of(path):
    """The node of the graph that a repository path belongs to, or None."""
    parts = path.split("/")
    if len(parts) > 2 and "/".join(parts[:2]) in GRAPH:
        return "/".join(parts[:2])
    top = parts[0]
    return top if top in GRAPH else None


def blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


CODE_NOISE = re.compile(
    r"//[^\n]*"  # line comment
    r"|/\*.*?\*/"  # block comment
    r'|R"([^()\\\s]{0,16})\(.*?\)\1"'  # raw string
    r'|"(?:\\.|[^"\\\n])*"'  # string
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'",  # character, but not a digit separator
    re.DOTALL,
)


def strip_noise(text):
    """The code with comments and literals blanked, line by line in place."""
    return CODE_NOISE.sub(blank, text)


def functions(code):
    """(first line, length) of each function body that stands in a namespace or class."""
    stack, statement, line = [], "", 1
    for char in code:
        if char == "\n":
            line += 1
        if char == "{":
            inside = any(kind == "function" for kind, _ in stack)
            head = statement.strip()
            if re.search(r"\bnamespace\b", head) or re.match(r"extern\b", head):
                kind = "scope"
            elif re.search(r"\b(class|struct|union|enum)\b[^()=]*$", head):
                kind = "scope"
            elif "(" in head and not inside:
                kind = "function"
            else:
                kind = "block"
            stack.append((kind, line))
            statement = ""
        elif char == "}":
            if stack:
                kind, first = stack.pop()
                if kind == "function":
                    yield first, line - first + 1
            statement = ""
        elif char == ";":
            statement = ""
        else:
            statement += char


def check_includes(path, lines):
    unit = unit_of(path)
    if unit is None:
        return
    for number, line in enumerate(lines, 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if not match:
            continue
        bracket, header = match.groups()
        if bracket == "<":
            for pattern, homes in HEADER_HOMES.items():
                if re.match(pattern, header) and unit not in homes:
                    yield Finding(path, number, "include", f"<{header}> belongs to {homes[0]}")
            if header == "boost/asio.hpp":
                yield Finding(path, number, "include", "include base/asio.hpp or single headers")
            continue
        target = unit_of(header)
        if target is None:
            yield Finding(path, number, "include", f'"{header}" is no path from the root')
        elif target != unit and target not in GRAPH[unit]:
            allowed = ", ".join(sorted(GRAPH[unit])) or "nothing"
            yield Finding(path, number, "include", f"{unit} may not use {target}, only {allowed}")


def check_size(path, lines, code):
    is_test = path.startswith("tests/")
    limit = MAX_TEST_FILE_LINES if is_test else MAX_FILE_LINES
    if len(lines) > limit:
        yield Finding(path, limit + 1, "file-size", f"{len(lines)} lines, at most {limit}")
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_COLUMNS:
            yield Finding(path, number, "columns", f"{len(line)} columns, at most {MAX_COLUMNS}")
        if "\t" in line:
            yield Finding(path, number, "tab", "indent with four spaces")
        if line != line.rstrip():
            yield Finding(path, number, "blanks", "blanks at the end of the line")
    limit = MAX_TEST_FUNCTION_LINES if is_test else MAX_FUNCTION_LINES
    for first, length in functions(code):
        if length > limit:
            yield Finding(path, first, "function-size", f"{length} lines, at most {limit}")


def check_header(path, lines, code):
    if not path.endswith(".hpp"):
        return
    if not lines or not lines[0].startswith("// "):
        yield Finding(path, 1, "header-comment", "open with its role, ownership and threading")
    if "#pragma once" not in lines:
        yield Finding(path, 1, "pragma-once", "#pragma once is missing")
    for number, line in enumerate(code.splitlines(), 1):
        if re.search(r"\busing\s+namespace\b", line) and not line.startswith("    "):
            yield Finding(path, number, "using-namespace", "not in a header")


BANNED = (
    ("sleep", r"\bthis_thread::sleep_(for|until)\b|(?<![\w:])(::)?(usleep|nanosleep)\s*\("
     r"|(?<![\w.:])(::)?sleep\s*\(", "wait for a signal or a state, with a deadline", ()),
    ("output", r"\bstd::(cout|cerr|clog)\b|\bf?printf\s*\(|\bfmt::print\b",
     "log, or let worker/ print", ("worker", "tests", "bench")),
    ("random", r"\bs?rand\s*\(\s*\)", "use base/crypto.hpp", ()),
    ("exit", r"(?<![\w.>:])(std::|::)?(exit|abort)\s*\(", "throw, and let main decide",
     ("worker", "tests", "bench")),
)


def check_banned(path, code):
    unit = unit_of(path)
    for number, line in enumerate(code.splitlines(), 1):
        for rule, pattern, advice, homes in BANNED:
            if unit not in homes and re.search(pattern, line):
                yield Finding(path, number, rule, advice)
        for pattern, homes in HANDLE_HOMES.items():
            match = re.search(pattern, line)
            if match and unit not in homes:
                yield Finding(path, number, "raw-handle", f"{match[1]} belongs to {homes[0]}")


def check_names(path, code):
    stem = Path(path).stem
    if not SNAKE.match(stem):
        yield Finding(path, 1, "file-name", "files are snake_case")
    for match in re.finditer(r"\b(?:class|struct|union)\s+(?:\[\[\w+\]\]\s*)?(\w+)"
                             r"(?=\s*(?:final\b\s*)?[:{])(?!\s*::)", code):
        if not PASCAL.match(match[1]):
            line = code.count("\n", 0, match.start()) + 1
            yield Finding(path, line, "type-name", f"{match[1]}: types are PascalCase")
    for match in re.finditer(r"\benum\s+(?:class\s+)?(\w+)\s*(?::[^{;]*)?\{([^}]*)\}", code):
        line = code.count("\n", 0, match.start()) + 1
        if not PASCAL.match(match[1]):
            yield Finding(path, line, "type-name", f"{match[1]}: types are PascalCase")
        for item in match[2].split(","):
            name = item.split("=")[0].strip()
            if name and not SNAKE.match(name.rstrip("_")):
                yield Finding(path, line, "enumerator", f"{name}: spelled like the database's")
    for number, line in enumerate(code.splitlines(), 1):
        match = re.match(r"(?:inline |static )*constexpr (?!auto\b)[\w:<>, ]+?[ *&](\w+)\s*"
                         r"(?:\[\w*\]\s*)?[={]", line)
        # npos is the standard's own name for what it is.
        if match and match[1] != "npos" and not re.match(r"k[A-Z0-9]", match[1]):
            yield Finding(path, number, "constant", f"{match[1]}: constants are kName")


def check_text(path, text):
    """All findings of one C++ file. That an included file exists is the compiler's business."""
    lines = text.splitlines()
    code = strip_noise(text)
    found = [
        *check_includes(path, lines),
        *check_size(path, lines, code),
        *check_header(path, lines, code),
        *check_banned(path, code),
        *check_names(path, code),
    ]
    if text and not text.endswith("\n"):
        found.append(Finding(path, len(lines), "end-of-file", "the last line has no line end"))
    return [f for f in found if not excused(f, lines)]


def excused(finding, lines):
    if not 0 < finding.line <= len(lines):
        return False
    match = EXCUSE.search(lines[finding.line - 1])
    return match is not None and match[1] == finding.rule


def sources(root):
    for top in sorted({unit.split("/")[0] for unit in GRAPH}):
        # What npm installs is nobody's source here, and there is a lot of it.
        for path in sorted((root / top).glob("*") if top == "dashboard" else (root / top).rglob("*")):
            if path.suffix in (".cpp", ".hpp") and path.is_file():
                yield path


def main(arguments):
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    root = Path(arguments[1])
    findings, count = [], 0
    for path in sources(root):
        count += 1
        name = path.relative_to(root).as_posix()
        findings += check_text(name, path.read_text(encoding="utf-8"))
    for finding in findings:
        print(finding)
    if count == 0:
        print(f"no sources under {root}", file=sys.stderr)
        return 2
    print(f"{count} files, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
