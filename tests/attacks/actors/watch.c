/* Looks at the daemon's state a hundred times a second, before everybody else and without memory. */
#define _GNU_SOURCE
#include "parts.h"
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char stateIn(int fd)
{
    char text[512];
    ssize_t length = pread(fd, text, sizeof text - 1, 0);
    text[length > 0 ? length : 0] = 0;
    const char *name = strrchr(text, ')');
    return name && name[1] ? name[2] : 0;
}

/* Its longest time in state D, and in how many looks it was alive. */
void watchDaemon(void)
{
    struct sched_param priority = {.sched_priority = 40};
    char path[64];
    int64_t since = 0;
    const char *daemon = getenv("DAEMON");
    snprintf(path, sizeof path, "/proc/%s/stat", daemon ? daemon : "self");
    int fd = open(path, O_RDONLY);
    mlockall(MCL_CURRENT);
    sched_setscheduler(0, SCHED_FIFO, &priority);
    for (;; sleepMs(10)) {
        char state = stateIn(fd);
        int64_t now = nowUs();
        if (state) slot->turns++;
        if (state != 'D') since = 0;
        else if (!since) since = now;
        else if ((uint64_t)(now - since) > slot->longestStallUs) slot->longestStallUs = now - since;
    }
}
