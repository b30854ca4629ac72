/* See fuse.h. */
#define _GNU_SOURCE
#include "fuse.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { REQUEST_BYTES = 1 << 18, FILE_NODE = 2, FILE_BYTES = 1 << 20 };

static void putInto(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY);
    if (fd < 0 || write(fd, text, strlen(text)) < 0) perror(path);
    if (fd >= 0) close(fd);
}

void becomeRootOfOneself(void)
{
    char users[32], groups[32];
    snprintf(users, sizeof users, "0 %d 1", (int)getuid());
    snprintf(groups, sizeof groups, "0 %d 1", (int)getgid());
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS)) {
        perror("unshare");
        exit(11);
    }
    putInto("/proc/self/setgroups", "deny");
    putInto("/proc/self/uid_map", users);
    putInto("/proc/self/gid_map", groups);
}

int mountFuse(const char *directory, const char *more)
{
    char options[128];
    int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0%s", device, more);
    mkdir(directory, 0755);
    if (device < 0 || mount("attack", directory, "fuse", MS_NOSUID | MS_NODEV, options)) {
        perror("mount of FUSE");
        exit(12);
    }
    return device;
}

static void reply(int device, uint64_t unique, int error, const void *body, size_t size)
{
    struct fuse_out_header head = {sizeof head + size, error, unique};
    struct iovec parts[] = {{&head, sizeof head}, {(void *)body, size}};
    if (writev(device, parts, size ? 2 : 1) < 0 && errno != ENOENT) perror("answer of FUSE");
}

static struct fuse_attr attributesOf(uint64_t node)
{
    int isFile = node == FILE_NODE;
    return (struct fuse_attr){.ino = node,
                              .size = isFile ? FILE_BYTES : 0,
                              .mode = isFile ? S_IFREG | 0666 : S_IFDIR | 0755,
                              .nlink = 1,
                              .blksize = 4096};
}

static void answerInit(int device, uint64_t unique, const struct fuse_init_in *asked)
{
    /* Without FUSE_ASYNC_READ whoever reads waits for the answer itself. */
    struct fuse_init_out out = {.major = FUSE_KERNEL_VERSION,
                                .minor = FUSE_KERNEL_MINOR_VERSION,
                                .max_readahead = 0,
                                .max_background = 16,
                                .congestion_threshold = 12,
                                .max_write = 65536,
                                .time_gran = 1};
    if (asked->minor < out.minor) out.minor = asked->minor;
    reply(device, unique, 0, &out, sizeof out);
}

static int opened;

static void answerOpen(int device, uint64_t unique, const struct served *served)
{
    /* What an earlier reader waits for must still lie in the cache. */
    struct fuse_open_out out = {.fh = 1, .open_flags = FOPEN_KEEP_CACHE};
    opened++;
    if (served->directFrom && opened >= served->directFrom) out.open_flags |= FOPEN_DIRECT_IO;
    reply(device, unique, 0, &out, sizeof out);
}

static void answerRead(int device, uint64_t unique, const struct fuse_read_in *asked,
                       const struct served *served)
{
    static char bytes[1 << 17];
    static int refused;
    size_t size = asked->size < sizeof bytes ? asked->size : sizeof bytes;
    if (served->reads == REFUSE_ONCE_THEN_WITHHOLD && !refused++)
        return reply(device, unique, -EIO, 0, 0);
    if (served->reads != ANSWER) return;
    ssize_t length = served->read ? served->read(bytes, size, asked->offset) : (ssize_t)size;
    reply(device, unique, length < 0 ? length : 0, bytes, length < 0 ? 0 : length);
}

static void answer(int device, const struct fuse_in_header *head, const struct served *served)
{
    const void *body = head + 1;
    struct fuse_entry_out entry = {
        .nodeid = FILE_NODE, .entry_valid = 3600, .attr_valid = 3600, .attr = attributesOf(FILE_NODE)};
    struct fuse_attr_out attributes = {.attr_valid = 3600, .attr = attributesOf(head->nodeid)};
    switch (head->opcode) {
    case FUSE_INIT: return answerInit(device, head->unique, body);
    case FUSE_LOOKUP: return reply(device, head->unique, 0, &entry, sizeof entry);
    case FUSE_GETATTR:
    case FUSE_SETATTR: return reply(device, head->unique, 0, &attributes, sizeof attributes);
    case FUSE_OPEN: return answerOpen(device, head->unique, served);
    case FUSE_READ: return answerRead(device, head->unique, body, served);
    case FUSE_FLUSH:
        if (served->flushes == ANSWER) reply(device, head->unique, 0, 0, 0);
        return;
    case FUSE_RELEASE: return reply(device, head->unique, 0, 0, 0);
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
    case FUSE_INTERRUPT: return;
    default: return reply(device, head->unique, -ENOSYS, 0, 0);
    }
}

void serve(int device, const struct served *served)
{
    static char request[REQUEST_BYTES] __attribute__((aligned(8)));
    for (;;) {
        ssize_t length = read(device, request, sizeof request);
        if (length < 0 && errno == ENODEV) exit(0);
        if (length >= (ssize_t)sizeof(struct fuse_in_header)) answer(device, (void *)request, served);
    }
}

void serveInChild(const char *directory, const struct served *served, const char *name)
{
    int device = mountFuse(directory, "");
    if (fork()) {
        close(device);
        return;
    }
    setsid();
    prctl(PR_SET_NAME, name);
    serve(device, served);
}
