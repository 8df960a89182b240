/* SPDX-License-Identifier: MIT */
/*
 * feature_rows.h: features by their rows.
 */
#ifndef TOOLS_FEATURE_ROWS_H
#define TOOLS_FEATURE_ROWS_H

/* Their numbers and names, to standard output, for the help. */
void features_list(void);

#endif
