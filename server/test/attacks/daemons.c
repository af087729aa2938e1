// What would outlive its parent: daemons KIND MARK. The mark stands in the arguments of all of it.
#include "attack.h"
#include <sys/prctl.h>

enum { SECONDS = 40 };

/** Left its session and its parent, and has nothing open. */
static void leave(int keeps_output) {
  if (fork() > 0) return;
  setsid();
  if (fork() > 0) _exit(0);
  alarm(SECONDS);
  for (int number = 1; number < 65; number++)
    if (number != SIGALRM) signal(number, SIG_IGN);
  for (int file = keeps_output ? 3 : 0; file < 64; file++) close(file);
  for (;;) pause();
}

/** Each of its generations lives for a moment only: whoever looks for a number comes too late. */
static void run_away(void) {
  if (fork() > 0) return;
  setsid();
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  for (int generation = 0; generation < 200000; generation++) {
    pid_t child = fork();
    if (child < 0) continue;
    if (child > 0) _exit(0);
    alarm(SECONDS);
  }
  _exit(0);
}

int main(int count, char **values) {
  const char *kind = count > 1 ? values[1] : "";
  if (!strcmp(kind, "leaves")) leave(0);
  else if (!strcmp(kind, "holds")) leave(1);
  else if (!strcmp(kind, "many")) for (int i = 0; i < 10; i++) leave(i % 2);
  else if (!strcmp(kind, "runs-away")) run_away();
  else return 2;
  printf("done\n");
  return 0;
}
