/* The whole course of a story, for study; see course.c. */
#include <sys/types.h>

/* Names of fields of /proc/meminfo or /proc/vmstat to record. */
void watchFields(const char *file, char **names);
/* From now on, if fields are watched: a sample every so many ms. */
void startCourse(long everyMs);
void sampleCourse(void);
void writeCourse(int disk, off_t offset);
