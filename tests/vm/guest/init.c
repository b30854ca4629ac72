/* The first process of the laboratory's virtual machine: loads modules, mounts the disk, reads the
 * plan from the exchange disk, starts the daemon and then the actors, records, and switches off. */
#define _GNU_SOURCE
#include "course.h"
#include "plan.h"
#include "record.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SAMPLE_MS = 20, SLOT_FD = 200 };

struct plan plan;

static int daemonPipe[2];
static struct slot *slots;

void fail(const char *what)
{
    fprintf(stderr, "laboratory: %s: %s\n", what, strerror(errno));
    sync();
    reboot(RB_AUTOBOOT);
    for (;;) pause();
}

void put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0 || write(fd, text, strlen(text)) < 0) fprintf(stderr, "cannot write %s\n", path);
    if (fd >= 0) close(fd);
}

static void loadModules(void)
{
    char path[32];
    for (int i = 0;; i++) {
        snprintf(path, sizeof path, "/modules/%02d.ko", i);
        int fd = open(path, O_RDONLY);
        if (fd < 0) return;
        if (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST) perror(path);
        close(fd);
        unlink(path);
    }
}

static void enterDisk(void)
{
    mkdir("/dev", 0755);
    mkdir("/disk", 0755);
    mount("dev", "/dev", "devtmpfs", 0, "");
    loadModules();
    for (int tries = 0; mount("/dev/vda", "/disk", "ext4", MS_NOATIME, "noinit_itable"); tries++) {
        if (tries == 200) fail("mount /dev/vda");
        usleep(10000);
    }
    if (mount("/dev", "/disk/dev", 0, MS_MOVE, "") || chdir("/disk") ||
        mount(".", "/", 0, MS_MOVE, "") || chroot(".") || chdir("/"))
        fail("enter the disk");
    if (mount("/dev/vdc", "/bulk", "ext4", MS_RDONLY | MS_NOATIME, "noload")) fail("mount /bulk");
    mount("proc", "/proc", "proc", 0, "");
    mount("sys", "/sys", "sysfs", 0, "");
    mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, "");
    mount("cgroup", "/sys/fs/cgroup", "cgroup2", 0, "");
    mount("run", "/run", "tmpfs", 0, "");
    mkdir("/dev/shm", 01777);
    mount("shm", "/dev/shm", "tmpfs", 0, "size=0");
}

static void becomeUser(const struct actor *actor)
{
    if (!actor->uid) return;
    unsigned low = (unsigned)actor->capabilities, high = (unsigned)(actor->capabilities >> 32);
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{low, low, low}, {high, high, high}};
    prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
    if (setgroups(0, 0) || setresgid(actor->uid, actor->uid, actor->uid) ||
        setresuid(actor->uid, actor->uid, actor->uid) || syscall(SYS_capset, &header, data))
        fail("become user");
    for (int i = 0; i < 41; i++)
        if (actor->capabilities >> i & 1) prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0);
}

static void start(struct actor *actor, int output)
{
    char text[16], daemon[32];
    char *environment[] = {"PATH=/bin:/sbin:/usr/bin:/usr/sbin", text, daemon, 0};
    snprintf(text, sizeof text, "SLOT=%d", (int)(actor - plan.actors));
    snprintf(daemon, sizeof daemon, "DAEMON=%d", (int)plan.daemon.pid);
    if (actor == &plan.daemon) environment[1] = 0;
    actor->pid = fork();
    if (actor->pid) {
        note("A %lld %d %s\n", (long long)nowUs(), (int)actor->pid, actor->name);
        return;
    }
    char adj[16];
    sigset_t none;
    struct rlimit files = {1024, 4096};
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, 0);
    setrlimit(RLIMIT_NOFILE, &files);
    setsid();
    snprintf(adj, sizeof adj, "%d", actor->adj);
    put("/proc/self/oom_score_adj", adj);
    dup2(output, 1);
    dup2(output, 2);
    if (actor == &plan.daemon) close(SLOT_FD);
    setpriority(PRIO_PROCESS, 0, actor->nice);
    becomeUser(actor);
    execve(actor == &plan.daemon ? actor->args[0] : actor->program, actor->args, environment);
    perror(actor->args[0]);
    _exit(127);
}

static void reap(void)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        note("R %lld %d %d\n", (long long)nowUs(), (int)pid, status);
        for (int i = 0; i < plan.actorCount; i++)
            if (plan.actors[i].pid == pid) plan.actors[i].dead = 1;
    }
}

static void readDaemon(void)
{
    static char bytes[4096], pending[1024];
    static size_t length;
    ssize_t count;
    while ((count = read(daemonPipe[0], bytes, sizeof bytes)) > 0)
        noteLines('D', pending, &length, bytes, count);
}

static void turn(void)
{
    static int64_t next;
    static int wasCrisis;
    struct timespec wait = {0, 0};
    int64_t now = nowUs();
    next = next + SAMPLE_MS * 1000 > now ? next + SAMPLE_MS * 1000 : now;
    wait.tv_nsec = (next - now) * 1000;
    nanosleep(&wait, 0);
    if (sample() && !wasCrisis && plan.daemon.args[0]) {
        notePidStats("crisis", plan.daemon.pid);
        wasCrisis = 1;
    }
    reap();
    drainTrace();
    drainKernelLog();
    readDaemon();
    sampleCourse();
}

