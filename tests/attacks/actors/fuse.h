/* A FUSE file system of one file, spoken by hand over /dev/fuse; linux/fuse.h. */
#include <stdint.h>
#include <sys/types.h>

/* What the server does with one kind of request. */
enum answer { ANSWER, WITHHOLD, REFUSE_ONCE_THEN_WITHHOLD };

struct served {
    enum answer reads, flushes;
    /* The n-th OPEN and all after it get direct I/O; 0: none. */
    int directFrom;
    /* What a READ answers: a length, or a negative error number. Unless told: zeros. */
    ssize_t (*read)(char *into, size_t size, off_t offset);
};

/* A user namespace and a mount namespace of one's own, as any user may have. */
void becomeRootOfOneself(void);
/* Mounts below a directory; the descriptor of /dev/fuse. The file is DIRECTORY/file, whatever it is
 * called. */
int mountFuse(const char *directory, const char *more);
/* Answers until the end of time, or of the mount. */
void serve(int device, const struct served *served);
/* Mounts, and serves from a process of its own, which has this name; it knows the descriptor of
 * /dev/fuse alone. */
void serveInChild(const char *directory, const struct served *served, const char *name);
