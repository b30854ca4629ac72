/* What stands before the daemon starts: `stage key=value ... -- COMMAND`, as root, becomes it. */
#define _GNU_SOURCE
#include "stage.h"
#include "filter.h"
#include "parts.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What udev and tmpfiles do in a real machine. */
static void furnish(void)
{
    int module = open("/bin/fuse.ko", O_RDONLY | O_CLOEXEC);
    if (syscall(SYS_finit_module, module, "", 0) && errno != EEXIST) perror("fuse.ko");
    close(module);
    chmod("/dev/fuse", 0666);
    chmod("/dev/null", 0666);
    chmod("/tmp", 01777);
    mkdir("/run/proc", 0755);
    mkdir("/dev/pts", 0755);
    if (mount("proc", "/run/proc", "proc", 0, "") ||
        mount("devpts", "/dev/pts", "devpts", 0, "ptmxmode=0666"))
        perror("mount");
}

void stage(char **words)
{
    static struct filter filter;
    char **command = words;
    while (*command && strcmp(*command, "--")) command++;
    if (!*command) exit(2);
    *command++ = 0;
    prepare(words);
    furnish();
    replaceMeminfo(word("meminfo", ""), number("at", 0), number("hidden", 0));
    redirectOutputs(word("output", ""));
    for (char **each = words; *each; each++)
        if (!strncmp(*each, "refuse=", 7)) refuse(&filter, *each + 7);
    if (*word("allow", "")) {
        allowAsFile(&filter, word("allow", ""));
        filter.onlyUnixSockets = 1;
        becomeService();
    }
    if (filter.allowedCount || filter.refusedCount) install(&filter);
    execv(command[0], command);
    perror(command[0]);
    exit(127);
}
