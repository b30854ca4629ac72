/* Outputs of the daemon that do not take what is written. */
#define _GNU_SOURCE
#include "parts.h"
#include "stage.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Writes until nobody can write any more; through a description of its own, so that the daemon's
 * one keeps its flags. */
static void stuff(int fd)
{
    static const char bytes[512] = {[0 ... 511] = '.'};
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    while (write(own, bytes, sizeof bytes) > 0 || write(own, bytes, 1) > 0) continue;
    close(own);
}

/* A terminal whose user presses Ctrl-S after a while, and reads no more. */
static void pressCtrlS(int terminal)
{
    static char bytes[4096];
    int64_t untilUs = nowUs() + 4000000;
    fcntl(terminal, F_SETFL, O_NONBLOCK);
    for (; nowUs() < untilUs; sleepMs(20))
        while (read(terminal, bytes, sizeof bytes) > 0) continue;
    if (write(terminal, "\x13", 1) != 1) perror("Ctrl-S");
    rest();
}

static int openTerminal(int isPressed)
{
    int terminal = open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), unlock = 0, index;
    char path[32];
    if (ioctl(terminal, TIOCSPTLCK, &unlock) || ioctl(terminal, TIOCGPTN, &index)) perror("pty");
    snprintf(path, sizeof path, "/dev/pts/%d", index);
    int line = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (!isPressed) stuff(line);
    if (!fork()) {
        prctl(PR_SET_NAME, "terminal");
        if (isPressed) pressCtrlS(terminal);
        rest();
    }
    close(terminal);
    return line;
}

static int openPipe(void)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC)) perror("pipe");
    if (!fork()) {
        prctl(PR_SET_NAME, "reader");
        raise(SIGSTOP);
        rest();
    }
    close(ends[0]);
    stuff(ends[1]);
    return ends[1];
}

void redirectOutputs(const char *how)
{
    if (!*how) return;
    int fd = !strcmp(how, "full-pipe") ? openPipe() : openTerminal(!strcmp(how, "ctrl-s"));
    dup2(fd, 1);
    dup2(fd, 2);
    close(fd);
}
