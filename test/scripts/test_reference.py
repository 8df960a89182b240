#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""scripts/check-reference finds a map and a page that are not what the headers say."""
import tree

HEADER = """/**
 * nvu_read() - queue a read
 * @qpair: a queue pair
 *
 * It is sent by nvu_submit().
 *
 * Return: 0. Since 0.1.
 */
NVU_API int nvu_read(struct nvu_qpair *qpair);
"""


class Reference(tree.TreeTest):
    def project(self, header=HEADER, name="qpair.h"):
        self.write(f"include/nvu/{name}", header)
        for folder in ("lib", "man"):
            (self.root / folder).mkdir(exist_ok=True)

    def reference(self, *args):
        return self.check("check-reference", "--root", self.root, *args)

    def text(self, path):
        return (self.root / path).read_text(encoding="utf-8")

    def test_what_is_made_passes(self):
        self.project()
        self.assert_clean(self.reference("--write"))
        self.assert_clean(self.reference())
        self.assertIn("global:\n\tnvu_read;\nlocal:", self.text("lib/nvu.map"))
        page = self.text("man/nvu-functions.7.scd")
        for words in ("int nvu_read(struct nvu_qpair *qpair);", "\n@qpair: a queue pair\n",
                      "\nIt is sent by nvu_submit().\n"):
            self.assertIn(words, page)

    def test_function_that_is_new_is_reported(self):
        self.project()
        self.reference("--write")
        self.project(HEADER + HEADER.replace("nvu_read", "nvu_write"))
        self.assert_reports(self.reference(), "+\tnvu_write;")

    def test_comment_that_is_new_is_reported(self):
        self.project()
        self.reference("--write")
        self.project(HEADER.replace("a queue pair", "one of the queue pairs"))
        self.assert_reports(self.reference(), "man/nvu-functions.7.scd: not what")

    def test_function_of_the_printing_library_is_in_the_page_only(self):
        self.project()
        self.project(HEADER.replace("nvu_read", "nvu_print"), "print.h")
        self.assert_clean(self.reference("--write"))
        self.assertNotIn("nvu_print", self.text("lib/nvu.map"))
        self.assertIn("int nvu_print(", self.text("man/nvu-functions.7.scd"))

    def test_folder_without_functions_is_reported(self):
        self.project("")
        self.assert_reports(self.reference("--write"), "no function found")


if __name__ == "__main__":
    tree.main()
