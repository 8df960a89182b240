/* SPDX-License-Identifier: MIT */
/*
 * words.c: generated tables aside from any logic: opcode names (Base figure 138) and status codes
 * (Base figures 94 to 99, NVM figures 21 and 22).
 */
#include "base/words.h"

#include <stddef.h>

struct name {
	uint16_t value;
	const char *words;
};

static const struct name admin_opcodes[] = {
	{ 0x00, "Delete I/O Submission Queue" },
	{ 0x01, "Create I/O Submission Queue" },
	{ 0x02, "Get Log Page" },
	{ 0x04, "Delete I/O Completion Queue" },
	{ 0x05, "Create I/O Completion Queue" },
	{ 0x06, "Identify" },
	{ 0x08, "Abort" },
	{ 0x09, "Set Features" },
	{ 0x0a, "Get Features" },
	{ 0x0c, "Asynchronous Event Request" },
	{ 0x0d, "Namespace Management" },
	{ 0x10, "Firmware Commit" },
	{ 0x11, "Firmware Image Download" },
	{ 0x14, "Device Self-test" },
	{ 0x15, "Namespace Attachment" },
	{ 0x18, "Keep Alive" },
	{ 0x19, "Directive Send" },
	{ 0x1a, "Directive Receive" },
	{ 0x1c, "Virtualization Management" },
	{ 0x7c, "Doorbell Buffer Config" },
	{ 0x80, "Format NVM" },
	{ 0x81, "Security Send" },
	{ 0x82, "Security Receive" },
	{ 0x84, "Sanitize" },
};

