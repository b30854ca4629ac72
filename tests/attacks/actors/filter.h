/* A filter of system calls; seccomp(2). */
enum { MAX_RULES = 512 };

struct filter {
    /* These are refused, with these errors. */
    int refused[MAX_RULES], errors[MAX_RULES], refusedCount;
    /* If there are any, all others are refused with EPERM. */
    int allowed[MAX_RULES], allowedCount;
    /* Sockets of other families are refused with EAFNOSUPPORT, as RestrictAddressFamilies=AF_UNIX. */
    int onlyUnixSockets;
};

/* "NUMBER:ERROR" */
void refuse(struct filter *filter, const char *text);
/* Numbers in the first line of a file, from FIRST to the last known. */
void allowAsFile(struct filter *filter, const char *path);
/* For this process, and all it becomes and starts; ends it when that fails. */
void install(const struct filter *filter);
