// Set-user-id of root, as whoever made it hopes. Says as whom it runs, and tries to become root.
#include "attack.h"

int main(void) {
  alarm(10);
  uid_t real, effective, saved;
  getresuid(&real, &effective, &saved);
  printf("runs as %d\n", (int)effective);
  if (effective != real || saved != real) through("another user", "%d instead of %d", (int)effective, (int)real);
  refused("becoming root", setresuid(0, 0, 0));
  refused("becoming the group of root", setresgid(0, 0, 0));
  int file = open("/etc/shadow", O_RDONLY);
  failed("what only root reads", file);
  printf("done\n");
  return 0;
}
