/* What systemd makes of packaging/systemd/bustd.service before it starts the daemon, as far as a
 * process can be made without it; systemd.exec(5). */
#define _GNU_SOURCE
#include "parts.h"
#include "stage.h"
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define CGROUPS "/sys/fs/cgroup/"

static void must(int failed, const char *what)
{
    if (!failed) return;
    perror(what);
    exit(25);
}

static void putInto(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    must(fd < 0 || write(fd, text, strlen(text)) < 0, path);
    close(fd);
}

static void enterCgroupOf(const char *name)
{
    char path[96];
    putInto(CGROUPS "cgroup.subtree_control", "+memory +pids");
    snprintf(path, sizeof path, CGROUPS "%s", name);
    must(mkdir(path, 0755), path);
    static const char *const limits[] = {"memory.min", "memory.max", "memory.swap.max", "pids.max"};
    for (int i = 0; i < 4; i++) {
        snprintf(path, sizeof path, CGROUPS "%s/%s", name, limits[i]);
        putInto(path, word(limits[i], "max"));
    }
    snprintf(path, sizeof path, CGROUPS "%s/cgroup.procs", name);
    putInto(path, "0");
}

static void readOnly(const char *path)
{
    must(mount(path, path, 0, MS_BIND | MS_REC, 0), path);
    must(mount(0, path, 0, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID, 0), path);
}

static void privateDevices(void)
{
    static const struct {
        const char *path;
        int major, minor;
    } devices[] = {{"/dev/null", 1, 3},   {"/dev/zero", 1, 5},    {"/dev/full", 1, 7},
                   {"/dev/random", 1, 8}, {"/dev/urandom", 1, 9}, {"/dev/tty", 5, 0}};
    must(mount("devices", "/dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755"), "/dev");
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
        must(mknod(devices[i].path, S_IFCHR | 0666, makedev(devices[i].major, devices[i].minor)),
             devices[i].path);
        chmod(devices[i].path, 0666);
    }
}

static void enterNamespaces(void)
{
    must(unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC), "unshare");
    must(mount(0, "/", 0, MS_REC | MS_PRIVATE, 0), "private mounts");
    must(mount("tmp", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777"), "/tmp");
    privateDevices();
    readOnly("/proc/sys");
    readOnly("/sys");
    readOnly(CGROUPS);
    must(mount(0, "/", 0, MS_BIND | MS_REMOUNT | MS_RDONLY, 0), "/");
}

static void becomeUser(unsigned uid, uint64_t capabilities)
{
    unsigned low = (unsigned)capabilities, high = (unsigned)(capabilities >> 32);
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{low, low, low}, {high, high, high}};
    for (int i = 0; i < 64; i++)
        if (!(capabilities >> i & 1)) prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
    prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
    must(setgroups(0, 0) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid), "user");
    must(syscall(SYS_capset, &header, data), "capset");
    for (int i = 0; i < 64; i++)
        if (capabilities >> i & 1) must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0), "ambient");
}

void becomeService(void)
{
    struct rlimit locked = {RLIM_INFINITY, RLIM_INFINITY}, core = {0, 0};
    must(setrlimit(RLIMIT_MEMLOCK, &locked) || setrlimit(RLIMIT_CORE, &core), "limits");
    setpriority(PRIO_PROCESS, 0, number("nice", 0));
    setAdj(word("adj", "0"));
    umask(0077);
    enterCgroupOf("bustd.service");
    enterNamespaces();
    becomeUser(number("uid", 62000), strtoull(word("capabilities", "0"), 0, 16));
}
