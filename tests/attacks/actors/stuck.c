/* Those whom the kernel cannot let go of, by a file system that does not answer, or by a tracer. */
#define _GNU_SOURCE
#include "fuse.h"
#include "parts.h"
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char file[64];

/* A file system of this process's own below /tmp; the server is a process of its own. */
static void mountOwn(const struct served *served)
{
    char directory[48];
    snprintf(directory, sizeof directory, "/tmp/fuse-%d", (int)getpid());
    snprintf(file, sizeof file, "%s/file", directory);
    becomeRootOfOneself();
    serveInChild(directory, served, "server");
}

static int openFile(int flags)
{
    int fd = open(file, flags | O_CLOEXEC);
    if (fd < 0) {
        perror(file);
        exit(13);
    }
    return fd;
}

static void inThread(void *(*play)(void *))
{
    pthread_t thread;
    if (pthread_create(&thread, 0, play, 0)) exit(14);
}

static void *readForever(void *unused)
{
    char byte;
    if (read(openFile(O_RDONLY), &byte, 1)) exit(15);
    return unused;
}

/* Where a page is locked for an earlier reader, mapping the file with direct I/O waits for that
 * page, in mmap(2), with mmap_lock held for writing; fuse_file_mmap in fs/fuse/file.c. */
static void *mapForever(void *unused)
{
    mmap(0, PAGE, PROT_READ, MAP_PRIVATE, openFile(O_RDONLY), 0);
    return unused;
}

/* Whoever wants this process's mmap_lock waits, and no signal ends that. */
void lockedForWriting(void)
{
    static const struct served served = {.reads = WITHHOLD, .directFrom = 2};
    mountOwn(&served);
    setAdj(word("adj", "0"));
    take(number("mb", 60));
    inThread(readForever);
    sleepMs(300);
    inThread(mapForever);
    rest();
}

/* The first READ is refused, so that the fault tries again, and that one holds mmap_lock all the time;
 * filemap_fault in mm/filemap.c. */
static void *faultForever(void *unused)
{
    volatile char *page = mmap(0, PAGE, PROT_READ, MAP_SHARED, openFile(O_RDONLY), 0);
    sleepMs(500);
    madvise((void *)page, PAGE, MADV_RANDOM);
    (void)*page;
    return unused;
}

/* Waits for mmap_lock for writing, and behind it wait all who want it for reading. */
static void *mapAnything(void *unused)
{
    sleepMs(1000);
    mmap(0, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return unused;
}

static char bytes[1 << 18];

/* Fills memory that is no process's, for which no mmap_lock is needed. */
static void writeUntil(long leaveMib)
{
    int fd = memfd_create("written", MFD_CLOEXEC);
    while (availableMib() > leaveMib)
        if (write(fd, bytes, sizeof bytes) < 0) exit(27);
}

/* Holds nearly all memory, of which a signal alone frees nothing, and process_mrelease(2) all. */
void lockedForReading(void)
{
    static const struct served served = {.reads = REFUSE_ONCE_THEN_WITHHOLD};
    mountOwn(&served);
    memset(bytes, 1, sizeof bytes);
    takeUntil(160);
    inThread(faultForever);
    inThread(mapAnything);
    sleepMs(1500);
    writeUntil(number("leave", 30));
    rest();
}

static void *takeAll(void *unused)
{
    sleepMs(500);
    takeAllBut(number("leave", 30));
    return unused;
}

/* The first thread exits and closes a file of its own: the FLUSH is never answered, so that it is in
 * its exit for good, while the second one goes on. */
void hangInExit(void)
{
    static const struct served served = {.flushes = WITHHOLD};
    mountOwn(&served);
    inThread(takeAll);
    if (unshare(CLONE_FILES)) exit(16);
    openFile(O_RDONLY);
    syscall(SYS_exit, 0);
}

/* Whom this one traces stands still in the middle of its exit. */
static void traceFromNowOn(pid_t pid)
{
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
    if (fork()) return sleepMs(50);
    prctl(PR_SET_NAME, "tracer");
    if (ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXIT)) perror("ptrace");
    rest();
}

/* Its exit waits for a FLUSH that is never answered. */
static void openUnanswered(void)
{
    static const struct served served = {.flushes = WITHHOLD};
    mountOwn(&served);
    openFile(O_RDONLY);
}

/* Decoys that a signal does not end, and that look like the best of victims. */
void undying(void)
{
    for (int i = 0; i < number("count", 5); i++) {
        if (orphan()) continue;
        callOneself("decoy%d", i);
        if (number("traced", 0)) traceFromNowOn(getpid());
        else openUnanswered();
        take(number("mb", 17));
        setAdj("1000");
        rest();
    }
    rest();
}
