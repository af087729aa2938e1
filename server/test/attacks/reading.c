// Looks through all that it sees for a secret: reading TERCES FROM PATH..., where the secret is told backwards, so that its own
// arguments are none, FROM is the folder that it looks through, and the paths are of this machine.
#include "attack.h"
#include <dirent.h>
#include <ftw.h>
#include <sys/vfs.h>

static char secret[200];
static char block[1 << 20];
static long files, bytes;
static const char *from;

/** @returns whether the file could be opened */
static int look(const char *path) {
  int file = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
  if (file < 0) return 0;
  ssize_t length = read(file, block, sizeof block - 1);
  close(file);
  if (length <= 0) return 1;
  files++, bytes += length;
  if (memmem(block, length, secret, strlen(secret))) through("secret", "%s", path);
  return 1;
}

static int visit(const char *path, const struct stat *status, int kind, struct FTW *at) {
  (void)at;
  if (memmem(path, strlen(path), secret, strlen(secret))) through("secret in a name", "%s", path);
  if (strcmp(path, "/usr") == 0) return FTW_SKIP_SUBTREE; // known to all
  if (kind == FTW_F && S_ISREG(status->st_mode) && strcmp(path, "/proc/kcore") && strcmp(path, "/proc/kmsg")) look(path);
  return FTW_CONTINUE;
}

/** All but /usr, the environments, command lines, folders and open files of all processes included. */
static void everything(const char *what) {
  alarm(60);
  nftw(from, visit, 30, FTW_ACTIONRETVAL | FTW_PHYS);
  kept(what, "%ld files of %ld bytes", files, bytes);
}

static void variables(const char *what) {
  static const char *known[] = {"PATH=", "HOME=", "TMPDIR=", "LANG=", "USER=", "PWD=", "SHLVL=", "_="};
  extern char **environ;
  for (char **one = environ; *one; one++) {
    int is_known = 0;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) is_known |= strncmp(*one, known[i], strlen(known[i])) == 0;
    if (!is_known) through(what, "%s", *one);
  }
  kept(what, "looked through");
}

static void descriptors(const char *what) {
  for (int file = 3; file < 4096; file++)
    if (fcntl(file, F_GETFD) >= 0) {
      char link[64], to[300] = {0};
      snprintf(link, sizeof link, "/proc/self/fd/%d", file);
      through(what, "%d is %s", file, readlink(link, to, sizeof to - 1) > 0 ? to : "?");
    }
  kept(what, "none");
}

/** Those of others would be here as well. */
static void processes(const char *what) {
  DIR *folder = opendir("/proc");
  int count = 0;
  struct dirent *one;
  while (folder && (one = readdir(folder))) count += one->d_name[0] >= '0' && one->d_name[0] <= '9';
  if (count > 0 && count <= 6) kept(what, "%d", count);
  else through(what, "%d are seen", count);
}

static const char *absent[] = {
    "/etc/shadow",    "/etc/gshadow",    "/etc/ssh",       "/etc/ajar",      "/root",      "/home",       "/var/log", "/var/lib", "/var/spool",
    "/run/systemd",   "/run/user",       "/srv",           "/mnt",           "/media",     "/boot",       "/opt",     "/sys/fs/cgroup",
    "/usr/local",     "/usr/src",        "/dev/mem",       "/dev/kmem",      "/dev/port",  "/dev/kvm",    "/dev/sda", "/dev/vda", "/dev/fuse",
    "/dev/net/tun",   "/dev/kmsg",       "/dev/console",   "/dev/tty1",      "/dev/loop0", "/dev/gpiochip0", "/dev/video0", "/sys/kernel",
    "/sys/class/net", "/sys/class/gpio", "/proc/1/root/etc/shadow", "/lost+found",
};
static void present(const char *what) {
  for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
    int file = open(absent[i], O_RDONLY | O_NONBLOCK);
    if (file < 0) continue;
    // An empty folder that stands in the place of another one shows nothing.
    DIR *folder = fdopendir(file);
    struct dirent *one;
    int count = 0;
    while (folder && (one = readdir(folder))) count += one->d_name[0] != '.';
    if (!folder || count > 0) through(what, "%s", absent[i]);
    close(file);
  }
  kept(what, "%zu looked for", sizeof absent / sizeof *absent);
}