static const struct name statuses[] = {
	{ 0x000, "success" },
	{ 0x001, "the controller does not know this opcode" },
	{ 0x002, "a field of the command has a value that is not allowed" },
	{ 0x003, "the command identifier is in use already" },
	{ 0x004, "the data could not be transferred" },
	{ 0x005, "the command was aborted by a power loss notification" },
	{ 0x006, "the controller had an internal error" },
	{ 0x007, "the command was aborted on request" },
	{ 0x008, "the command was aborted because its queue was deleted" },
	{ 0x009, "the command was aborted because its fused partner failed" },
	{ 0x00a, "the command was aborted because its fused partner is missing" },
	{ 0x00b, "the namespace is not valid, or its format is not" },
	{ 0x00c, "the command came out of order" },
	{ 0x00d, "an SGL segment descriptor is not valid" },
	{ 0x00e, "the number of SGL descriptors is not valid" },
	{ 0x00f, "the length of the SGL data is not valid" },
	{ 0x010, "the length of the SGL metadata is not valid" },
	{ 0x011, "the type of an SGL descriptor is not valid" },
	{ 0x012, "the controller memory buffer was used in a way that is not valid" },
	{ 0x013, "the offset of a PRP entry is not valid" },
	{ 0x014, "the atomic write unit was exceeded" },
	{ 0x015, "the operation was denied" },
	{ 0x016, "the offset of an SGL descriptor is not valid" },
	{ 0x018, "the host identifier is not consistent" },
	{ 0x019, "the keep alive timer has expired" },
	{ 0x01a, "the keep alive timeout is not valid" },
	{ 0x01b, "the command was aborted by a preempt and abort" },
	{ 0x01c, "the last sanitize operation has failed" },
	{ 0x01d, "a sanitize operation is in progress" },
	{ 0x01e, "the granularity of an SGL data block is not valid" },
	{ 0x01f, "the command is not supported for a queue in the controller memory buffer" },
	{ 0x020, "the namespace is write protected" },
	{ 0x021, "the command was interrupted: try again" },
	{ 0x022, "a transient transport error: try again" },
	{ 0x023, "the command is prohibited by lockdown" },
	{ 0x024, "the media for the command is not ready" },
	{ 0x080, "the LBA range goes past the end of the namespace" },
	{ 0x081, "the capacity was exceeded" },
	{ 0x082, "the namespace is not ready" },
	{ 0x083, "there is a reservation conflict" },
	{ 0x084, "a format is in progress" },
	{ 0x100, "the completion queue is not valid" },
	{ 0x101, "the queue identifier is not valid" },
	{ 0x102, "the queue size is not valid" },
	{ 0x103, "too many abort commands are outstanding" },
	{ 0x105, "too many asynchronous event requests are outstanding" },
	{ 0x106, "the firmware slot is not valid" },
	{ 0x107, "the firmware image is not valid" },
	{ 0x108, "the interrupt vector is not valid" },
	{ 0x109, "the controller does not have this log page" },
	{ 0x10a, "the format is not valid" },
	{ 0x10b, "the firmware needs a conventional reset to be activated" },
	{ 0x10c, "the queue cannot be deleted yet" },
	{ 0x10d, "the feature cannot be saved" },
	{ 0x10e, "the feature cannot be changed" },
	{ 0x10f, "the feature is not specific to a namespace" },
	{ 0x110, "the firmware needs an NVM subsystem reset to be activated" },
	{ 0x111, "the firmware needs a controller reset to be activated" },
	{ 0x114, "the ranges overlap" },
	{ 0x115, "there is not enough capacity for the namespace" },
	{ 0x116, "no namespace identifier is available" },
	{ 0x118, "the namespace is attached already" },
	{ 0x119, "the namespace is private" },
	{ 0x11a, "the namespace is not attached" },
	{ 0x11b, "thin provisioning is not supported" },
	{ 0x11c, "the controller list is not valid" },
	{ 0x11d, "a device self-test is in progress" },
	{ 0x11f, "the controller identifier is not valid" },
	{ 0x180, "the attributes conflict" },
	{ 0x181, "the protection information settings are not valid" },
	{ 0x182, "the range is read-only" },
	{ 0x183, "the command's size limit was exceeded" },
	{ 0x1b8, "the zone boundary was crossed" },
	{ 0x1b9, "the zone is full" },
	{ 0x1ba, "the zone is read-only" },
	{ 0x1bb, "the zone is offline" },
	{ 0x1bc, "the write does not begin at the zone's write pointer" },
	{ 0x1bd, "too many zones are active" },
	{ 0x1be, "too many zones are open" },
	{ 0x1bf, "the zone cannot change to this state" },
	{ 0x280, "a write fault of the media" },
	{ 0x281, "an unrecovered read error of the media" },
	{ 0x282, "the end-to-end guard check failed" },
	{ 0x283, "the end-to-end application tag check failed" },
	{ 0x284, "the end-to-end reference tag check failed" },
	{ 0x285, "the compared data differ" },
	{ 0x286, "access is denied" },
	{ 0x287, "a block was deallocated or never written" },
	{ 0x300, "an internal path error" },
	{ 0x301, "persistent loss of asymmetric access" },
	{ 0x302, "the namespace is inaccessible on this path" },
	{ 0x303, "asymmetric access is in transition" },
	{ 0x360, "a controller path error" },
	{ 0x370, "a host path error" },
	{ 0x371, "the host aborted the command" },
};

static const char *find(const struct name *names, size_t count, unsigned value)
{
	for (size_t i = 0; i < count; i++)
		if (names[i].value == value)
			return names[i].words;
	return NULL;
}

#define FIND(names, value) find(names, sizeof(names) / sizeof((names)[0]), value)

const char *words_admin_opcode(uint8_t opcode)
{
	const char *words = FIND(admin_opcodes, opcode);

	return words ? words : opcode >= 0xc0 ? "vendor specific" : "unknown";
}

const char *words_status(int status)
{
	static const char *const kinds[] = {
		"a generic status that nvu has no words for",
		"a command specific status that nvu has no words for",
		"a media or data integrity error that nvu has no words for",
		"a path error that nvu has no words for",
		"a status of a reserved kind",
		"a status of a reserved kind",
		"a status of a reserved kind",
		"a vendor specific status",
	};
	const char *words = FIND(statuses, (unsigned)status & 0x7ff);

	return words ? words : kinds[(unsigned)status >> 8 & 7];
}
