/* A foreign /proc/meminfo, as lxcfs shows it to a container. */
#define _GNU_SOURCE
#include "fuse.h"
#include "parts.h"
#include "stage.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

/* A server that is started again. */
enum { FEWEST_FAULTS = 3, FAULTY_US = 1000000 };

static int real;
static long hiddenKib;
static int64_t faultAtUs;

/* The kernel's text, with so much less of all memory. */
static size_t textOf(char *into, size_t size)
{
    static const char *const names[] = {"MemTotal:", "MemFree:", "MemAvailable:"};
    ssize_t length = pread(real, into, size - 1, 0);
    into[length > 0 ? length : 0] = 0;
    for (int i = 0; hiddenKib && i < 3; i++) {
        char *digits = strstr(into, names[i]), value[16];
        if (!digits) continue;
        digits += strlen(names[i]);
        long less = atol(digits) - hiddenKib;
        /* As wide as it was: "MemTotal:        1013268 kB". */
        snprintf(value, sizeof value, "%*ld", (int)(strstr(digits, " kB") - digits), less > 0 ? less : 0);
        memcpy(digits, value, strlen(value));
    }
    return strlen(into);
}

static ssize_t readMeminfo(char *into, size_t size, off_t offset)
{
    static char text[8192];
    static int failed;
    int64_t sinceUs = nowUs() - faultAtUs;
    if (sinceUs > 0 && (failed < FEWEST_FAULTS || sinceUs < FAULTY_US)) {
        failed++;
        return -ENOTCONN;
    }
    size_t length = textOf(text, sizeof text);
    if ((size_t)offset >= length) return 0;
    length -= offset;
    if (length > size) length = size;
    memcpy(into, text + offset, length);
    return length;
}

void replaceMeminfo(const char *fault, long atMs, long hiddenMib)
{
    static const struct served served = {.directFrom = 1, .read = readMeminfo};
    if (!*fault) return;
    real = open("/run/proc/meminfo", O_RDONLY | O_CLOEXEC);
    hiddenKib = hiddenMib * 1024;
    int isGone = !strcmp(fault, "gone");
    faultAtUs = isGone ? INT64_MAX : nowUs() + atMs * 1000;
    int device = mountFuse("/run/lxcfs", ",allow_other");
    if (!fork()) {
        setsid();
        prctl(PR_SET_NAME, "lxcfs");
        if (isGone) alarm(atMs / 1000);
        serve(device, &served);
    }
    close(device);
    if (mount("/run/lxcfs/file", "/proc/meminfo", "", MS_BIND, "")) perror("meminfo");
}
