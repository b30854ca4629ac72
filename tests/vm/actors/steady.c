/* Parts that use what they have, or only keep it. See actors.c. */
#define _GNU_SOURCE
#include "craft.h"
#include "parts.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* A steady working set of a mapped file and anonymous memory, used in a random order; the file was
 * in use before the memory grew. */
void work(void)
{
    long anonymous = number("mb", 0) * 256, mapped = number("file", 0) * 256;
    volatile char *file = mapped ? mapBulk(number("file", 0), number("offset", 0), PROT_EXEC) : 0;
    for (long i = 0; i < mapped; i++) (void)file[i * PAGE];
    char *memory = anonymous ? fill(number("mb", 0), rateKib()) : 0;
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

/* Several that work in the same way, of one parent. */
void crew(void)
{
    for (long i = 0; i < number("count", 4); i++) child(work, word("name", "crew"));
    rest();
}

/* Reads a mapped file from its begin to its end, over and over. */
void stream(void)
{
    long pages = number("file", 1400) * 256;
    volatile char *file = mapBulk(number("file", 1400), number("offset", 0), 0);
    for (long page = 0;; page++) {
        (void)file[page % pages * PAGE];
        if (page % 256 == 0) slot->turns++;
    }
}

/* Holds memory and keeps quiet; uses it all once more when memory is free again, if asked. */
void hold(void)
{
    long pages = number("mb", 50) * 256;
    char *memory = fill(number("mb", 50), rateKib());
    if (!number("wake", 0)) rest();
    sleepUntilRelief();
    for (long page = 0; page < pages; page++) memory[page * PAGE + 64]++;
    rest();
}

/* Many small programs of one parent, which keep quiet. */
void many(void)
{
    for (long i = 0; i < number("count", 10); i++) child(hold, word("name", "many"));
    rest();
}

/* A program that somebody turns to from time to time, and which then needs all that it has. */
void turns(void)
{
    long pages = number("mb", 300) * 256;
    char *memory = fill(number("mb", 300), 0);
    for (;;) {
        sleepMs(number("every", 10000));
        for (long page = 0; page < pages; page++) memory[page * PAGE + 64]++;
        slot->turns++;
    }
}

/* An innocent program: every 20 ms a bit of its memory and of its file; notes its longest stall. */
void bystander(void)
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

/* Copies a file again and again. */
void copy(void)
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
void build(void)
{
    for (long i = 0; i < number("jobs", 6); i++) child(compileOne, "compiler");
    while (wait(0) > 0) {
        slot->turns++;
        child(compileOne, "compiler");
    }
}

static char *sharedMemory;

static void useShared(void)
{
    long pages = number("shared", 250) * 256, page = randomWord() % pages;
    for (;; page++) {
        sharedMemory[page % pages * PAGE + 64]++;
        if (page % 64) continue;
        slot->turns++;
        sleepMs(number("pause", 5));
    }
}

/* A database: its workers use the same shared memory again and again. */
void workers(void)
{
    sharedMemory = mmap(0, number("shared", 250) * MIB, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (sharedMemory == MAP_FAILED) exit(3);
    for (long i = 0; i < number("count", 6); i++) child(useShared, "worker");
    rest();
}
