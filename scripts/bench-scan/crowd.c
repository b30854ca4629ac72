/* crowd N COMMAND...: starts N children that do nothing, and becomes COMMAND, their parent still.
 * They die when it ends. */
#include <err.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc < 3) errx(2, "usage: crowd N COMMAND...");
  pid_t parent = getpid();
  for (int left = atoi(argv[1]); left > 0; left--) {
    pid_t child = fork();
    if (child < 0) err(1, "fork, with %d children still to start", left);
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() != parent) _exit(1);
      for (;;) pause();
    }
  }
  execv(argv[2], argv + 2);
  err(1, "%s", argv[2]);
}
