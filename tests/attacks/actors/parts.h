/* The parts that the attackers play, and what they have in common; see main.c. */
#include "craft.h"

/* Of /proc/meminfo as the kernel itself tells it, MiB. */
long availableMib(void);
/* Takes so much memory. */
void take(long mib);
/* Takes memory until so much is left, and again whenever there is more; never returns. */
void takeAllBut(long leaveMib);
/* Takes memory until so much is left. */
void takeUntil(long leaveMib);
void setAdj(const char *adj);
/* A number in the place of "%d" of a name. */
void callOneself(const char *name, int number);
/* A child in a session of its own that is nobody's child any more: returns 0 in it. */
int orphan(void);

void lockedForWriting(void);
void lockedForReading(void);
void hangInExit(void);
void undying(void);
void shareMemory(void);
void crowd(void);
void idleMany(void);
void comeBack(void);
void hideDeep(void);
void watchDaemon(void);
void stage(char **words);
