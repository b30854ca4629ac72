/* The actors of the laboratory's stories, one program: `actors PART name=… key=value …`.
 * Sizes in MiB, rates in MiB/s, times in ms. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, POOL = 1 << 18, SLOT_FD = 200 };
#define MIB (1L << 20)
#define BULK "/dev/vdc"

struct slot {
    volatile uint64_t longestStallUs;
    volatile uint64_t turns;
};

static char pool[POOL];
static uint64_t seed;
static struct slot ownSlot, *slot = &ownSlot;
static char **arguments;

static long number(const char *name, long otherwise)
{
    size_t size = strlen(name);
    for (char **a = arguments; *a; a++)
        if (!strncmp(*a, name, size) && (*a)[size] == '=') return atol(*a + size + 1);
    return otherwise;
}

static const char *word(const char *name, const char *otherwise)
{
    size_t size = strlen(name);
    for (char **a = arguments; *a; a++)
        if (!strncmp(*a, name, size) && (*a)[size] == '=') return *a + size + 1;
    return otherwise;
}

static int64_t nowUs(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void sleepMs(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&t, &t) && errno == EINTR) continue;
}

static uint64_t randomWord(void)
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
static char *fill(long mib, long rate)
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

static void rest(void)
{
    for (;;) pause();
}

static void leakMemory(void)
{
    if (number("start", 0)) fill(number("start", 0), 0);
    fill(number("limit", 16384), number("rate", 60));
    rest();
}

static void *leakInThread(void *unused)
{
    sleepMs(200);
    leakMemory();
    return unused;
}

static void leak(void)
{
    if (number("ignoreterm", 0)) signal(SIGTERM, SIG_IGN);
    if (!number("zombie", 0)) return leakMemory();
    pthread_t thread;
    pthread_create(&thread, 0, leakInThread, 0);
    pthread_exit(0);
}

static pid_t child(void (*part)(void))
{
    pid_t pid = fork();
    if (pid) return pid;
    seed ^= (uint64_t)getpid() << 20;
    part();
    _exit(0);
}

/* A process group of leakers. */
static void group(void)
{
    for (long i = 0; i < number("count", 4); i++) child(leakMemory);
    rest();
}

/* A parent which replaces every leaker that dies. */
static void nursery(void)
{
    prctl(PR_SET_NAME, word("childname", "leaker"));
    for (long i = 0; i < number("count", 60); i++) child(leakMemory);
    prctl(PR_SET_NAME, word("name", "nursery"));
    while (wait(0) > 0) {
        prctl(PR_SET_NAME, word("childname", "leaker"));
        child(leakMemory);
        prctl(PR_SET_NAME, word("name", "nursery"));
    }
}

/* Every process holds a few MiB and starts another two, up to a limit. */
static void storm(void)
{
    volatile long *alive = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    long pause = number("pause", 300), limit = number("limit", 2000);
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        fill(number("mb", 4), 0);
        for (int i = 0; i < 2; i++) {
            sleepMs(pause);
            if (__atomic_add_fetch(alive, 1, __ATOMIC_SEQ_CST) > limit) rest();
            if (!fork()) break;
            if (i == 1) rest();
        }
        seed ^= (uint64_t)getpid() << 20;
    }
}

static volatile char *mapBulk(long mib, long offsetMib)
{
    int fd = open(BULK, O_RDONLY);
    if (fd < 0) exit(4);
    volatile char *file = mmap(0, mib * MIB, PROT_READ, MAP_SHARED, fd, offsetMib * MIB);
    close(fd);
    if (file == MAP_FAILED) exit(5);
    return file;
}

/* A steady working set of anonymous memory and a mapped file, used over and over. */
static void work(void)
{
    long anonymous = number("mb", 0), mapped = number("file", 0), pause = number("pause", 0);
    char *memory = anonymous ? fill(anonymous, number("rate", 0)) : 0;
    volatile char *file = mapped ? mapBulk(mapped, number("offset", 0)) : 0;
    long stopAt = number("until", 0), filePage = 0, begin = nowUs();
    for (;;) {
        for (long page = 0; page < anonymous * 256 || filePage < mapped * 256; page++) {
            if (anonymous) memory[page % (anonymous * 256) * PAGE + 64]++;
            if (mapped) (void)file[filePage % (mapped * 256) * PAGE];
            filePage++;
            if (page % 64) continue;
            slot->turns++;
            if (pause) sleepMs(pause);
        }
        filePage = 0;
        if (stopAt && nowUs() - begin > stopAt * 1000) rest();
    }
}

