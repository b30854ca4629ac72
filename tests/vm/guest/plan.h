/* The plan of one story, as the host writes it to the exchange disk. */
enum { PLAN_BYTES = 65536, COURSE_OFFSET = 4 << 20, MAX_ARGS = 64, MAX_ACTORS = 63, MAX_ASKS = 8 };

struct actor {
    long atMs;
    int adj, uid, nice;
    /* Likewise from when nobody takes memory any more. */
    int waitsForRest;
    unsigned long capabilities;
    char name[16];
    /* A link to its program under its own name: what no two kinds of program share. */
    char program[32];
    /* Its time and those of all after it count from when this one is gone, if any. */
    char after[16];
    char *args[MAX_ARGS];
    int pid, dead;
};

struct plan {
    struct actor actors[MAX_ACTORS + 1], daemon;
    int actorCount;
    /* The daemon is ready when it rests, between these times; the story ends at its deadline, or */
    long settleMinMs, settleMaxMs, deadlineMs;
    /* so long after so many of this name were gone: reaped, or seen to exit in the trace. */
    long tailMs;
    char untilName[16];
    int untilCount, untilByTrace;
    /* How often the whole course is sampled. */
    long courseMs;
    /* Commands that are run when the story is over; what they print is kept. */
    char *asks[MAX_ASKS][MAX_ARGS];
    int askCount;
};

extern struct plan plan;

void fail(const char *what);
void put(const char *path, const char *text);
void readPlan(int exchange);
