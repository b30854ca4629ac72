/* Reads the plan and sets up its swap and files. */
#define _GNU_SOURCE
#include "course.h"
#include "plan.h"
#include "record.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <unistd.h>

static char text[PLAN_BYTES + 1] __attribute__((aligned(4096)));

/* A swap area is a page with its size in pages and the magic at its end; see swap_header. */
static void swapOn(const char *path, long mib)
{
    static char page[4096] __attribute__((aligned(4096)));
    unsigned lastPage = (unsigned)(mib * 256 - 1), version = 1;
    memcpy(page + 1024, &version, 4);
    memcpy(page + 1028, &lastPage, 4);
    memcpy(page + 4086, "SWAPSPACE2", 10);
    int fd = open(path, O_WRONLY);
    if (fd < 0 || write(fd, page, sizeof page) != sizeof page || fsync(fd)) fail(path);
    close(fd);
    if (swapon(path, 0)) fail("swapon");
}

static void zramOn(long mib)
{
    char size[32];
    snprintf(size, sizeof size, "%ldM", mib);
    put("/sys/block/zram0/disksize", size);
    swapOn("/dev/zram0", mib);
}

/* "head<TAB>arg<TAB>arg…": cuts the arguments off into args. */
static void cutArgs(char *line, char **args)
{
    int count = 0;
    for (char *tab = strchr(line, '\t'); tab && count < MAX_ARGS - 1; tab = strchr(tab, '\t')) {
        *tab++ = 0;
        args[count++] = tab;
    }
}

/* A file system of one page, which is full with the first file of any size. */
static void mountTiny(const char *path)
{
    char parent[64];
    snprintf(parent, sizeof parent, "%s", path);
    for (char *c = parent + 1; *c; c++)
        if (*c == '/') *c = 0, mkdir(parent, 0755), *c = '/';
    if ((mkdir(path, 0755) && errno != EEXIST) || mount("tiny", path, "tmpfs", 0, "size=4k"))
        fail(path);
}

static void readPlanLine(char *line)
{
    static char after[16];
    static int waitsForRest;
    char kind[16] = {0};
    long mib;
    if (sscanf(line, "diskswap %ld", &mib) == 1) return swapOn("/dev/vdd", mib);
    if (sscanf(line, "zramswap %ld", &mib) == 1) return zramOn(mib);
    if (sscanf(line, "settle %ld %ld", &plan.settleMinMs, &plan.settleMaxMs) == 2) return;
    if (sscanf(line, "lru %c", kind) == 1) return put("/sys/kernel/mm/lru_gen/enabled", kind);
    if (sscanf(line, "course %ld", &plan.courseMs) == 1) return;
    if (sscanf(line, "deadline %ld", &plan.deadlineMs) == 1) return;
    if (sscanf(line, "tail %ld", &plan.tailMs) == 1) return;
    if (sscanf(line, "until %15s %15s %d", kind, plan.untilName, &plan.untilCount) == 3) {
        plan.untilByTrace = !strcmp(kind, "exited");
        return watchExits(plan.untilName);
    }
    if (sscanf(line, "after %15s", after) == 1) return;
    if (!strcmp(line, "rest")) {
        waitsForRest = 1;
        return;
    }
    if (!strncmp(line, "ask\t", 4)) {
        if (plan.askCount == MAX_ASKS) fail("too many commands to ask");
        return cutArgs(line, plan.asks[plan.askCount++]);
    }
    if (!strncmp(line, "tiny\t", 5)) return mountTiny(line + 5);
    if (!strncmp(line, "file\t", 5)) {
        char *args[MAX_ARGS] = {0};
        cutArgs(line, args);
        for (char *c = args[1]; c && *c; c++)
            if (*c == '\x1f') *c = '\n';
        return put(args[0], args[1]);
    }
    if (sscanf(line, "watch %15s", kind) == 1) {
        char *names[MAX_ARGS] = {0};
        cutArgs(line, names);
        return watchFields(kind, names);
    }
    int isDaemon = !strncmp(line, "daemon ", 7);
    if (plan.actorCount == MAX_ACTORS && !isDaemon) fail("too many actors");
    struct actor *actor = isDaemon ? &plan.daemon : &plan.actors[plan.actorCount++];
    cutArgs(line, actor->args);
    if (sscanf(line, "%*s %ld %d %d %d %lx %15s", &actor->atMs, &actor->adj, &actor->nice,
               &actor->uid, &actor->capabilities, actor->name) != 6)
        fail("a line of the plan");
    if (isDaemon) return;
    snprintf(actor->program, sizeof actor->program, "/programs/%s", actor->name);
    if (link(actor->args[0], actor->program) && errno != EEXIST) fail(actor->program);
    memcpy(actor->after, after, sizeof after);
    after[0] = 0;
    actor->waitsForRest = waitsForRest;
    waitsForRest = 0;
}

void readPlan(int exchange)
{
    if (pread(exchange, text, PLAN_BYTES, 0) != PLAN_BYTES) fail("read the plan");
    for (char *line = text, *next; line && *line; line = next) {
        next = strchr(line, '\n');
        if (next) *next++ = 0;
        readPlanLine(line);
    }
}
