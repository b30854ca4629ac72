/* Starts the daemon under a filter that refuses one system call, beside a process that holds memory:
 * `refuse NUMBER:ERROR COMMAND...`, as the first process of a PID namespace. What came of it is the
 * first line on standard output; what the daemon said, on either of its outputs, follows. */
#define _GNU_SOURCE
#include "../actors/filter.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { HELD_BYTES = 64 << 20, STEP_MS = 10, START_MS = 10000, END_MS = 3000 };

extern char **environ;

static void sleepStep(void)
{
    struct timespec step = {0, STEP_MS * 1000000L};
    nanosleep(&step, 0);
}

static pid_t startBeside(void)
{
    int ready[2];
    char byte;
    if (pipe(ready)) exit(2);
    pid_t pid = fork();
    if (!pid) {
        prctl(PR_SET_NAME, "beside");
        setsid();
        char *held = mmap(0, HELD_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (held == MAP_FAILED) _exit(2);
        memset(held, 1, HELD_BYTES);
        if (write(ready[1], "", 1) != 1) _exit(2);
        for (;;) pause();
    }
    if (read(ready[0], &byte, 1) != 1) exit(2);
    close(ready[0]);
    close(ready[1]);
    return pid;
}

static pid_t startDaemon(const char *refusal, char **command, int output)
{
    static struct filter filter;
    pid_t pid = fork();
    if (pid) return pid;
    setsid();
    dup2(output, 1);
    dup2(output, 2);
    if (strcmp(refusal, "none")) {
        refuse(&filter, refusal);
        install(&filter);
    }
    if (filter.refused[0] == SYS_execve) syscall(SYS_execveat, AT_FDCWD, command[0], command, environ, 0);
    else execv(command[0], command);
    _exit(126);
}

/* Its wait status, or -1 when it has not ended within so many ms. */
static int endOf(pid_t pid, int withinMs)
{
    int status;
    for (int waited = 0; waited < withinMs; waited += STEP_MS, sleepStep())
        if (waitpid(pid, &status, WNOHANG) == pid) return status;
    return -1;
}

static void tellEnd(const char *before, int status)
{
    if (status < 0) printf("%sdeaf\n", before);
    else if (WIFSIGNALED(status)) printf("%ssignal %d\n", before, WTERMSIG(status));
    else printf("%sexit %d\n", before, WEXITSTATUS(status));
}

/* Waits until either of them is gone. */
static void play(pid_t beside, pid_t daemon)
{
    int status;
    for (int waited = 0; waited < START_MS; waited += STEP_MS, sleepStep()) {
        if (waitpid(daemon, &status, WNOHANG) == daemon) return tellEnd("", status);
        if (waitpid(beside, &status, WNOHANG) != beside) continue;
        /* It goes on until it is told to stop. */
        status = endOf(daemon, 200);
        if (status >= 0) return tellEnd("protects, then ", status);
        kill(daemon, SIGTERM);
        return tellEnd("protects, ", endOf(daemon, END_MS));
    }
    printf("hangs\n");
}

int main(int count, char **argv)
{
    if (count < 3) return 2;
    int said = memfd_create("said", 0);
    pid_t beside = startBeside();
    play(beside, startDaemon(argv[1], argv + 2, said));
    fflush(stdout);
    char bytes[65536];
    ssize_t length = pread(said, bytes, sizeof bytes, 0);
    return length >= 0 && write(1, bytes, length) == length ? 0 : 2;
}
