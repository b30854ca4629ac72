/* See filter.h. */
#define _GNU_SOURCE
#include "filter.h"
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
enum { ARCHITECTURE = AUDIT_ARCH_X86_64 };
#else
enum { ARCHITECTURE = AUDIT_ARCH_AARCH64 };
#endif

static struct sock_filter code[4 * MAX_RULES];
static unsigned short length;

static void add(unsigned short what, unsigned value, int yes, int no)
{
    code[length++] = (struct sock_filter){what, yes, no, value};
}

static void load(unsigned offset) { add(BPF_LD | BPF_W | BPF_ABS, offset, 0, 0); }

static void answer(unsigned action) { add(BPF_RET | BPF_K, action, 0, 0); }

/* Skips so many instructions unless what was loaded is this. */
static void unlessEqual(unsigned value, int skip) { add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip); }

static void answerTo(int number, unsigned action)
{
    unlessEqual(number, 1);
    answer(action);
}

static void refuseSockets(void)
{
    unlessEqual(SYS_socket, 4);
    load(offsetof(struct seccomp_data, args[0]));
    unlessEqual(AF_UNIX, 1);
    answer(SECCOMP_RET_ALLOW);
    answer(SECCOMP_RET_ERRNO | EAFNOSUPPORT);
}

void refuse(struct filter *filter, const char *text)
{
    int at = filter->refusedCount++;
    if (sscanf(text, "%d:%d", &filter->refused[at], &filter->errors[at]) == 2) return;
    fprintf(stderr, "not NUMBER:ERROR: %s\n", text);
    exit(2);
}

void allowAsFile(struct filter *filter, const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file) {
        perror(path);
        exit(2);
    }
    while (filter->allowedCount < MAX_RULES &&
           fscanf(file, "%d", &filter->allowed[filter->allowedCount]) == 1)
        filter->allowedCount++;
    fclose(file);
}

void install(const struct filter *filter)
{
    load(offsetof(struct seccomp_data, arch));
    unlessEqual(ARCHITECTURE, 1);
    add(BPF_JMP | BPF_JA, 1, 0, 0);
    answer(SECCOMP_RET_ERRNO | EPERM);
    load(offsetof(struct seccomp_data, nr));
    for (int i = 0; i < filter->refusedCount; i++)
        answerTo(filter->refused[i], SECCOMP_RET_ERRNO | filter->errors[i]);
    if (filter->onlyUnixSockets) refuseSockets();
    for (int i = 0; i < filter->allowedCount; i++) answerTo(filter->allowed[i], SECCOMP_RET_ALLOW);
    answer(filter->allowedCount ? SECCOMP_RET_ERRNO | EPERM : SECCOMP_RET_ALLOW);
    struct sock_fprog program = {length, code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
        perror("seccomp");
        exit(2);
    }
}
