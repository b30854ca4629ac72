/* The actors of the laboratory's stories, one program: `actors PART name=… key=value …`.
 * Sizes in MiB, rates in MiB/s, times in ms. */
#define _GNU_SOURCE
#include "craft.h"
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

static void child(void (*part)(void), const char *name)
{
    if (fork()) return;
    reseed();
    prctl(PR_SET_NAME, name);
    part();
    _exit(0);
}

/* A process group of leakers. */
static void group(void)
{
    for (long i = 0; i < number("count", 4); i++) child(leakMemory, word("name", "group"));
    rest();
}

/* A parent which replaces every leaker that dies. */
static void nursery(void)
{
    for (long i = 0; i < number("count", 60); i++) child(leakMemory, "leaker");
    while (wait(0) > 0) child(leakMemory, "leaker");
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
        reseed();
    }
}

/* A steady working set of a mapped file and anonymous memory, used in a random order; the file was
 * in use before the memory grew. */
static void work(void)
{
    long anonymous = number("mb", 0) * 256, mapped = number("file", 0) * 256;
    volatile char *file = mapped ? mapBulk(number("file", 0), number("offset", 0), PROT_EXEC) : 0;
    for (long i = 0; i < mapped; i++) (void)file[i * PAGE];
    char *memory = anonymous ? fill(number("mb", 0), number("rate", 0)) : 0;
    if (mapped) madvise((void *)file, mapped * PAGE, MADV_RANDOM);
    for (;;) {
        for (int i = 0; i < 64; i++) {
            if (anonymous) memory[randomWord() % anonymous * PAGE + 64]++;
            if (mapped) (void)file[randomWord() % mapped * PAGE];
        }
        slot->turns++;
        if (number("pause", 0)) sleepMs(number("pause", 0));
    }
}

/* Reads a mapped file from its begin to its end, over and over. */
static void stream(void)
{
    long pages = number("file", 1400) * 256;
    volatile char *file = mapBulk(number("file", 1400), number("offset", 0), 0);
    for (long page = 0;; page++) {
        (void)file[page % pages * PAGE];
        if (page % 256 == 0) slot->turns++;
    }
}

/* Holds memory and keeps quiet; uses it all once more when memory is free again, if asked. */
static void hold(void)
{
    long pages = number("mb", 50) * 256;
    char *memory = fill(number("mb", 50), number("rate", 0));
    if (!number("wake", 0)) rest();
    sleepUntilRelief();
    for (long page = 0; page < pages; page++) memory[page * PAGE + 64]++;
    rest();
}

/* A program that somebody turns to from time to time, and which then needs all that it has. */
static void turns(void)
{
    long pages = number("mb", 300) * 256;
    char *memory = fill(number("mb", 300), 0);
    for (;;) {
        sleepMs(number("every", 10000));
        for (long page = 0; page < pages; page++) memory[page * PAGE + 64]++;
        slot->turns++;
    }
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
    volatile char *file = mapBulk(mapped, number("offset", 0), PROT_EXEC);
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

/* Fills memory that is no process's, as a tmpfs does, until another process is gone. */
static void spill(void)
{
    static char bytes[1 << 18];
    pid_t other = pidOf(word("while", ""));
    int fd = memfd_create("spill", 0);
    while (other && !kill(other, 0)) {
        if (write(fd, bytes, sizeof bytes) < 0) exit(7);
        slot->turns++;
        sleepMs(1000 / 4 / number("rate", 60));
    }
    exit(0);
}

/* Puts a file in the place of another and has the daemon read its files again. */
static void reload(void)
{
    if (rename(word("from", ""), word("to", ""))) exit(8);
    exit(kill(atoi(getenv("DAEMON")), SIGHUP));
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
    volatile char *file = mapBulk(8, 64 + randomWord() % 32 * 4, PROT_EXEC);
    for (long i = 0; i < 8 * 256; i += 4) (void)file[i * PAGE];
    fill(5 + randomWord() % number("mb", 40), 0);
    sleepMs(randomWord() % number("life", 300));
}

/* A parallel build: `jobs` short-lived processes at any time. */
static void build(void)
{
    for (long i = 0; i < number("jobs", 6); i++) child(compileOne, "compiler");
    while (wait(0) > 0) {
        slot->turns++;
        child(compileOne, "compiler");
    }
}

static const struct {
    const char *name;
    void (*play)(void);
} parts[] = {
    {"leak", leak},   {"group", group},         {"nursery", nursery}, {"storm", storm},
    {"work", work},   {"hold", hold},           {"burst", burst},     {"bystander", bystander},
    {"copy", copy},   {"build", build},         {"stream", stream},   {"spill", spill},
    {"reload", reload}, {"turns", turns},
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
