/* Records the whole course of a story: memory, pressure and every process, as changes since the
 * sample before, in numbers of variable length, into one locked buffer. Files of /proc stay open, so
 * that reading them again allocates nothing. Read by ../course.ts. */
#define _GNU_SOURCE
#include "course.h"
#include "record.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { COURSE_BYTES = 8 << 20, RESERVE = 1 << 18, SECTOR = 4096, MAX_FIELDS = 64 };
enum { MAX_PROCESSES = 2000, MAX_PID = 32768, KERNEL_THREAD = -1, PF_KTHREAD = 0x200000 };
/* At most a quarter of one processor is used for it. */
enum { SHARE = 4 };

static unsigned char *buffer;
static size_t used;
static int64_t everyUs, nextUs, lastUs;

/* Seven bits a byte, the lowest first, the sign in the lowest. */
static void put(int64_t value)
{
    uint64_t rest = (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
    for (; rest > 127; rest >>= 7) buffer[used++] = rest | 128;
    buffer[used++] = rest;
}

static struct table {
    const char *path;
    char *names[MAX_FIELDS];
    int fd, count, lines[MAX_FIELDS];
    int64_t values[MAX_FIELDS];
} tables[] = {{.path = "/proc/meminfo"}, {.path = "/proc/vmstat"}};

static const char *readAgain(int fd)
{
    static char text[32768];
    ssize_t length = pread(fd, text, sizeof text - 1, 0);
    if (length < 0) return 0;
    text[length] = 0;
    return text;
}

void watchFields(const char *file, char **names)
{
    struct table *table = &tables[!strcmp(file, "vmstat")];
    for (; *names && table->count < MAX_FIELDS; names++) table->names[table->count++] = *names;
}

/* In which line each field stands; it does so for as long as the kernel runs. */
static void findLines(struct table *table)
{
    table->fd = open(table->path, O_RDONLY | O_CLOEXEC);
    const char *line = readAgain(table->fd);
    for (int i = 0; i < table->count; i++) table->lines[i] = -1;
    for (int number = 0; line && *line; number++) {
        for (int i = 0; i < table->count; i++) {
            size_t size = strlen(table->names[i]);
            if (!strncmp(line, table->names[i], size) && strchr(": ", line[size]))
                table->lines[i] = number;
        }
        line = strchr(line, '\n');
        if (line) line++;
    }
}

/* Fields that the kernel lacks are -1. */
static void putTable(struct table *table)
{
    const char *lines[512] = {0}, *line = readAgain(table->fd);
    for (int number = 0; line && number < 512; number++) {
        lines[number] = line;
        line = strchr(line, '\n');
        if (line) line++;
    }
    for (int i = 0; i < table->count; i++) {
        const char *found = table->lines[i] < 0 ? 0 : lines[table->lines[i]];
        int64_t value = found ? atoll(found + strcspn(found, ": ") + 1) : -1;
        put(value - table->values[i]);
        table->values[i] = value;
    }
}

/* avg10 avg60 avg300 in hundredths of a percent and total in us, for some and full. */
static void putPressure(void)
{
    static int fd = -2;
    static int64_t before[8];
    double averages[6] = {0};
    long long totals[2] = {0};
    if (fd == -2) fd = open("/proc/pressure/memory", O_RDONLY | O_CLOEXEC);
    const char *text = fd < 0 ? 0 : readAgain(fd);
    if (text)
        sscanf(text, "some avg10=%lf avg60=%lf avg300=%lf total=%lld full avg10=%lf avg60=%lf avg300=%lf "
                     "total=%lld",
               averages, averages + 1, averages + 2, totals, averages + 3, averages + 4,
               averages + 5, totals + 1);
    for (int i = 0; i < 8; i++) {
        int64_t value = i % 4 == 3 ? totals[i / 4] : (int64_t)(averages[i / 4 * 3 + i % 4] * 100 + 0.5);
        put(value - before[i]);
        before[i] = value;
    }
}

enum { PID, PPID, PGID, SID, STATE, FLAGS, START, THREADS, RSS, MINOR, MAJOR, UID, SCORE, ADJ,
       ANON, FILES, SHMEM, SWAP, CPU, FIELDS };
enum { COMM_BIT = 1 << FIELDS };

static struct process {
    int pid, stat, status, score, adj;
    int64_t values[FIELDS];
    char comm[16];
} processes[MAX_PROCESSES];
static int processCount;
static short slotOf[MAX_PID];

static int openOf(int pid, const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

static int64_t fieldOf(const char *text, const char *name)
{
    const char *found = strstr(text, name);
    return found ? atoll(found + strlen(name)) : 0;
}

/* Whether it is still there. */
static int readStat(int fd, int64_t *values, char *comm)
{
    const char *text = readAgain(fd);
    const char *name = text ? strchr(text, '(') : 0, *end = name ? strrchr(name, ')') : 0;
    char state;
    long long v[11];
    if (!end || end - name > 16) return 0;
    memset(comm, 0, 16);
    memcpy(comm, name + 1, end - name - 1);
    if (sscanf(end + 2, "%c %lld %lld %lld %*d %*d %lld %lld %*u %lld %*u %lld %lld %*d %*d %*d %*d "
                        "%lld %*d %lld %*u %lld",
               &state, v, v + 1, v + 2, v + 3, v + 4, v + 5, v + 9, v + 10, v + 6, v + 7, v + 8) != 12)
        return 0;
    values[PPID] = v[0], values[PGID] = v[1], values[SID] = v[2], values[STATE] = state;
    values[FLAGS] = v[3], values[MINOR] = v[4], values[MAJOR] = v[5], values[THREADS] = v[6];
    values[START] = v[7], values[RSS] = v[8] * 4, values[CPU] = v[9] + v[10];
    return 1;
}

static int readProcess(struct process *process, int64_t *values, char *comm)
{
    const char *text;
    if (!readStat(process->stat, values, comm) || !(text = readAgain(process->status))) return 0;
    values[UID] = fieldOf(text, "Uid:");
    values[ANON] = fieldOf(text, "RssAnon:"), values[FILES] = fieldOf(text, "RssFile:");
    values[SHMEM] = fieldOf(text, "RssShmem:"), values[SWAP] = fieldOf(text, "VmSwap:");
    if (!(text = readAgain(process->score))) return 0;
    values[SCORE] = atoll(text);
    if (!(text = readAgain(process->adj))) return 0;
    values[ADJ] = atoll(text);
    return 1;
}

static void forget(struct process *process)
{
    close(process->stat), close(process->status), close(process->score), close(process->adj);
    slotOf[process->pid] = 0;
    memset(process, 0, sizeof *process);
}

/* "slot + 1, which fields changed, by how much", or "slot + 1, 0" for one that is gone. */
static void putProcess(int slot)
{
    struct process *process = &processes[slot];
    int64_t now[FIELDS] = {[PID] = process->pid}, changed = 0;
    char comm[16];
    if (!process->pid) return;
    if (!readProcess(process, now, comm)) {
        put(slot + 1), put(0);
        return forget(process);
    }
    for (int i = 0; i < FIELDS; i++)
        if (now[i] != process->values[i]) changed |= 1 << i;
    if (memcmp(comm, process->comm, 16)) changed |= COMM_BIT;
    if (!changed) return;
    put(slot + 1), put(changed);
    for (int i = 0; i < FIELDS; i++) {
        if (changed >> i & 1) put(now[i] - process->values[i]);
        process->values[i] = now[i];
    }
    if (!(changed & COMM_BIT)) return;
    memcpy(process->comm, comm, 16);
    memcpy(buffer + used, comm, 16);
    used += 16;
}

/* A process that was not there before gets a slot. */
static void meet(int pid)
{
    int64_t values[FIELDS];
    char comm[16];
    int slot = 0, stat = openOf(pid, "stat");
    if (stat < 0) return;
    int isThere = readStat(stat, values, comm);
    if (isThere && values[FLAGS] & PF_KTHREAD) slotOf[pid] = KERNEL_THREAD;
    if (!isThere || slotOf[pid]) {
        close(stat);
        return;
    }
    while (slot < MAX_PROCESSES && processes[slot].pid) slot++;
    if (slot == MAX_PROCESSES) {
        close(stat);
        return;
    }
    if (slot >= processCount) processCount = slot + 1;
    processes[slot] = (struct process){.pid = pid,
                                       .stat = stat,
                                       .status = openOf(pid, "status"),
                                       .score = openOf(pid, "oom_score"),
                                       .adj = openOf(pid, "oom_score_adj")};
    slotOf[pid] = slot + 1;
}

static void meetNewcomers(void)
{
    static char bytes[32768] __attribute__((aligned(8)));
    static int fd = -1;
    ssize_t length;
    if (fd < 0) fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    lseek(fd, 0, SEEK_SET);
    while ((length = syscall(SYS_getdents64, fd, bytes, sizeof bytes)) > 0) {
        for (ssize_t at = 0; at < length;) {
            struct dirent64 *entry = (struct dirent64 *)(bytes + at);
            int pid = atoi(entry->d_name);
            if (pid > 0 && pid < MAX_PID && !slotOf[pid]) meet(pid);
            at += entry->d_reclen;
        }
    }
}

void startCourse(long everyMs)
{
    struct rlimit files = {4 * MAX_PROCESSES + 300, 4 * MAX_PROCESSES + 300};
    if (!tables[0].count) return;
    setrlimit(RLIMIT_NOFILE, &files);
    findLines(&tables[0]);
    findLines(&tables[1]);
    buffer = mmap(0, COURSE_BYTES, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE | MAP_LOCKED, -1, 0);
    if (buffer == MAP_FAILED) buffer = 0;
    used = 8;
    everyUs = everyMs * 1000;
}

void sampleCourse(void)
{
    int64_t begin = nowUs();
    if (!buffer || begin < nextUs) return;
    if (used > COURSE_BYTES - RESERVE) {
        note("I course cut\n");
        everyUs = 1000000000000;
    } else {
        put(begin - lastUs);
        lastUs = begin;
        putTable(&tables[0]);
        putTable(&tables[1]);
        putPressure();
        meetNewcomers();
        for (int slot = 0; slot < processCount; slot++) putProcess(slot);
        put(0);
    }
    int64_t taken = nowUs() - begin, wait = everyUs > SHARE * taken ? everyUs : SHARE * taken;
    nextUs = begin + wait;
}

/* Its length in bytes, then itself. */
void writeCourse(int disk, off_t offset)
{
    if (!buffer) return;
    uint64_t bytes = used;
    memcpy(buffer, &bytes, 8);
    size_t size = (used / SECTOR + 1) * SECTOR;
    for (size_t done = 0; done < size;) {
        ssize_t count = pwrite(disk, buffer + done, size - done, offset + done);
        if (count <= 0) break;
        done += count;
    }
}
