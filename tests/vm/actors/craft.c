/* See craft.h. */
#define _GNU_SOURCE
#include "craft.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
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
    static long percent = -1;
    if (percent < 0) percent = number("random", 33);
    if (!percent) {
        *(volatile char *)page = 0;
        return;
    }
    memcpy(page, pool + randomWord() % (POOL - 2 * PAGE), PAGE * percent / 100);
    *(uint64_t *)page = randomWord();
}

static int fileFor(const char *kind, long bytes)
{
    if (strcmp(kind, "shm") && strcmp(kind, "memfd")) return -1;
    int fd = memfd_create("leak", 0);
    if (!strcmp(kind, "shm")) {
        fd = open("/dev/shm/leak", O_RDWR | O_CREAT | O_EXCL, 0600);
        unlink("/dev/shm/leak");
    }
    if (fd < 0 || ftruncate(fd, bytes)) exit(14);
    return fd;
}

/* Memory of its own, or `into=` an anonymous shared one, a memfd or a file of /dev/shm. */
static char *reserve(long bytes)
{
    const char *kind = word("into", "");
    int fd = fileFor(kind, bytes), flags = *kind ? MAP_SHARED : MAP_PRIVATE;
    if (fd < 0) flags |= MAP_ANONYMOUS;
    char *memory = mmap(0, bytes, PROT_READ | PROT_WRITE, flags | MAP_NORESERVE, fd, 0);
    if (fd >= 0) close(fd);
    if (memory == MAP_FAILED) exit(3);
    madvise(memory, bytes, number("huge", 0) ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
    return memory;
}

/* `rate=` in MiB or `kib=` in KiB, as KiB/s; 0: as fast as it goes. */
long rateKib(void) { return number("kib", number("rate", 0) << 10); }

/* Fills memory at a rate, never catching up on more than 100 ms it was stopped for. */
char *fill(long mib, long kibPerS)
{
    char *memory = reserve(mib * MIB);
    long step = kibPerS > 64 * 64 ? 64 : kibPerS / 64 + 1;
    int64_t due = nowUs();
    for (long page = 0; page < mib * 256; page++) {
        fillPage(memory + page * PAGE);
        if (!kibPerS || page % step) continue;
        due += step * 4 * 1000000L / kibPerS;
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

static long kibOf(const char *text, const char *name)
{
    const char *found = strstr(text, name);
    return found ? atol(found + strlen(name)) : 0;
}

/* MemAvailable, of MemTotal. */
long availablePercent(void)
{
    char text[4096];
    int fd = open("/proc/meminfo", O_RDONLY);
    ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (length <= 0) exit(15);
    close(fd);
    text[length] = 0;
    return kibOf(text, "MemAvailable:") * 100 / kibOf(text, "MemTotal:");
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

void writeText(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY);
    if (fd < 0 || write(fd, text, strlen(text)) < 0) exit(9);
    close(fd);
}

/* A cgroup of its own, if asked: with systemd's `mark=user.oomd_avoid`, or a limit of `max=` MiB. */
void enterCgroup(void)
{
    char path[64], file[80], limit[24];
    if (!*word("mark", "") && !number("max", 0)) return;
    snprintf(path, sizeof path, "/sys/fs/cgroup/%s", word("name", ""));
    if (number("max", 0)) writeText("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
    if (mkdir(path, 0755)) exit(10);
    if (*word("mark", "") && setxattr(path, word("mark", ""), "1", 1, 0)) exit(10);
    snprintf(file, sizeof file, "%s/memory.max", path);
    snprintf(limit, sizeof limit, "%ldM", number("max", 0));
    if (number("max", 0)) writeText(file, limit);
    snprintf(file, sizeof file, "%s/cgroup.procs", path);
    writeText(file, "0");
}

void rest(void)
{
    for (;;) pause();
}

void child(void (*part)(void), const char *name)
{
    if (fork()) return;
    reseed();
    prctl(PR_SET_NAME, name);
    part();
    _exit(0);
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
