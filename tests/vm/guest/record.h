/* What the recorder offers to the first process of the laboratory's virtual machine. */
#include <stdint.h>
#include <sys/types.h>

enum { SLOTS = 64 };

/* One per actor, in memory shared with it and locked: the only thing an actor can say while starving. */
struct slot {
    volatile uint64_t longestStallUs;
    volatile uint64_t turns;
};

int64_t nowUs(void);
void startRecorder(void);
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void noteLines(char kind, char *pending, size_t *length, const char *bytes, size_t count);
void notePidStats(const char *label, pid_t pid);
int sample(void);
/* By the last sample. */
extern long availableKib, totalKib;
void drainTrace(void);
void drainKernelLog(void);
int exitsSeen(const char *name);
void watchExits(const char *name);
void endRecord(void);
void writeRecord(int disk, off_t offset);
