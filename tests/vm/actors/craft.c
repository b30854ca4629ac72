/* See craft.h. */
#define _GNU_SOURCE
#include "craft.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

enum { POOL = 1 << 18, SLOT_FD = 200 };

static char pool[POOL];
static uint64_t seed;
static struct slot ownSlot;
struct slot *slot = &ownSlot;
static char **arguments;

long number(const char *name, long otherwise)
{
    size_t size = strlen(name);
    for (char **a = arguments; *a; a++)
        if (!strncmp(*a, name, size) && (*a)[size] == '=') return atol(*a + size + 1);
    return otherwise;
}

const char *word(const char *name, const char *otherwise)
{
    size_t size = strlen(name);
    for (char **a = arguments; *a; a++)
        if (!strncmp(*a, name, size) && (*a)[size] == '=') return *a + size + 1;
    return otherwise;
}

int64_t nowUs(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

void sleepMs(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&t, &t) && errno == EINTR) continue;
}

uint64_t randomWord(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

/* A page as programs have them: a third of it random, so that zram compresses it about 3 : 1. */
static void fillPage(char *page)
{
    static long size;
    if (!size) size = PAGE * number("random", 33) / 100 + 8;
    memcpy(page, pool + randomWord() % (POOL - 2 * PAGE), size);
    *(uint64_t *)page = randomWord();
}

static char *reserve(long bytes)
{
    char *memory = mmap(0, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) exit(3);
    madvise(memory, bytes, MADV_NOHUGEPAGE);
    return memory;
}

/* Fills memory at a rate, never catching up on more than 100 ms it was stopped for. */
char *fill(long mib, long rate)
{
    char *memory = reserve(mib * MIB);
    int64_t due = nowUs();
    for (long page = 0; page < mib * 256; page++) {
        fillPage(memory + page * PAGE);
        if (!rate || page % 64) continue;
        due += 64 * 1000000L / 256 / rate;
        int64_t ahead = due - nowUs();
        if (ahead > 1000) sleepMs(ahead / 1000);
        if (ahead < -100000) due = nowUs() - 100000;
    }
    return memory;
}

/* With PROT_EXEC the kernel takes the pages for a program's text and keeps them longer. */
volatile char *mapBulk(long mib, long offsetMib, int more)
{
    int fd = open(BULK, O_RDONLY);
    if (fd < 0) exit(4);
    volatile char *file = mmap(0, mib * MIB, PROT_READ | more, MAP_SHARED, fd, offsetMib * MIB);
    close(fd);
    if (file == MAP_FAILED) exit(5);
    return file;
}

/* Sleeps until memory was once short and then free again, touching none of its own. */
void sleepUntilRelief(void)
{
    struct sysinfo info;
    for (int wasShort = 0;; sleepMs(20)) {
        if (sysinfo(&info)) exit(6);
        if (info.freeram < info.totalram / 10) wasShort = 1;
        if (wasShort && info.freeram > info.totalram / 7) return;
    }
}

/* A running process of this name, or 0. */
pid_t pidOf(const char *name)
{
    char path[32], found[32];
    for (int pid = 2; pid < 32768; pid++) {
        snprintf(path, sizeof path, "/proc/%d/comm", pid);
        int fd = open(path, O_RDONLY);
        ssize_t length = fd < 0 ? 0 : read(fd, found, sizeof found);
        if (fd >= 0) close(fd);
        if (length > 0 && (size_t)length == strlen(name) + 1 && !memcmp(found, name, length - 1))
            return pid;
    }
    return 0;
}

/* A cgroup of its own with systemd's mark on it, if asked: `mark=user.oomd_avoid`. */
void enterCgroup(void)
{
    char path[64], procs[80];
    if (!*word("mark", "")) return;
    snprintf(path, sizeof path, "/sys/fs/cgroup/%s", word("name", ""));
    snprintf(procs, sizeof procs, "%s/cgroup.procs", path);
    if (mkdir(path, 0755) || setxattr(path, word("mark", ""), "1", 1, 0)) exit(9);
    int fd = open(procs, O_WRONLY);
    if (write(fd, "0", 1) != 1) exit(10);
    close(fd);
}

/* Processes with the same past would otherwise fill their pages with the same bytes. */
void reseed(void) { seed = 0x9e3779b97f4a7c15ULL ^ (uint64_t)getpid() << 32; }

void prepare(char **words)
{
    const char *index = getenv("SLOT");
    arguments = words;
    reseed();
    for (size_t i = 0; i < POOL; i += 8) {
        uint64_t random = randomWord();
        memcpy(pool + i, &random, 8);
    }
    struct slot *slots = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, SLOT_FD, 0);
    if (index && slots != MAP_FAILED) slot = &slots[atoi(index)];
}
