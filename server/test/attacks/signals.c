// Signals to all whose numbers it can think of, its launcher among them: signals KIND.
#include "attack.h"
#include <sys/prctl.h>

static void all(int number) {
  kill(-1, number);
  kill(0, 0);
  for (pid_t other = 1; other < 33000; other++)
    if (other != getpid()) {
      kill(other, number);
      syscall(SYS_tgkill, other, other, number);
    }
  kill(getppid(), number);
  kill(-getppid(), number);
  union sigval value = {.sival_int = 1};
  sigqueue(getppid(), number, value);
}

int main(int count, char **values) {
  const char *kind = count > 1 ? values[1] : "";
  alarm(20);
  printf("begun\n");
  fflush(stdout);
  if (!strcmp(kind, "kill")) all(SIGKILL);
  else if (!strcmp(kind, "stop")) all(SIGSTOP);
  else if (!strcmp(kind, "all")) for (int number = 1; number < 65; number++) all(number);
  else if (!strcmp(kind, "own-group")) kill(0, SIGKILL);
  else if (!strcmp(kind, "segfault")) *(volatile int *)0 = 1;
  // Whoever waits for its pipes must not wait for a child that it stopped.
  else if (!strcmp(kind, "stopped-child")) {
    pid_t child = fork();
    if (child == 0) pause();
    kill(child, SIGSTOP);
  } else return 2;
  printf("done\n");
  return 0;
}
