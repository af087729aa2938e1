// Leaves in its folder what should do harm to whoever takes it out: links KIND.
#include "attack.h"
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/xattr.h>

static void make(const char *name, int mode) {
  int file = open(name, O_CREAT | O_WRONLY, 0600);
  if (file < 0 || write(file, "made\n", 5) != 5) printf("not made: %s\n", name);
  if (file >= 0) fchmod(file, mode), close(file);
}

static void symlinks(void) {
  symlink("/etc/shadow", "shadow");
  symlink("/", "root");
  symlink("../../../../../../../../etc/passwd", "up");
  symlink("/proc/self/environ", "environment");
  symlink("/proc/1/root", "launcher");
  symlink("circle", "circle");
  mkdir("folder", 0700);
  symlink("/etc", "folder/etc");
}

/** None of these may be made: what is of others has no second name here. */
static void hard_links(void) {
  failed("hard link to /etc/passwd", link("/etc/passwd", "passwd"));
  failed("hard link to a program", link("/usr/bin/true", "true"));
  failed("hard link to the environment", link("/proc/1/environ", "environ"));
  make("one", 0600);
  link("one", "two");
}

static void special(void) {
  mkfifo("fifo", 0666);
  struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "socket"};
  int opened = socket(AF_UNIX, SOCK_STREAM, 0);
  bind(opened, (struct sockaddr *)&at, sizeof at);
  failed("a disk", mknod("disk", S_IFBLK | 0666, 0x800));
  failed("memory", mknod("memory", S_IFCHR | 0666, 0x101));
  make("setuid", 06755);
  make("nobody-reads", 0);
  mkdir("nobody-enters", 0);
  failed("capabilities", setxattr("setuid", "security.capability", "\1\0\0\2\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377", 20, 0));
  failed("an owner", chown("setuid", 0, 0));
}

/** Names that a program which is told them by another one may take for something else. */
static void names(void) {
  static const char *list[] = {"--checkpoint=1", "--checkpoint-action=exec=sh attack.sh", "-rf", "--to-command=sh", "--absolute-names", "*", "a b", "a\nb",
                               "\\", "$(id)", "`id`", ";id", "\033[2J", "\377\376", "...", " ", "|id"};
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) make(list[i], 0644);
  char longest[256] = {0};
  memset(longest, 'n', 255);
  make(longest, 0644);
}

static void many(void) {
  int made = 0;
  for (int i = 0; i < 10000; i++) {
    char name[20];
    snprintf(name, sizeof name, "file-%d", i);
    int file = open(name, O_CREAT | O_WRONLY, 0600);
    if (file < 0) break;
    close(file), made++;
  }
  printf("files %d\n", made);
}

static void deep(void) {
  int made = 0;
  while (made < 3000 && mkdir("deep", 0700) == 0 && chdir("deep") == 0) made++;
  printf("folders %d\n", made);
}

/** Much of nothing: files that have no blocks, but are long for whoever reads them. */
static void sparse(void) {
  int failures = 0;
  for (int i = 0; i < 40; i++) {
    char name[20];
    snprintf(name, sizeof name, "sparse-%d", i);
    failures += ftruncate(open(name, O_CREAT | O_WRONLY, 0600), 50000000) != 0;
  }
  signal(SIGXFSZ, SIG_IGN);
  failed("ten gigabytes", ftruncate(open("huge", O_CREAT | O_WRONLY, 0600), 10000000000));
  printf("sparse, but for %d\n", failures);
}

static void big(void) {
  static char block[1 << 20];
  int file = open("big", O_CREAT | O_WRONLY, 0600);
  long written = 0;
  while (written < 30000000 && write(file, block, sizeof block) > 0) written += sizeof block;
  printf("big %ld\n", written);
}

int main(int count, char **values) {
  const char *kind = count > 1 ? values[1] : "";
  alarm(20);
  if (!strcmp(kind, "symlinks")) symlinks();
  else if (!strcmp(kind, "hard-links")) hard_links();
  else if (!strcmp(kind, "special")) special();
  else if (!strcmp(kind, "names")) names();
  else if (!strcmp(kind, "many")) many();
  else if (!strcmp(kind, "deep")) deep();
  else if (!strcmp(kind, "sparse")) sparse();
  else if (!strcmp(kind, "big")) big();
  else return 2;
  printf("done\n");
  return 0;
}
