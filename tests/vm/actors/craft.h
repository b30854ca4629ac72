/* What every actor can do: read its words, take memory at a rate, sleep, tell its turns. */
#include <stdint.h>
#include <sys/types.h>

enum { PAGE = 4096 };
#define MIB (1L << 20)
#define BULK "/bulk/file"

/* Shared with the first process of the machine; see guest/record.h. */
struct slot {
    volatile uint64_t longestStallUs;
    volatile uint64_t turns;
};

extern struct slot *slot;

void prepare(char **words);
long number(const char *name, long otherwise);
const char *word(const char *name, const char *otherwise);
int64_t nowUs(void);
void sleepMs(long ms);
uint64_t randomWord(void);
void reseed(void);
long rateKib(void);
char *fill(long mib, long kibPerS);
volatile char *mapBulk(long mib, long offsetMib, int more);
void sleepUntilRelief(void);
long availablePercent(void);
pid_t pidOf(const char *name);
void writeText(const char *path, const char *text);
void enterCgroup(void);
void rest(void);
void child(void (*part)(void), const char *name);
