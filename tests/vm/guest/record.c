/* The recorder: samples memory and pressure, keeps what the kernel says of signals and deaths.
 * Everything goes into one locked buffer, and to a disk of its own only when the story is over:
 * recording neither allocates nor waits for the disk that is being fought over. */
#define _GNU_SOURCE
#include "record.h"
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { RECORD_BYTES = 3 << 20, SECTOR = 4096, END_BYTES = 1 << 19 };

static char record[RECORD_BYTES] __attribute__((aligned(4096)));
static size_t used, limit = RECORD_BYTES - END_BYTES;
static int isCut;
static int meminfoFd, pressureFd, traceFd, kernelLogFd;
long availableKib, totalKib;
static char watched[16];
static int watchedExits;

int64_t nowUs(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

void note(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int written = vsnprintf(record + used, RECORD_BYTES - used, format, list);
    va_end(list);
    if (written > 0 && used + written < limit) used += written;
    else isCut = 1;
}

static void put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY);
    if (fd < 0 || write(fd, text, strlen(text)) < 0) note("I missing %s\n", path);
    if (fd >= 0) close(fd);
}

#define TRACING "/sys/kernel/tracing/"

static long fieldKib(const char *text, const char *name)
{
    const char *found = strstr(text, name);
    return found ? atol(found + strlen(name)) : -1;
}

static long hundredths(const char *text, const char *name)
{
    const char *found = strstr(text, name);
    return found ? (long)(atof(found + strlen(name)) * 100 + 0.5) : 0;
}

static void noteMemory(void)
{
    char memory[8192];
    ssize_t length = pread(meminfoFd, memory, sizeof memory - 1, 0);
    memory[length > 0 ? length : 0] = 0;
    note("M %ld %ld\n", fieldKib(memory, "MemTotal:"), fieldKib(memory, "SwapTotal:"));
}

/* Whether less than a tenth of memory is available. */
int sample(void)
{
    static char memory[8192], pressure[512];
    ssize_t length = pread(meminfoFd, memory, sizeof memory - 1, 0);
    int64_t at = nowUs();
    if (length <= 0) return 0;
    memory[length] = 0;
    length = pressureFd < 0 ? 0 : pread(pressureFd, pressure, sizeof pressure - 1, 0);
    pressure[length > 0 ? length : 0] = 0;
    const char *full = strstr(pressure, "full");
    if (!full) full = "";
    const char *some = strstr(pressure, "total="), *fullTotal = strstr(full, "total=");
    note("S %lld %ld %ld %ld %ld %lld %lld %ld %ld\n", (long long)at,
         fieldKib(memory, "MemAvailable:"), fieldKib(memory, "MemFree:"),
         fieldKib(memory, "\nCached:"), fieldKib(memory, "SwapFree:"),
         some ? atoll(some + 6) : 0, fullTotal ? atoll(fullTotal + 6) : 0,
         hundredths(pressure, "avg10="), hundredths(full, "avg10="));
    availableKib = fieldKib(memory, "MemAvailable:");
    totalKib = fieldKib(memory, "MemTotal:");
    return availableKib * 10 < totalKib;
}

void startRecorder(void)
{
    meminfoFd = open("/proc/meminfo", O_RDONLY);
    pressureFd = open("/proc/pressure/memory", O_RDONLY);
    put(TRACING "trace_clock", "mono");
    put(TRACING "buffer_size_kb", "256");
    put(TRACING "events/signal/signal_generate/filter",
        "sig==9||sig==15||sig==6||sig==7||sig==11||sig==1||sig==2");
    put(TRACING "events/signal/signal_generate/enable", "1");
    put(TRACING "events/sched/sched_process_exit/enable", "1");
    put(TRACING "events/oom/mark_victim/enable", "1");
    traceFd = open(TRACING "trace_pipe", O_RDONLY | O_NONBLOCK);
    kernelLogFd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
    lseek(kernelLogFd, 0, SEEK_END);
    mlockall(MCL_CURRENT);
    noteMemory();
}

/* Splits a stream into lines; `pending` holds an unfinished one between calls. */
void noteLines(char kind, char *pending, size_t *length, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] != '\n' && *length < 1000) {
            pending[(*length)++] = bytes[i] ? bytes[i] : '?';
            continue;
        }
        pending[*length] = 0;
        note("%c %lld %s\n", kind, (long long)nowUs(), pending);
        if (kind == 'E' && watched[0] && strstr(pending, "sched_process_exit:")) {
            const char *name = strstr(pending, "comm=");
            size_t size = strlen(watched);
            if (name && !strncmp(name + 5, watched, size) && name[5 + size] == ' ') watchedExits++;
        }
        *length = 0;
    }
}

void watchExits(const char *name) { snprintf(watched, sizeof watched, "%s", name); }

int exitsSeen(const char *name) { return strcmp(name, watched) ? 0 : watchedExits; }

void drainTrace(void)
{
    static char bytes[65536], pending[1024];
    static size_t length;
    ssize_t count;
    while ((count = read(traceFd, bytes, sizeof bytes)) > 0)
        noteLines('E', pending, &length, bytes, count);
}

void drainKernelLog(void)
{
    static char bytes[8192];
    ssize_t count;
    while ((count = read(kernelLogFd, bytes, sizeof bytes - 1)) > 0) {
        bytes[count] = 0;
        char *text = strchr(bytes, ';'), *end = strchr(bytes, '\n');
        if (end) *end = 0;
        if (text && (strstr(text, "Out of memory") || strstr(text, "invoked oom-killer") ||
                     strstr(text, "BUG") || strstr(text, "hung") || strstr(text, "segfault")))
            note("K %lld %s\n", (long long)nowUs(), text + 1);
    }
}

void notePidStats(const char *label, pid_t pid)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/schedstat", (int)pid);
    int times = open(path, O_RDONLY);
    ssize_t size = times < 0 ? 0 : read(times, text, sizeof text - 1);
    if (times >= 0) close(times);
    text[size > 0 ? size : 0] = 0;
    long long runNs = atoll(text);
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY);
    if (fd < 0) return;
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    text[length > 0 ? length : 0] = 0;
    char *name = strrchr(text, ')');
    long minor, major, user, kernel, threads, rssPages;
    if (name && sscanf(name + 2, "%*c %*d %*d %*d %*d %*d %*u %ld %*u %ld %*u %ld %ld %*d %*d %*d "
                                 "%*d %ld %*d %*u %*u %ld",
                       &minor, &major, &user, &kernel, &threads, &rssPages) == 6)
        note("P %lld %s %ld %ld %ld %ld %ld %lld\n", (long long)nowUs(), label, minor, major,
             (user + kernel) * 1000 / sysconf(_SC_CLK_TCK), rssPages * 4, threads, runNs);
}

/* From here on there is room again: what is noted at the end always fits. */
void endRecord(void)
{
    limit = RECORD_BYTES - SECTOR;
    if (isCut) note("I cut\n");
}

void writeRecord(int disk, off_t offset)
{
    note("Z %lld\n", (long long)nowUs());
    memset(record + used, 0, RECORD_BYTES - used < SECTOR ? RECORD_BYTES - used : SECTOR);
    size_t size = (used / SECTOR + 1) * SECTOR, done = 0;
    while (done < size) {
        ssize_t count = pwrite(disk, record + done, size - done, offset + done);
        if (count <= 0) break;
        done += count;
    }
}
