#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""scripts/check-docs finds what is undocumented or exported by accident."""
import subprocess

import tree

COMMENT = """/**
 * nvu_read() - queue a read
 * @qpair: a queue pair
 * @done: called with it
 *
 * Return: 0. Since 0.1.
 */
"""
PROTOTYPE = "int nvu_read(struct nvu_qpair *qpair,\n\t     void (*done)(void *arg, int ret))"
SOURCE = "__attribute__((visibility(\"default\"))) int {}(void) {{ return 0; }}\n"


class Project(tree.TreeTest):
    def project(self, header=COMMENT + "NVU_API " + PROTOTYPE + ";\n", symbols=("nvu_read",)):
        self.write("include/nvu/qpair.h", header)
        self.write("man/nvu.7.scd", "nvu_read() reads.\n")
        source = self.write("a.c", "".join(SOURCE.format(name) for name in symbols))
        library = self.root / "libnvu.so"
        subprocess.run([*tree.CC, "-shared", "-fPIC", "-nostdlib", source, "-o", library],
                       check=True)
        return self.check("check-docs", "--root", self.root, "--library", library)


class Docs(Project):
    def test_documented_function_passes(self):
        self.assert_clean(self.project())

    def test_missing_comment_is_reported_with_its_line(self):
        self.assert_reports(self.project(header="\nNVU_API " + PROTOTYPE + ";\n"),
                            "include/nvu/qpair.h:2: nvu_read(): no kernel-doc comment")

    def test_comment_of_another_function_is_reported(self):
        header = COMMENT.replace("nvu_read()", "nvu_write()") + "NVU_API " + PROTOTYPE + ";\n"
        self.assert_reports(self.project(header=header), "the comment is about nvu_write()")

    def test_undocumented_parameter_is_reported(self):
        header = COMMENT.replace(" * @done: called with it\n", "") + "NVU_API " + PROTOTYPE + ";\n"
        self.assert_reports(self.project(header=header), "parameter done is not documented")

    def test_documented_parameter_that_is_none_is_reported(self):
        header = COMMENT.replace("@done", "@gone") + "NVU_API " + PROTOTYPE + ";\n"
        self.assert_reports(self.project(header=header), "documents gone, which is no parameter")

    def test_missing_return_is_reported(self):
        header = COMMENT.replace("Return: 0. ", "") + "NVU_API " + PROTOTYPE + ";\n"
        self.assert_reports(self.project(header=header), "does not say what it returns")

    def test_void_needs_no_return(self):
        header = COMMENT.replace("Return: 0. ", "") + "NVU_API void" + PROTOTYPE[3:] + ";\n"
        self.assert_clean(self.project(header=header))

    def test_missing_since_is_reported(self):
        header = COMMENT.replace(" Since 0.1.", "") + "NVU_API " + PROTOTYPE + ";\n"
        self.assert_reports(self.project(header=header), "does not say since when")

    def test_declaration_without_export_is_reported(self):
        self.assert_reports(self.project(header=COMMENT + PROTOTYPE + ";\n"),
                            "nvu_read(): declared without NVU_API")

    def test_function_named_like_a_struct_is_reported(self):
        header = "struct nvu_read {\n\tint a;\n};\n" + COMMENT + "NVU_API " + PROTOTYPE + ";\n"
        self.assert_reports(self.project(header=header), "nvu_read(): a struct has this name")

    def test_function_that_is_not_exported_is_reported(self):
        self.assert_reports(self.project(symbols=()), "nvu_read(): not exported by libnvu.so")

    def test_accidental_export_is_reported(self):
        self.assert_reports(self.project(symbols=("nvu_read", "qpair_read")),
                            "libnvu.so: exports qpair_read")

    def test_document_that_names_what_exists_passes(self):
        self.write("README.md", "`nvu_read()` is declared in `nvu/qpair.h`; see `man/nvu.7.scd`.\n")
        self.assert_clean(self.project())

    def test_document_that_names_a_missing_function_is_reported(self):
        self.write("README.md", "# Title\n\nCall `nvu_raed()`.\n")
        self.assert_reports(self.project(), "README.md:3: there is no nvu_raed()")

    def test_document_that_names_a_missing_file_is_reported(self):
        self.write("README.md", "See `nvu/gone.h`.\n")
        self.assert_reports(self.project(), "README.md:1: there is no nvu/gone.h")

    def test_document_in_a_folder_is_looked_at(self):
        self.write("docs/why/a.md", "Call `nvu_raed()`.\n")
        self.assert_reports(self.project(), "docs/why/a.md:1: there is no nvu_raed()")

    def test_links_that_lead_somewhere_pass(self):
        self.write("docs/b.md", "[up](../README.md#title), [out](https://example.com/x)\n")
        self.write("README.md", "[b](docs/b.md)\n")
        self.assert_clean(self.project())

    def test_link_to_nowhere_is_reported(self):
        self.write("docs/b.md", "\n[up](README.md)\n")
        self.assert_reports(self.project(), "docs/b.md:2: the link to README.md leads nowhere")

    TABLE = "| what | how | test |\n|---|---|---|\n| **group** | | |\n| a | b | {} |\n"

    def test_table_of_tests_that_run_passes(self):
        self.write("test/a.c", "static void a_works(void **state)\n{ RIG_TEST(a_works), }\n")
        self.write("SECURITY.md", self.TABLE.format("`a_works()`"))
        self.assert_clean(self.project())

    def test_table_row_without_a_test_is_reported(self):
        self.write("SECURITY.md", self.TABLE.format("surely"))
        self.assert_reports(self.project(), "SECURITY.md:4: names no test")

    def test_table_row_with_a_test_that_does_not_run_is_reported(self):
        self.write("test/a.c", "static void a_works(void **state)\n")
        self.write("SECURITY.md", self.TABLE.format("`a_works()`"))
        self.assert_reports(self.project(), "SECURITY.md:4: a_works() is no test case that runs")

    def test_banned_word_in_a_document_is_reported_with_a_better_one(self):
        self.write("README.md", "# Title\n\nThe queues are made anew.\n")
        self.assert_reports(self.project(), "README.md:3: the word 'anew': better: again, re-create")

    def test_banned_words_of_two_parts_and_in_capitals_are_reported(self):
        self.write("docs/a.md", "It waits for ever.\nWhoever calls it.\n")
        found = self.project()
        self.assert_reports(found, "docs/a.md:1: the word 'for ever'")
        self.assert_reports(found, "docs/a.md:2: the word 'Whoever'")

    def test_banned_word_in_a_comment_of_a_folder_that_is_done_is_reported(self):
        self.write("lib/transport/vfio/a.c", "int a; /* the kernel is told */\n")
        self.assert_reports(self.project(), "lib/transport/vfio/a.c:1: the word 'told'")

    def test_banned_word_in_a_comment_of_a_test_is_reported(self):
        self.write("test/mock/a.c", "int a; /* a fault strikes */\n")
        self.write("test/vm/suites/a.sh", "# It waits for ever.\n")
        found = self.project()
        self.assert_reports(found, "test/mock/a.c:1: the word 'strikes'")
        self.assert_reports(found, "test/vm/suites/a.sh:1: the word 'for ever'")

    def test_doorbell_that_is_rung_passes_and_a_rung_does_not(self):
        self.write("README.md", "The doorbell is rung.\nThe last rung is a reset.\n")
        found = self.project()
        self.assert_reports(found, "README.md:2: the word 'rung'")
        self.assertNotIn("README.md:1", found[1])

    def test_banned_word_in_a_manual_page_is_reported(self):
        self.write("man/nvu-a.1.scd", "nvu-a(1)\n\nA fault strikes.\n")
        self.assert_reports(self.project(), "man/nvu-a.1.scd:3: the word 'strikes'")

    def test_banned_word_in_a_header_is_reported(self):
        self.assert_reports(self.project(header="/* An odd one. */\n" + COMMENT + "NVU_API " + PROTOTYPE + ";\n"),
                            "include/nvu/qpair.h:1: the word 'odd'")

    def test_banned_word_in_the_name_of_a_test_case_is_reported(self):
        self.write("test/unit/a.c", "int x;\n\tRIG_TEST(resets_are_told_once),\n")
        self.assert_reports(self.project(), "test/unit/a.c:2: the word 'told'")

    def test_word_that_contains_a_banned_one_passes(self):
        self.write("README.md", "The odds of `faults_struck` are untold.\n")
        self.assert_clean(self.project())


