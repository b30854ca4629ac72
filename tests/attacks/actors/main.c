/* The attackers, one program: `attacks PART name=... key=value ...`. Sizes in MiB, times in ms. What
 * a user may do is done as a user; only `stage` and `watch` are root's. */
#define _GNU_SOURCE
#include "parts.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

long availableMib(void)
{
    static int fd = -1;
    char text[4096];
    /* Mounted by the stage: /proc/meminfo may be somebody else's. */
    if (fd < 0) fd = open("/run/proc/meminfo", O_RDONLY | O_CLOEXEC);
    ssize_t length = pread(fd, text, sizeof text - 1, 0);
    text[length > 0 ? length : 0] = 0;
    const char *found = strstr(text, "MemAvailable:");
    return found ? atol(found + 13) / 1024 : 0;
}

void take(long mib)
{
    static char *next;
    if (!next)
        next = mmap(0, 16L << 30, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (next == MAP_FAILED) exit(26);
    /* One page at a time: for huge ones the kernel may have to make room first. */
    madvise(next, mib * MIB, MADV_NOHUGEPAGE);
    for (char *end = next + mib * MIB; next < end; next += PAGE) *next = 1;
}

void takeUntil(long leaveMib)
{
    /* The kernel's count is a little late: the last steps are small ones. */
    for (long more; (more = availableMib() - leaveMib) > 0;) take(more > 80 ? 20 : 1);
}

void takeAllBut(long leaveMib)
{
    for (;; sleepMs(5)) takeUntil(leaveMib);
}

static void hog(void)
{
    takeAllBut(number("leave", 30));
}

void setAdj(const char *adj)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, adj, strlen(adj)) < 0) exit(20);
    close(fd);
}

void callOneself(const char *name, int number)
{
    char text[32];
    snprintf(text, sizeof text, name, number);
    prctl(PR_SET_NAME, text);
}

int orphan(void)
{
    pid_t child = fork();
    if (child) {
        waitpid(child, 0, 0);
        return 1;
    }
    setsid();
    if (fork()) _exit(0);
    setsid();
    reseed();
    return 0;
}

static const struct {
    const char *name;
    void (*play)(void);
} parts[] = {
    {"hog", hog},
    {"idle-many", idleMany},
    {"locked-for-writing", lockedForWriting},
    {"locked-for-reading", lockedForReading},
    {"hang-in-exit", hangInExit},
    {"undying", undying},
    {"share-memory", shareMemory},
    {"crowd", crowd},
    {"come-back", comeBack},
    {"hide-deep", hideDeep},
    {"watch", watchDaemon},
};

int main(int count, char **argv)
{
    if (count < 2) return 2;
    if (!strcmp(argv[1], "stage")) stage(argv + 2);
    prepare(argv + 1);
    prctl(PR_SET_NAME, word("name", argv[1]));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strcmp(parts[i].name, argv[1])) parts[i].play();
    return 2;
}