/* Ready means: it has used no processor time for half a second. */
static void settle(void)
{
    int64_t begin = nowUs(), quietSince = begin;
    long last = -1;
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/schedstat", (int)plan.daemon.pid);
    while (nowUs() - begin < plan.settleMaxMs * 1000) {
        turn();
        int fd = open(path, O_RDONLY);
        ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
        if (fd >= 0) close(fd);
        text[length > 0 ? length : 0] = 0;
        long used = atol(text) / 20000000;
        if (used != last) quietSince = nowUs();
        last = used;
        if (nowUs() - begin > plan.settleMinMs * 1000 && nowUs() - quietSince > 500000) return;
    }
}

static int deadOf(const char *name)
{
    int count = 0;
    for (int i = 0; i < plan.actorCount; i++)
        count += plan.actors[i].dead && !strcmp(plan.actors[i].name, name);
    return count;
}

static int fulfilled(void)
{
    int count = plan.untilByTrace ? exitsSeen(plan.untilName) : deadOf(plan.untilName);
    return plan.untilCount && count >= plan.untilCount;
}

/* Whether hardly any memory was taken for a second, nor an actor started. */
static int isAtRest(int64_t startedUs)
{
    static int64_t restUs;
    static long restKib;
    if (restUs < startedUs || availableKib < restKib - totalKib / 500) {
        restUs = nowUs();
        restKib = availableKib;
    }
    return nowUs() - restUs > 1000000;
}

/* Starts those whose time has come, in the plan's order; the deadline may begin anew. */
static int startDue(int started, int64_t *end)
{
    static int64_t since, startedUs;
    for (; started < plan.actorCount; started++) {
        struct actor *next = &plan.actors[started];
        if (!since || (next->after[0] && deadOf(next->after))) {
            since = nowUs();
            next->after[0] = 0;
        }
        if (next->waitsForRest && isAtRest(startedUs)) {
            since = nowUs();
            *end = since + plan.deadlineMs * 1000;
            next->waitsForRest = 0;
        }
        if (next->after[0] || next->waitsForRest || nowUs() < since + next->atMs * 1000) break;
        start(next, 2);
        startedUs = nowUs();
    }
    return started;
}

static void play(void)
{
    int64_t begin = nowUs(), end = begin + plan.deadlineMs * 1000;
    int started = 0, over = 0;
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    note("T %lld\n", (long long)begin);
    note("W %lld\n", wall.tv_sec * 1000000LL + wall.tv_nsec / 1000);
    while (nowUs() < end) {
        started = startDue(started, &end);
        turn();
        if (!over && fulfilled()) {
            over = 1;
            if (nowUs() + plan.tailMs * 1000 < end) end = nowUs() + plan.tailMs * 1000;
        }
    }
}

/* Runs the plan's commands one after the other, and keeps what they print. */
static void ask(void)
{
    static char bytes[4096], pending[1024];
    char *environment[] = {"PATH=/bin", "LC_ALL=C.UTF-8", 0};
    for (int i = 0; i < plan.askCount; i++) {
        int ends[2];
        size_t length = 0;
        ssize_t count;
        if (pipe(ends)) fail("pipe");
        pid_t pid = fork();
        if (!pid) {
            alarm(60);
            dup2(ends[1], 1);
            dup2(ends[1], 2);
            execve(plan.asks[i][0], plan.asks[i], environment);
            _exit(127);
        }
        close(ends[1]);
        note("Q %d %s\n", i, plan.asks[i][1] ? plan.asks[i][1] : "");
        while ((count = read(ends[0], bytes, sizeof bytes)) > 0)
            noteLines('O', pending, &length, bytes, count);
        close(ends[0]);
    }
}

int main(void)
{
    struct sched_param priority = {.sched_priority = 50};
    enterDisk();
    int exchange = open("/dev/vdb", O_RDWR | O_DIRECT);
    int shared = memfd_create("slots", 0);
    if (exchange < 0 || shared < 0 || ftruncate(shared, 4096)) fail("exchange disk");
    dup2(shared, SLOT_FD);
    fchmod(SLOT_FD, 0666);
    fcntl(exchange, F_SETFD, FD_CLOEXEC);
    slots = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, shared, 0);
    if (pipe2(daemonPipe, O_CLOEXEC)) fail("pipe");
    fcntl(daemonPipe[0], F_SETFL, O_NONBLOCK);
    readPlan(exchange);
    startRecorder();
    sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &priority);
    if (plan.daemon.args[0]) {
        start(&plan.daemon, daemonPipe[1]);
        note("Y %d\n", (int)plan.daemon.pid);
        settle();
        notePidStats("before", plan.daemon.pid);
    }
    startCourse(plan.courseMs);
    play();
    endRecord();
    if (plan.daemon.args[0]) notePidStats("after", plan.daemon.pid);
    for (int i = 0; i < plan.actorCount; i++)
        note("X %s %llu %llu\n", plan.actors[i].name, (unsigned long long)slots[i].longestStallUs,
             (unsigned long long)slots[i].turns);
    ask();
    kill(-1, SIGKILL);
    writeRecord(exchange, PLAN_BYTES);
    writeCourse(exchange, COURSE_OFFSET);
    reboot(RB_AUTOBOOT);
    return 0;
}
