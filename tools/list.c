/* SPDX-License-Identifier: MIT */
/*
 * list.c: the drives of this machine.
 */
#include "machine.h"
#include "subcommands.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <nvu/nvu.h>
#include <stdio.h>
#include <stdlib.h>

static void put(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, json_object_new_string(text));
}

static struct json_object *drive_json(const struct nvu_found *found)
{
	struct json_object *object = json_object_new_object(), *array = json_object_new_array();
	struct drive_text text;
	struct uses uses;
	char id[16];

	machine_read_text(found->address, &text);
	machine_read_uses(found->address, &uses);
	for (uint32_t i = 0; i < uses.count; i++)
		json_object_array_add(array, json_object_new_string(uses.lines[i]));
	put(object, "address", found->address);
	put(object, "driver", found->driver);
	put(object, "node", text.ctrl);
	put(object, "model", text.model);
	put(object, "serial", text.serial);
	(void)snprintf(id, sizeof(id), "%04x:%04x", found->pci_vendor, found->pci_device);
	put(object, "pci_id", id);
	json_object_object_add(object, "iommu_group", json_object_new_int(found->group));
	json_object_object_add(object, "numa_node", json_object_new_int(found->numa_node));
	json_object_object_add(object, "ready",
			       json_object_new_boolean(found->flags & NVU_FOUND_VFIO &&
						       !found->user && !found->obstacle[0]));
	json_object_object_add(object, "user_pid", json_object_new_int(found->user));
	put(object, "user", found->user_name);
	put(object, "obstacle", found->obstacle);
	json_object_object_add(object, "uses", array);
	return object;
}

static void show_state(const struct nvu_found *found)
{
	struct uses uses;

	machine_read_uses(found->address, &uses);
	for (uint32_t i = 0; i < uses.count; i++)
		printf("    %s\n", uses.lines[i]);
	if (found->user)
		printf("    in use by process %" PRId32 " (%s)\n", found->user, found->user_name);
	if (found->group < 0)
		printf("    no IOMMU group: `nvu doctor %s`\n", found->address);
	else if (found->obstacle[0])
		printf("    in its IOMMU group %s\n", found->obstacle);
	if (found->flags & NVU_FOUND_VFIO)
		printf("    %s; `nvu give %s` returns it to the kernel's driver\n",
		       found->user ? "bound for userspace" : "ready for nvu", found->address);
	else if (!uses.count)
		printf("    not in use; `nvu take %s` binds it for nvu\n", found->address);
}

static void show_drive(const struct nvu_found *found)
{
	struct drive_text text;

	machine_read_text(found->address, &text);
	printf("%s  %s  group %" PRId32 "  %04x:%04x  %s%s%s%s%s\n", found->address,
	       found->driver[0] ? found->driver : "no driver", found->group, found->pci_vendor,
	       found->pci_device, text.ctrl, text.ctrl[0] ? "  " : "", text.model,
	       text.serial[0] ? "  " : "", text.serial);
	show_state(found);
}

int run_list(const struct args *args, struct drive *drive)
{
	struct nvu_found *found = calloc(FOUND_MAX, sizeof(*found));
	struct json_object *array = json_object_new_array();
	int count;

	(void)drive;
	if (!found)
		return cli_complain(args->subcommand, EXIT_FAILED, "out of memory");
	found[0].size = sizeof(*found);
	count = nvu_discover(found, FOUND_MAX);
	for (int i = 0; i < count && i < FOUND_MAX; i++) {
		if (cli_has(args, O(JSON)))
			json_object_array_add(array, drive_json(&found[i]));
		else
			show_drive(&found[i]);
	}
	if (count >= 0 && cli_has(args, O(JSON)))
		printf("%s\n", json_object_to_json_string_ext(array, JSON_C_TO_STRING_PRETTY));
	else if (!count)
		printf("no NVMe drives; `mock:` needs none\n");
	json_object_put(array);
	free(found);
	return count < 0 ? cli_complain_nvu(args, count) : 0;
}
