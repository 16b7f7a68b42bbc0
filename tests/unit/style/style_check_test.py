#!/usr/bin/env python3
"""The check itself is checked: each rule finds its bad sample and leaves the good one alone."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import style_check

HEADER = "// A role.\n#pragma once\n"


class StyleCheckTest(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.root = Path(self.scratch.name)
        for name in ("base/a.hpp", "queue/a.hpp", "queue/pg/a.hpp", "media/a.hpp", "jobs/a.hpp"):
            self.write(name, HEADER)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def rules(self, path, text):
        return sorted({f.rule for f in style_check.check_text(path, text)})

    def assert_rule(self, rule, path, bad, good):
        self.assertEqual(self.rules(path, bad), [rule])
        self.assertEqual(self.rules(path, good), [])

    def test_includes_follow_the_graph(self):
        allowed = {
            "config/x.cpp": "base/a.hpp",
            "queue/x.cpp": "queue/pg/a.hpp",
            "notify/x.cpp": "queue/pg/a.hpp",
            "jobs/x.cpp": "media/a.hpp",
            "worker/x.cpp": "jobs/a.hpp",
            "tests/unit/queue/x_test.cpp": "queue/a.hpp",
        }
        for path, header in allowed.items():
            self.assertEqual(self.rules(path, f'#include "{header}"\n'), [], path)
        refused = {
            "base/x.cpp": "queue/a.hpp",
            "queue/pg/x.cpp": "queue/a.hpp",
            "media/x.cpp": "queue/pg/a.hpp",
            "notify/x.cpp": "queue/a.hpp",
            "translate/x.cpp": "media/a.hpp",
            "queue/x.cpp": "jobs/a.hpp",
            "config/x.cpp": "queue/a.hpp",
        }
        for path, header in refused.items():
            self.assertEqual(self.rules(path, f'#include "{header}"\n'), ["include"], path)

    def test_includes_are_rooted(self):
        self.assertEqual(self.rules("base/x.cpp", '#include "a.hpp"\n'), ["include"])
        self.assertEqual(self.rules("base/x.cpp", '#include "../base/a.hpp"\n'), ["include"])

    def test_libraries_stay_at_home(self):
        for header, home, elsewhere in (
            ("libpq-fe.h", "queue/pg/x.cpp", "queue/x.cpp"),
            ("curl/curl.h", "base/x.cpp", "notify/x.cpp"),
            ("vips/vips8", "media/x.cpp", "jobs/x.cpp"),
            ("toml++/toml.h", "config/x.cpp", "worker/x.cpp"),
            ("spdlog/spdlog.h", "base/x.cpp", "worker/x.cpp"),
        ):
            self.assert_rule("include", elsewhere, f"#include <{header}>\n", "#include <set>\n")
            self.assertEqual(self.rules(home, f"#include <{header}>\n"), [], header)
        self.assertEqual(self.rules("base/x.cpp", "#include <boost/asio.hpp>\n"), ["include"])

    def test_files_are_short(self):
        self.assert_rule("file-size", "base/x.cpp", "int a;\n" * 401, "int a;\n" * 400)
        self.assert_rule("file-size", "tests/x.cpp", "int a;\n" * 601, "int a;\n" * 600)

    def test_lines_are_short_and_clean(self):
        self.assert_rule("columns", "base/x.cpp", "//" + "é" * 99 + "\n", "//" + "é" * 98 + "\n")
        self.assert_rule("tab", "base/x.cpp", "\tint a;\n", "    int a;\n")
        self.assert_rule("blanks", "base/x.cpp", "int a; \n", "int a;\n")
        self.assert_rule("end-of-file", "base/x.cpp", "int a;", "int a;\n")

    def test_functions_are_short(self):
        def function(lines):
            return "namespace b {\nvoid f(int a) const {\n" + "    a = {1};\n" * lines + "}\n}\n"

        self.assert_rule("function-size", "base/x.cpp", function(69), function(68))
        method = "class A {\n  public:\n    void f() {\n" + "        g();\n" * 69 + "    }\n};\n"
        self.assertEqual(self.rules("base/x.cpp", method), ["function-size"])
        # A class or a table may be long, and braces in literals don't count.
        self.assertEqual(self.rules("base/x.cpp", "struct A {\n" + "    int a;\n" * 90 + "};\n"), [])
        self.assertEqual(
            self.rules("base/x.cpp", 'void f() {\n    g("{", \'{\', 1\'000);\n}\n' * 40), [])
        self.assertEqual(self.rules("base/x.cpp", 'void f() {\n    g(R"x({{{)x");\n}\n' * 40), [])

    def test_headers_open_with_their_role(self):
        self.assert_rule("header-comment", "base/x.hpp", "#pragma once\n", HEADER)
        self.assert_rule("pragma-once", "base/x.hpp", "// A role.\n", HEADER)
        self.assert_rule("using-namespace", "base/x.hpp", HEADER + "using namespace std;\n",
                         HEADER + "// using namespace std;\n")

    def test_waiting_is_not_sleeping(self):
        for call in ("std::this_thread::sleep_for(1s);", "usleep(5);", "::sleep(1);", "sleep(1);"):
            self.assert_rule("sleep", "tests/x.cpp", f"void f() {{ {call} }}\n",
                             "void f() { co_await sleep_for(1s); timer.sleep(1); }\n")

    def test_only_the_worker_prints_and_exits(self):
        for call, rule in (("std::cout << 1;", "output"), ("printf(x);", "output"),
                           ("std::exit(1);", "exit"), ("abort();", "exit")):
            bad = f"void f() {{ {call} }}\n"
            self.assertEqual(self.rules("queue/x.cpp", bad), [rule], call)
            self.assertEqual(self.rules("worker/x.cpp", bad), [], call)
        self.assertEqual(self.rules("queue/x.cpp", "void f() { session.abort(); }\n"), [])
        self.assertEqual(self.rules("queue/x.cpp", "void f() { snprintf(a, 1, b); }\n"), [])

    def test_raw_handles_stay_at_home(self):
        for handle, home, elsewhere in (("PGconn", "queue/pg/x.cpp", "queue/x.cpp"),
                                        ("CURL", "base/x.cpp", "media/x.cpp"),
                                        ("VipsImage", "media/x.cpp", "jobs/x.cpp")):
            self.assert_rule("raw-handle", elsewhere, f"{handle}* a;\n", f"// {handle}\n")
            self.assertEqual(self.rules(home, f"{handle}* a;\n"), [])

    def test_names(self):
        self.assert_rule("type-name", "base/x.cpp", "struct my_type {};\n", "struct MyType {};\n")
        self.assert_rule("type-name", "base/x.cpp", "enum class kind { a };\n",
                         "enum class Kind { a };\n")
        self.assert_rule("enumerator", "base/x.cpp", "enum class A { One };\n",
                         "enum class A : int { one = 1, two_b, };\n")
        self.assert_rule("constant", "base/x.cpp", "constexpr int max = 3;\n",
                         "constexpr int kMax = 3;\n")
        self.assert_rule("file-name", "base/MyFile.cpp", "int a;\n", "// style(file-name): odd\n")

    def test_an_excuse_needs_its_rule_and_a_reason(self):
        call = "void f() { usleep(5); }"
        self.assertEqual(self.rules("base/x.cpp", f"{call}  // style(sleep): no event\n"), [])
        for excuse in ("// style(sleep):", "// style(tab): no event", "// style: no event"):
            self.assertEqual(self.rules("base/x.cpp", f"{call}  {excuse}\n"), ["sleep"], excuse)

    def run_check(self):
        script = Path(__file__).with_name("style_check.py")
        return subprocess.run([sys.executable, "-B", script, self.root], capture_output=True,
                              text=True, check=False)

    def test_the_program_tells_by_its_exit(self):
        good = self.run_check()
        self.assertEqual((good.returncode, good.stdout), (0, "5 files, 0 findings\n"))
        self.write("media/bad.cpp", '#include "queue/a.hpp"\n')
        bad = self.run_check()
        self.assertEqual(bad.returncode, 1)
        self.assertIn("media/bad.cpp:1: include: media may not use queue, only base", bad.stdout)
        with tempfile.TemporaryDirectory() as empty:
            self.root = Path(empty)
            self.assertEqual(self.run_check().returncode, 2)


if __name__ == "__main__":
    unittest.main()
