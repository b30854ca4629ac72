/* Parts that take memory, some of them without end. See actors.c. */
#define _GNU_SOURCE
#include "craft.h"
#include "parts.h"
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void leakMemory(void)
{
    if (number("start", 0)) fill(number("start", 0), 0);
    fill(number("limit", 16384), rateKib() ? rateKib() : 60 << 10);
    rest();
}

static void *leakInThread(void *unused)
{
    sleepMs(200);
    leakMemory();
    return unused;
}

void leak(void)
{
    if (number("ignoreterm", 0)) signal(SIGTERM, SIG_IGN);
    if (!number("zombie", 0)) return leakMemory();
    pthread_t thread;
    pthread_create(&thread, 0, leakInThread, 0);
    pthread_exit(0);
}

/* A process group of leakers. */
void group(void)
{
    for (long i = 0; i < number("count", 4); i++) child(leakMemory, word("name", "group"));
    rest();
}

/* A parent which replaces every leaker that dies. */
void nursery(void)
{
    for (long i = 0; i < number("count", 60); i++) child(leakMemory, "leaker");
    while (wait(0) > 0) child(leakMemory, "leaker");
}

/* Every process holds a few MiB and starts another two, up to a limit. */
void storm(void)
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

/* Takes memory, keeps it a while and gives it back. */
void burst(void)
{
    long mib = number("mb", 300);
    char *memory = fill(mib, rateKib());
    sleepMs(number("keep", 1000));
    munmap(memory, mib * MIB);
    if (number("leave", 0)) exit(0);
    rest();
}

static void tab(void)
{
    fill(number("mb", 40), rateKib());
    rest();
}

/* A main process and one for each of its tabs, which share what it had when they began. */
void browser(void)
{
    fill(number("main", 120), 0);
    for (long i = 0; i < number("tabs", 20); i++) {
        child(tab, "tab");
        sleepMs(number("every", 150));
    }
    while (wait(0) > 0) continue;
    rest();
}
