/* Parts for what is rare: processes that cannot die, memory that is nobody's, swap that goes away.
 * See actors.c. */
#define _GNU_SOURCE
#include "craft.h"
#include "parts.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <unistd.h>

/* Fills memory that is no process's, as a named file of a tmpfs, until another process is gone. */
void spill(void)
{
    static char bytes[1 << 18];
    char path[32];
    pid_t other = pidOf(word("while", ""));
    snprintf(path, sizeof path, "/run/spill-%d", getpid());
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    while (other && !kill(other, 0)) {
        if (write(fd, bytes, sizeof bytes) < 0) exit(7);
        slot->turns++;
        sleepMs(1000 / 4 / number("rate", 60));
    }
    unlink(path);
    exit(0);
}

/* Writes a file to a /tmp that is memory, up to that file system's limit. */
void fillTmp(void)
{
    static char bytes[1 << 18];
    char options[32];
    snprintf(options, sizeof options, "size=%ld%%", number("percent", 100));
    if (mount("tmp", "/tmp", "tmpfs", 0, options)) exit(11);
    int fd = open("/tmp/download", O_WRONLY | O_CREAT, 0600);
    while (write(fd, bytes, sizeof bytes) > 0) {
        slot->turns++;
        sleepMs(1000 / 4 / number("rate", 60));
    }
    rest();
}

/* Takes memory and is frozen just before memory runs out, as no signal can change: the first version
 * of the cgroup freezer keeps even a process that was killed. A helper freezes it. Memory of its own
 * would be reaped all the same (process_mrelease(2)), so it is to be `into=shared`. */
void stuck(void)
{
    static const char mounted[] = "/tmp/freezer", folder[] = "/tmp/freezer/stuck";
    mkdir(mounted, 0755);
    if (mount("freezer", mounted, "cgroup", 0, "freezer") || mkdir(folder, 0755)) exit(12);
    writeText("/tmp/freezer/stuck/cgroup.procs", "0");
    pid_t self = getpid();
    if (!fork()) {
        prctl(PR_SET_NAME, "freezer");
        writeText("/tmp/freezer/cgroup.procs", "0");
        while (availablePercent() > number("until", 12)) sleepMs(20);
        writeText("/tmp/freezer/stuck/freezer.state", "FROZEN");
        while (getppid() == self) sleepMs(100);
        _exit(0);
    }
    fill(number("mb", 16384), rateKib());
    rest();
}

/* A database that writes a snapshot: a forked copy of it sleeps, while it writes to all that it has.
 * Each page is copied, and neither of the two grows. */
void snapshot(void)
{
    char *memory = fill(number("mb", 420), 0);
    signal(SIGCHLD, SIG_IGN);
    sleepMs(number("wait", 12000));
    child(rest, "snapshot");
    for (long page = 0; page < number("mb", 420) * 256; page++) {
        *(volatile uint64_t *)(memory + page * PAGE) = randomWord();
        slot->turns++;
        if (page % 64 == 0) sleepMs(1000 / 4 / number("rate", 60));
    }
    rest();
}

static char *shared;

static void writeToAll(void)
{
    for (long page = 0; page < number("mb", 150) * 256; page++) {
        *(volatile uint64_t *)(shared + page * PAGE) = randomWord();
        if (page % 64 == 0) sleepMs(1000 / 4 / number("rate", 12));
    }
    rest();
}

/* A pool of forked workers, each of which writes to all that it has from its parent: each page is
 * copied, and nobody grows. */
void pool(void)
{
    shared = fill(number("mb", 150), 0);
    sleepMs(number("wait", 6000));
    for (long i = 0; i < number("count", 5); i++) child(writeToAll, "worker");
    rest();
}

/* Maps a file and locks it in memory piece by piece, as a language model is. */
void locked(void)
{
    volatile char *file = mapBulk(number("file", 420), 100, 0);
    for (long mib = 0; mib < number("file", 420); mib++) {
        if (mlock((void *)(file + mib * MIB), MIB)) exit(20);
        slot->turns++;
        sleepMs(1000 / number("rate", 25));
    }
    rest();
}

/* Takes the swap away. */
void unswap(void)
{
    exit(swapoff("/dev/zram0") && swapoff("/dev/vdd") ? 13 : 0);
}

/* Reads one page of every 2 MiB of a mapping of nothing: only page tables grow. */
void tables(void)
{
    long size = 1L << 36, count = 0;
    for (;;) {
        int how = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
        volatile char *memory = mmap(0, size, PROT_READ, how, -1, 0);
        if (memory == MAP_FAILED || madvise((void *)memory, size, MADV_NOHUGEPAGE)) exit(33);
        for (long at = 0; at < size; at += 2 * MIB) {
            (void)memory[at];
            slot->turns++;
            if (++count % 64 == 0) sleepMs(1000 / 4 / number("rate", 40));
        }
    }
}

/* Takes memory until `until=` percent are available, and crashes: its core goes to the disk. */
void crash(void)
{
    struct rlimit most = {RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_CORE, &most);
    writeText("/proc/sys/kernel/core_pattern", "/tmp/core");
    prctl(PR_SET_DUMPABLE, 1);
    while (availablePercent() > number("until", 12)) fill(4, rateKib());
    raise(SIGSEGV);
}

/* Ends the daemon. */
void slay(void) { exit(kill(atoi(getenv("DAEMON")), SIGKILL)); }

/* Puts a file in the place of another and has the daemon read its files again. */
void reload(void)
{
    if (rename(word("from", ""), word("to", ""))) exit(8);
    exit(kill(atoi(getenv("DAEMON")), SIGHUP));
}
