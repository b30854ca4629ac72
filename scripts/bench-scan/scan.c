/* scan ROUNDS: what a scan cannot be faster than. Reads oom_score of each process of /proc, then
 * stat and oom_score_adj, as bustd does, keeps the numbers of all in arrays, and prints a line of
 * JSON. */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { MAX = 65536 };

static int pids[MAX], scores[MAX], adjs[MAX];
static long rssPages[MAX];
static long long startTicks[MAX];
static char text[65536];
static int proc;

static int list(void) {
  int count = 0;
  lseek(proc, 0, SEEK_SET);
  for (long length; (length = syscall(SYS_getdents64, proc, text, sizeof text)) > 0;) {
    for (long at = 0; at < length; at += *(unsigned short *)(text + at + 16)) {
      const char *name = text + at + 19;
      if (*name >= '0' && *name <= '9' && count < MAX) pids[count++] = atoi(name);
    }
  }
  return count;
}

static int readFile(int pid, const char *name) {
  char path[64];
  snprintf(path, sizeof path, "%d/%s", pid, name);
  int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  long length = pread(fd, text, sizeof text - 1, 0);
  close(fd);
  text[length > 0 ? length : 0] = 0;
  return length > 0;
}

/* The 22nd field is the start, the 24th the RSS; the name before them may hold anything. */
static void parseStat(int i) {
  char *at = strrchr(text, ')');
  for (int field = 2; at && field < 22; field++) at = strchr(at + 1, ' ');
  if (!at) return;
  startTicks[i] = strtoll(at, &at, 10);
  strtoull(at, &at, 10);
  rssPages[i] = strtol(at, &at, 10);
}

static int scan(void) {
  int count = list();
  for (int i = 0; i < count; i++) scores[i] = readFile(pids[i], "oom_score") ? atoi(text) : 0;
  for (int i = 0; i < count; i++) {
    if (scores[i] <= 0 || !readFile(pids[i], "stat")) continue;
    parseStat(i);
    if (readFile(pids[i], "oom_score_adj")) adjs[i] = atoi(text);
  }
  return count;
}

static double nowUs(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static long anonymousKib(void) {
  int fd = open("/proc/self/smaps_rollup", O_RDONLY);
  long length = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
  close(fd);
  text[length > 0 ? length : 0] = 0;
  char *found = strstr(text, "Anonymous:");
  return found ? atol(found + 10) : -1;
}

int main(int argc, char **argv) {
  int rounds = argc > 1 ? atoi(argv[1]) : 300;
  double *tookUs = calloc(rounds > 0 ? rounds : 1, sizeof *tookUs);
  proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (proc < 0 || rounds < 1 || !tookUs) errx(1, "no /proc, or no rounds");
  int count = scan();
  long before = anonymousKib();
  for (int i = 0; i < rounds; i++) {
    double startUs = nowUs();
    count = scan();
    tookUs[i] = nowUs() - startUs;
  }
  long after = anonymousKib();
  qsort(tookUs, rounds, sizeof *tookUs, compare);
  printf("{\"processes\":%d,\"minUs\":%.1f,\"medianUs\":%.1f,\"anonymousBeforeKib\":%ld,"
         "\"anonymousAfterKib\":%ld}\n",
         count, tookUs[0], tookUs[rounds / 2], before, after);
}
