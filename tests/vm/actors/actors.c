/* The actors of the laboratory's stories, one program: `actors PART name=… key=value …`.
 * Sizes in MiB, rates in MiB/s or KiB/s, times in ms. */
#define _GNU_SOURCE
#include "craft.h"
#include "parts.h"
#include <string.h>
#include <sys/prctl.h>

static const struct {
    const char *name;
    void (*play)(void);
} parts[] = {
    {"leak", leak},       {"group", group},   {"nursery", nursery},     {"storm", storm},
    {"browser", browser}, {"burst", burst},   {"spill", spill},         {"fill-tmp", fillTmp},
    {"stuck", stuck},     {"unswap", unswap}, {"reload", reload},       {"work", work},
    {"workers", workers}, {"stream", stream}, {"hold", hold},           {"turns", turns},
    {"copy", copy},       {"build", build},   {"bystander", bystander}, {"many", many},
    {"crew", crew},       {"slay", slay},     {"snapshot", snapshot},   {"pool", pool},
    {"locked", locked},   {"tables", tables}, {"crash", crash},
};

int main(int count, char **argv)
{
    if (count < 2) return 2;
    prepare(argv + 1);
    prctl(PR_SET_NAME, word("name", argv[1]));
    enterCgroup();
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strcmp(parts[i].name, argv[1])) parts[i].play();
    return 2;
}