/** What changes a kernel. Nothing is written, for it might work; but a number for the next process of this box may be told. */
static const char *knobs[] = {"/proc/sysrq-trigger",       "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe",
                              "/proc/sys/vm/drop_caches",  "/proc/sys/kernel/hostname",     "/proc/irq/0/smp_affinity",
                              "/proc/mtrr",                "/proc/acpi/wakeup",             "/sys/kernel/uevent_helper",
                              "/sys/power/state",          "/proc/sys/user/max_user_namespaces", "/proc/sys/kernel/yama/ptrace_scope"};
static const char *unreadable[] = {"/proc/kcore", "/proc/kmsg", "/proc/kallsyms", "/proc/slabinfo", "/proc/vmallocinfo"};
static void of_the_kernel(const char *what) {
  for (size_t i = 0; i < sizeof knobs / sizeof *knobs; i++) failed(knobs[i], open(knobs[i], O_WRONLY));
  int next = open("/proc/sys/kernel/ns_last_pid", O_WRONLY);
  failed("the number of the next process", next < 0 ? -1 : write(next, "300", 3));
  for (size_t i = 0; i < sizeof unreadable / sizeof *unreadable; i++) {
    int file = open(unreadable[i], O_RDONLY | O_NONBLOCK);
    char first[64] = {0};
    // Symbols are shown as zeros to who may not know.
    ssize_t length = file < 0 ? -1 : read(file, first, sizeof first - 1);
    if (length > 0 && strncmp(first, "0000000000000000", 16) != 0) through(what, "%s: %s", unreadable[i], first);
    if (file >= 0) close(file);
  }
}

/** What the first processes of the box have open is had by all in it: pipes to who made it, and nothing else. */
static void open_by_others(const char *what) {
  for (int pid = 1; pid < 4; pid++)
    for (int file = 0; file < 4096; file++) {
      char link[64], to[300] = {0};
      snprintf(link, sizeof link, "/proc/%d/fd/%d", pid, file);
      if (readlink(link, to, sizeof to - 1) <= 0) continue;
      // A pair of sockets of Node's, whose other end only reads.
      int is_output = strncmp(to, "pipe:", 5) == 0 || strncmp(to, "socket:", 7) == 0;
      if (file > 12 || (!is_output && strcmp(to, "/dev/null") && strcmp(to, "anon_inode:[eventfd]") && strncmp(to, "/box/", 5)))
        through(what, "%s is %s", link, to);
    }
  kept(what, "looked through");
}

/** Nothing that is mounted may be written to but what is known; set-user-id means nothing on any of it. */
static void mounts(const char *what) {
  FILE *file = fopen("/proc/self/mountinfo", "r");
  char line[4096], point[1024], options[1024];
  while (file && fgets(line, sizeof line, file)) {
    if (memmem(line, strlen(line), secret, strlen(secret))) through("secret in a mount", "%s", line);
    if (sscanf(line, "%*s %*s %*s %*s %1023s %1023s", point, options) != 2) continue;
    if (!strstr(options, "nosuid")) through("set-user-id", "%s", line);
    if (strncmp(options, "ro", 2) != 0) said("writable", point, "%s", options);
  }
  kept(what, "looked through");
}

static char **paths;
static void named(const char *what) {
  for (char **path = paths; *path; path++) {
    struct stat status;
    if (**path != '/') continue;
    failed(what, stat(*path, &status));
    failed(what, open(*path, O_RDONLY));
    failed(what, open(*path, O_WRONLY | O_CREAT, 0600));
    char through_parent[4200];
    snprintf(through_parent, sizeof through_parent, "../../../../../..%s", *path);
    failed(what, open(through_parent, O_RDONLY));
    snprintf(through_parent, sizeof through_parent, "/proc/1/root%s", *path);
    failed(what, open(through_parent, O_RDONLY));
  }
}

int main(int count, char **values) {
  if (count < 3) return 2;
  size_t length = strlen(values[1]);
  for (size_t i = 0; i < length && i < sizeof secret - 1; i++) secret[i] = values[1][length - 1 - i];
  from = values[2], paths = values + 3;
  in_child("everything", everything);
  in_child("variables", variables);
  in_child("descriptors", descriptors);
  in_child("processes", processes);
  in_child("present", present);
  in_child("what is of the kernel", of_the_kernel);
  in_child("open by others", open_by_others);
  in_child("mounts", mounts);
  in_child("paths of this machine", named);
  printf("done\n");
  return 0;
}
