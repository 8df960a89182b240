#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""man/generate and lib/make_map: what they make of a header, and what they refuse to overlook."""
import subprocess

import tree

HEADER = """/* SPDX-License-Identifier: MIT */
/*
 * nvu/qpair.h: the I/O path. One thread:
 *
 *	nvu_read(qpair, 7); first
 */
#ifndef NVU_QPAIR_H
#define NVU_QPAIR_H

/* Flags of struct nvu_opts. */
#define NVU_FAST (1u << 0) /* be quick */
/* Be
 * slow. */
#define NVU_SLOW (1u << 1)

/* How to do it. */
struct nvu_opts {
	/* What is
	 * wanted. */
	uint32_t a_size;
	uint32_t flags; /* NVU_... */
	void (*fn)(int x, int y); /* is called */
};

/* What was wrong. */
enum nvu_wrong {
	NVU_FIRST = 1, /* one */
	/* both of these */
	NVU_SECOND, /* two */
	NVU_THIRD /* three */
};

enum { NVU_A = 0, NVU_B = 1 };

/* Help for it. */
static inline int nvu_help(int x)
{
	return nvu_read(x);
}

/**
 * nvu_read() - queue a
 * read
 * @qpair: a queue pair; see nvu_ns_get(), nvu/ns.h
 *	  and more
 * @done: called with it
 *
 * It is sent. With @done:
 * - this one
 *   goes on
 * - that one
 *
 * Return: 0; -EINVAL wrong; -EIO or -ENODEV it has gone; or > 0. The queue pair's
 * thread. Since 0.1.
 */
NVU_API int nvu_read(struct nvu_qpair *qpair,
		     void (*done)(void *arg, int ret));
"""
NS = """/* nvu/ns.h: namespaces. */
/**
 * nvu_ns_get() - get one
 *
 * Return: it. Any thread. Since 0.1.
 */
NVU_API int nvu_ns_get(void) NVU_WRITES(1, 2);
"""
MAN = tree.SCRIPTS.parent / "man/generate"
MAP = tree.SCRIPTS.parent / "lib/make_map"


class Generated(tree.TreeTest):
    def setUp(self):
        super().setUp()
        self.write("include/nvu/qpair.h", HEADER)
        self.write("include/nvu/ns.h", NS)

    def page(self, name="nvu_qpair.3"):
        return self.check(MAN, "--page", name, self.root / "include")

    def text(self):
        status, text = self.page()
        self.assertEqual(status, 0, text)
        return text

    def symbols(self):
        return self.check(MAP, self.root / "include/nvu/qpair.h", self.root / "include/nvu/ns.h")

    def test_listing_has_pages_and_functions(self):
        listing = self.check(MAN, "--list", self.root / "include")
        self.assertEqual(listing, (0, "nvu_ns.3 nvu_ns_get\nnvu_qpair.3 nvu_help nvu_read\n"))

    def test_name_and_synopsis(self):
        text = self.text()
        self.assertIn("nvu_qpair(3)\n\n# NAME\n\nnvu\\_help, nvu\\_read - the I/O path\n", text)
        self.assertIn("```\n#include <nvu/qpair.h>\n\nint nvu_help(int x);\n"
                      "int nvu_read(struct nvu_qpair *qpair, void (*done)(void *arg, int ret));\n```\n", text)

    def test_description_has_the_head_and_its_code(self):
        self.assertIn("# DESCRIPTION\n\nThe I/O path. One thread:\n\n```\nnvu_read(qpair, 7); first\n```\n",
                      self.text())

    def test_function_has_all_of_its_comment(self):
        text = self.text()
        for words in ("## nvu\\_read()\n\nQueue a read.\n",
                      "_qpair_\n\tA queue pair; see *nvu\\_ns\\_get*(3), *nvu\\_ns*(3) and more.\n",
                      "_done_\n\tCalled with it.\n", "It is sent. With _done_:\n",
                      "- this one goes on\n- that one\n",
                      "*0*\n\tSuccess.\n", "*-EINVAL*\n\tWrong.\n",
                      "*-EIO* or *-ENODEV*\n\tIt has gone.\n", "Or > 0.\n",
                      "\nThe queue pair's thread. Since 0.1.\n"):
            self.assertIn(words, text)

    def test_members_values_and_macros_have_their_comments(self):
        text = self.text()
        for words in ("## struct nvu\\_opts\n\nHow to do it.\n",
                      "uint32\\_t *a\\_size*\n\tWhat is wanted.\n", "uint32\\_t *flags*\n\t*NVU\\_...*\n",
                      "void (\\**fn*)(int x, int y)\n\tis called\n",
                      "## enum nvu\\_wrong\n\nWhat was wrong.\n", "*NVU\\_FIRST* = 1\n\tone\n",
                      "both of these\n\n*NVU\\_SECOND*\n\ttwo\n", "*NVU\\_THIRD*\n\tthree\n",
                      "NVU_A = 0, NVU_B = 1\n", "## Flags of struct nvu\\_opts\n",
                      "*NVU\\_FAST* (1u << 0)\n\tbe quick\n", "*NVU\\_SLOW* (1u << 1)\n\tBe slow.\n"):
            self.assertIn(words, text)
        self.assertNotIn("NVU\\_QPAIR\\_H", text)

    def test_page_is_what_scdoc_takes(self):
        text = self.text()
        try:
            done = subprocess.run(["scdoc"], input=text, text=True, capture_output=True, check=False)
        except FileNotFoundError:
            self.skipTest("no scdoc")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_function_without_a_comment_is_refused(self):
        self.write("include/nvu/ns.h", NS + "\nNVU_API int nvu_ns_next(void);\n")
        status, text = self.page()
        self.assertEqual(status, 1, text)
        self.assertIn('no comment of the form "nvu_ns_next() - summary" above it', text)

    def test_declaration_that_cannot_be_read_is_refused(self):
        self.write("include/nvu/ns.h", NS + "\nNVU_API extern int nvu_odd;\n")
        for status, text in (self.page(), self.symbols()):
            self.assertEqual(status, 1, text)
            self.assertIn("NVU_API", text)

    def test_header_without_a_head_is_refused(self):
        self.write("include/nvu/ns.h", NS.replace("nvu/ns.h: ", ""))
        self.assert_reports(self.page(), "at its head")

    def test_page_without_a_header_is_refused(self):
        self.assert_reports(self.page("nvu_gone.3"), "there is no header for this page")

    def test_map_has_the_functions_in_order(self):
        self.assertEqual(self.symbols(), (0, "/* SPDX-License-Identifier: MIT */\nNVU_UNRELEASED {\nglobal:\n"
                                             "\tnvu_ns_get;\n\tnvu_read;\nlocal:\n\t*;\n};\n"))

    def test_map_of_no_functions_is_refused(self):
        self.write("include/nvu/qpair.h", "")
        self.write("include/nvu/ns.h", "")
        self.assert_reports(self.symbols(), "no NVU_API function")


if __name__ == "__main__":
    tree.main()
