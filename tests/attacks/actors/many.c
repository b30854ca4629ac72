/* Those who are many. */
#define _GNU_SOURCE
#include "parts.h"
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STACK_BYTES = 16384 };

static int shareQuietly(void *number)
{
    setsid();
    callOneself("sharer%d", (int)(long)number);
    rest();
    return 0;
}

/* Many processes of one memory, each with a session and a name of its own: it is free when the last
 * of them is gone. */
void shareMemory(void)
{
    for (long i = 0; i < number("count", 54); i++) {
        char *stack = mmap(0, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (stack == MAP_FAILED) exit(17);
        if (clone(shareQuietly, stack + STACK_BYTES, CLONE_VM | SIGCHLD, (void *)i) < 0) exit(18);
    }
    takeAllBut(number("leave", 30));
}

/* A process that shares all that can be shared, and that waits without touching its stack, so that
 * it needs none. */
static long cloneIdle(void)
{
    const long flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | SIGCHLD;
    register long childTid __asm__("r10") = 0, tls __asm__("r8") = 0;
    long result;
    __asm__ volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jnz 1f\n"
                     "2:\tmov %[pause], %%eax\n\t"
                     "syscall\n\t"
                     "jmp 2b\n"
                     "1:"
                     : "=a"(result)
                     : "a"((long)SYS_clone), "D"(flags), "S"(0L), "d"(0L), "r"(childTid), "r"(tls),
                       [pause] "i"(SYS_pause)
                     : "rcx", "r11", "memory");
    return result;
}

/* As many processes as possible, each of which costs as little as possible. */
void idleMany(void)
{
    for (long i = 0; i < number("count", 12000); i++)
        if (cloneIdle() < 0) exit(28);
    rest();
}

/* Many small ones who have nothing in common but their user. */
void crowd(void)
{
    for (int i = 0; i < number("count", 150); i++) {
        sleepMs(number("pause", 20));
        if (orphan()) continue;
        callOneself("c%d", i);
        take(number("mb", 14));
        rest();
    }
    exit(0);
}

static void startDecoy(int index)
{
    if (fork()) return;
    setsid();
    callOneself("decoy%d", index);
    setAdj("1000");
    rest();
}

/* Decoys that look like the best of victims, and are there again as soon as they were ended: what
 * they have is their parent's, and freed with it. */
void comeBack(void)
{
    int started = 0;
    take(number("mb", 17));
    while (started < number("count", 4)) startDecoy(started++);
    while (wait(0) > 0) startDecoy(started++);
    exit(19);
}

/* Runs as an executable whose path is longer than PATH_MAX, as nobody can read it. */
void hideDeep(void)
{
    char name[201], *arguments[] = {"./hog", "hog", 0, 0, 0};
    char named[64], leave[32];
    memset(name, 'd', 200);
    name[200] = 0;
    if (mkdir("/tmp/deep", 0755) || chdir("/tmp/deep")) exit(21);
    for (int depth = 0; depth < 25; depth++)
        if (mkdir(name, 0755) || chdir(name)) exit(22);
    int from = open("/proc/self/exe", O_RDONLY), to = open("hog", O_WRONLY | O_CREAT, 0755);
    static char bytes[1 << 16];
    for (ssize_t length; (length = read(from, bytes, sizeof bytes)) > 0;)
        if (write(to, bytes, length) != length) exit(23);
    close(to);
    snprintf(named, sizeof named, "name=%s", word("name", "hog"));
    snprintf(leave, sizeof leave, "leave=%ld", number("leave", 30));
    arguments[2] = named;
    arguments[3] = leave;
    execv(arguments[0], arguments);
    exit(24);
}