FAULT_FILES = {
    "lib/mock/faults/faults.def": 'FAULT(DROP, WORD("drop"), COMMAND, USES_NOTHING,\n      "",\n      "never")\n'
                                  'FAULT(LATE, NO_WORD, NOW, USES_DELAY,\n      "none",\n      "later")\n',
    "include/nvu/mock.h": "enum nvu_mock_fault_kind {\n\tNVU_MOCK_FAULT_DROP = 1, /* never complete */\n"
                          "\t/* Complete\n\t * after .delay. */\n\tNVU_MOCK_FAULT_LATE,\n};\n",
    "man/nvu_mock.7.scd": "# FAULTS\n\n*drop*\n\tNever.\n\n*NVU_MOCK_FAULT_LATE*\n\tLater\n\t(0: none).\n\n"
                          "*op=*_n_\n\tA field.\n\n# MORE\n\n*other*\n\tNo kind.\n",
    "SECURITY.md": "| what | how to inject it | done |\n|---|---|---|\n| lost, late | DROP, LATE | - |\n",
}


class Faults(Project):
    """The kinds of faults are documented everywhere, and no other is."""
    def faults(self, name=None, before="", after=""):
        for path, text in FAULT_FILES.items():
            self.write(path, text.replace(before, after) if path == name else text)
        return self.project()

    def test_documented_kinds_pass(self):
        self.assert_clean(self.faults())

    def test_kind_missing_in_the_header_is_reported(self):
        self.assert_reports(self.faults("include/nvu/mock.h", "NVU_MOCK_FAULT_LATE", ""),
                            "include/nvu/mock.h: the kind of fault LATE is missing")

    def test_field_missing_in_the_header_is_reported(self):
        self.assert_reports(self.faults("include/nvu/mock.h", ".delay", "a while"),
                            "include/nvu/mock.h:5: LATE reads .delay, which is not named")

    def test_field_that_is_not_read_is_reported(self):
        self.assert_reports(self.faults("include/nvu/mock.h", "never", ".value:"),
                            "include/nvu/mock.h:2: names .value, which DROP does not read")

    def test_kind_missing_in_the_manual_is_reported(self):
        self.assert_reports(self.faults("man/nvu_mock.7.scd", "*drop*", "none"),
                            "man/nvu_mock.7.scd: the kind of fault drop is missing")

    def test_definition_of_no_kind_is_reported(self):
        self.assert_reports(self.faults("man/nvu_mock.7.scd", "*drop*", "*lose*\n\tLose it.\n\n*drop*"),
                            "man/nvu_mock.7.scd: lose is no kind of fault")

    def test_sentence_that_is_not_that_of_the_row_is_reported(self):
        self.assert_reports(self.faults("man/nvu_mock.7.scd", "Never", "Seldom"),
                            "man/nvu_mock.7.scd: drop: the row of lib/mock/faults/faults.def says: Never.")

    def test_meaning_of_zero_that_is_not_that_of_the_row_is_reported(self):
        self.assert_reports(self.faults("man/nvu_mock.7.scd", "0: none", "0: soon"),
                            "man/nvu_mock.7.scd: NVU_MOCK_FAULT_LATE: the row")

    def test_kind_missing_in_the_table_of_bugs_is_reported(self):
        self.assert_reports(self.faults("SECURITY.md", "DROP, ", ""),
                            "SECURITY.md: the kind of fault DROP is missing")

    def test_kind_of_no_row_in_the_table_of_bugs_is_reported(self):
        self.assert_reports(self.faults("SECURITY.md", "DROP, ", "DROP, LOSE, "),
                            "SECURITY.md: LOSE is no kind of fault")


if __name__ == "__main__":
    tree.main()
