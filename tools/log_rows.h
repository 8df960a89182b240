/* SPDX-License-Identifier: MIT */
/*
 * log_rows.h: log pages by their rows.
 */
#ifndef TOOLS_LOG_ROWS_H
#define TOOLS_LOG_ROWS_H

/* Their numbers and names, to standard output, for the help. */
void logs_list(void);

#endif
