// Fills every place that it may write to: filling MOST_BYTES. Each place is told with what went into it.
#include "attack.h"
#include <ftw.h>

static char places[64][200];
static int count;
static long most;

static int visit(const char *path, const struct stat *status, int kind, struct FTW *at) {
  (void)status, (void)at;
  // Links to open files and folders of processes: all that they lead to is seen from the root as well.
  if (strncmp(path, "/proc/", 6) == 0 && (strstr(path, "/fd") || strstr(path, "/task") || strstr(path, "/map_files"))) return FTW_SKIP_SUBTREE;
  if ((kind != FTW_D && kind != FTW_DP) || count == 64) return FTW_CONTINUE;
  char file[4200];
  snprintf(file, sizeof file, "%s/.ajar-attack", path);
  int opened = open(file, O_CREAT | O_WRONLY, 0600);
  if (opened < 0) return FTW_CONTINUE;
  close(opened), unlink(file);
  snprintf(places[count++], sizeof *places, "%s", path);
  return FTW_CONTINUE;
}

int main(int argc, char **values) {
  static char block[1 << 16];
  alarm(100);
  most = argc > 1 ? atol(values[1]) : 0;
  memset(block, 1, sizeof block);
  nftw("/", visit, 30, FTW_ACTIONRETVAL | FTW_PHYS);
  for (int i = 0; i < count; i++) {
    char name[13000];
    snprintf(name, sizeof name, "%s/fill", places[i]);
    int file = open(name, O_CREAT | O_WRONLY, 0600);
    long written = 0;
    ssize_t length = 0;
    while (written < most && (length = write(file, block, sizeof block)) > 0) written += length;
    said("place", places[i], "%ld %s", written, length < 0 ? strerrorname_np(errno) : "ALL");
    close(file), unlink(name);
  }
  // Files without contents take memory of the kernel.
  for (int i = 0; i < count; i++) {
    long made = 0;
    for (char name[13000]; made < 300000; made++) {
      snprintf(name, sizeof name, "%s/%ld", places[i], made);
      int file = open(name, O_CREAT | O_WRONLY, 0600);
      if (file < 0) break;
      close(file);
    }
    said("files", places[i], "%ld %s", made, made < 300000 ? strerrorname_np(errno) : "ALL");
    for (char name[13000]; made > 0; made--) {
      snprintf(name, sizeof name, "%s/%ld", places[i], made - 1);
      unlink(name);
    }
  }
  printf("done\n");
  return 0;
}