/* Holds memory and keeps quiet; wakes it all up again once, if asked. */
static void hold(void)
{
    long mib = number("mb", 50), wakeAfter = number("wakeafter", 0), begin = nowUs();
    char *memory = fill(mib, number("rate", 0));
    if (!wakeAfter) rest();
    while (nowUs() - begin < wakeAfter * 1000) sleepMs(20);
    for (long i = 0; i < number("rounds", 1); i++)
        for (long page = 0; page < mib * 256; page++) memory[page * PAGE + 64]++;
    rest();
}

/* Takes memory, keeps it a while and gives it back. */
static void burst(void)
{
    long mib = number("mb", 300);
    char *memory = fill(mib, number("rate", 0));
    sleepMs(number("keep", 1000));
    munmap(memory, mib * MIB);
    rest();
}

/* An innocent program: every 20 ms a bit of its memory and of its file; notes its longest stall. */
static void bystander(void)
{
    long mib = number("mb", 60), mapped = number("file", 40), page = 0;
    char *memory = fill(mib, 0);
    volatile char *file = mapBulk(mapped, number("offset", 0));
    for (long i = 0; i < mapped * 256; i++) (void)file[i * PAGE];
    for (;;) {
        int64_t begin = nowUs();
        for (int i = 0; i < 32; i++, page++) {
            memory[page % (mib * 256) * PAGE + 64]++;
            (void)file[page % (mapped * 256) * PAGE];
        }
        uint64_t stall = nowUs() - begin;
        if (stall > slot->longestStallUs) slot->longestStallUs = stall;
        slot->turns++;
        sleepMs(20);
    }
}

/* Copies a file again and again. */
static void copy(void)
{
    static char bytes[1 << 18];
    for (;;) {
        int from = open(BULK, O_RDONLY), to = open("/tmp/copy", O_WRONLY | O_CREAT | O_TRUNC, 0600);
        lseek(from, number("offset", 0) * MIB, SEEK_SET);
        for (long done = 0; done < number("mb", 400) * MIB; done += sizeof bytes) {
            if (read(from, bytes, sizeof bytes) <= 0) break;
            if (write(to, bytes, sizeof bytes) < 0) break;
            slot->turns++;
        }
        close(from);
        close(to);
    }
}

static void compileOne(void)
{
    volatile char *file = mapBulk(8, 64 + randomWord() % 32 * 4);
    for (long i = 0; i < 8 * 256; i += 4) (void)file[i * PAGE];
    fill(5 + randomWord() % number("mb", 40), 0);
    sleepMs(randomWord() % number("life", 300));
}

/* A parallel build: `jobs` short-lived processes at any time. */
static void build(void)
{
    prctl(PR_SET_NAME, word("childname", "compiler"));
    for (long i = 0; i < number("jobs", 6); i++) child(compileOne);
    while (wait(0) > 0) {
        slot->turns++;
        randomWord();
        child(compileOne);
    }
}

static const struct {
    const char *name;
    void (*play)(void);
} parts[] = {
    {"leak", leak},   {"group", group},         {"nursery", nursery}, {"storm", storm},
    {"work", work},   {"hold", hold},           {"burst", burst},     {"bystander", bystander},
    {"copy", copy},   {"build", build},
};

int main(int count, char **argv)
{
    const char *index = getenv("SLOT");
    arguments = argv + 1;
    if (count < 2) return 2;
    seed = 0x9e3779b97f4a7c15ULL ^ (uint64_t)getpid() << 32;
    for (size_t i = 0; i < POOL; i += 8) {
        uint64_t random = randomWord();
        memcpy(pool + i, &random, 8);
    }
    struct slot *slots = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, SLOT_FD, 0);
    if (index && slots != MAP_FAILED) slot = &slots[atoi(index)];
    prctl(PR_SET_NAME, word("name", argv[1]));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strcmp(parts[i].name, argv[1])) parts[i].play();
    return 2;
}
