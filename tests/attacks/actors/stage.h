/* The daemon's surroundings; see stage.c. */

/* Where the daemon's two outputs go: "ctrl-s", "full-pty" or "full-pipe". */
void redirectOutputs(const char *how);
/* Puts a FUSE file in the place of /proc/meminfo, as lxcfs does; it fails for a while, or is "gone". */
void replaceMeminfo(const char *fault, long atMs, long hiddenMib);
/* All but the seccomp filter of the service's rights, from the stage's words. */
void becomeService(void);
