/* Makes system calls that a box allows, refuses or does not know, and prints what each was answered: `name result`. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

static void say(const char *name, long result) {
  printf("%s %s\n", name, result >= 0 ? "done" : strerrorname_np(errno));
}

#define CALL(name, number, ...) say(name, syscall(number, ##__VA_ARGS__))

/* In a child, which clone(2) may make. */
static void clone_with(const char *name, unsigned long flags) {
  long pid = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
  if (pid == 0) _exit(0);
  say(name, pid);
  if (pid > 0) waitpid(pid, 0, 0);
}

#ifdef __x86_64__
static void foreign(const char *name, void (*call)(void)) {
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    call();
    _exit(0);
  }
  int status;
  waitpid(pid, &status, 0);
  printf("%s %s\n", name, WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS ? "killed" : "done");
}
/* getpid by the calls of 32-bit programs, and by those with 32-bit pointers. */
static void i386(void) { __asm__ volatile("int $0x80" : : "a"(20) : "memory"); }
static void x32(void) { syscall(0x40000000 | SYS_getpid); }
#endif

/* Locks are given and not had: a child is told of none. */
static void files(void) {
  struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  int file = syscall(SYS_openat, -100, "/tmp/locked", O_RDWR | O_CREAT, 0600);
  say("openat", file);
  CALL("lock", SYS_fcntl, file, F_SETLK, &whole);
  CALL("lock-upper-bits", SYS_fcntl, file, F_SETLK | (1UL << 32), &whole);
  CALL("lock-waiting", SYS_fcntl, file, F_SETLKW, &whole);
  fflush(stdout);
  if (fork() == 0) {
    fcntl(file, F_GETLK, &whole);
    puts(whole.l_type == F_UNLCK ? "lock-held no" : "lock-held yes");
    fflush(stdout);
    _exit(0);
  }
  wait(0);
  CALL("lock-of-open-file", SYS_fcntl, file, F_OFD_SETLK, &whole);
  CALL("flock", SYS_flock, 12345, 2);
  CALL("lease", SYS_fcntl, file, F_SETLEASE, F_RDLCK);
  CALL("notify", SYS_fcntl, file, F_NOTIFY, 0);
  CALL("fcntl-that-is-none", SYS_fcntl, file, 4711);
  CALL("duplicate", SYS_fcntl, file, F_DUPFD_CLOEXEC, 0);
  CALL("nonblocking", SYS_fcntl, file, F_SETFL, O_NONBLOCK);
  CALL("direct", SYS_openat, -100, "/usr/bin/env", O_RDONLY | O_DIRECT);
  CALL("direct-later", SYS_fcntl, file, F_SETFL, O_DIRECT);
  CALL("openat2", SYS_openat2, -100, "/usr/bin/env", 0, 0);
}

/* Large pages, filters of sockets, and the limit of dumps, which stays as it is. */
static void sizes(void) {
  CALL("mmap-huge", SYS_mmap, 0, 0, 0, 0x22 | 0x40000, -1, 0);
  CALL("memfd", SYS_memfd_create, "x", 1);
  CALL("memfd-huge", SYS_memfd_create, "x", 4);
  CALL("shmget", SYS_shmget, 0, 4096, 01600);
  CALL("shmget-huge", SYS_shmget, 0, 0, 01600 | 04000);
  CALL("semget", SYS_semget, 0, 1, 01600);
  int one = 1, pair[2];
  socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
  CALL("setsockopt", SYS_setsockopt, pair[0], SOL_SOCKET, SO_SNDBUF, &one, sizeof one);
  struct { unsigned short code; unsigned char yes, no; unsigned value; } all = {6, 0, 0, 0xffff};
  struct { unsigned short length; void *program; } filter = {1, &all};
  CALL("setsockopt-filter", SYS_setsockopt, pair[0], SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
  struct rlimit before, after, files = {10, 10}, less = {0, 1};
  setrlimit(RLIMIT_CORE, &(struct rlimit){1, 1});
  getrlimit(RLIMIT_CORE, &before);
  CALL("setrlimit-core", SYS_setrlimit, RLIMIT_CORE, &less);
  CALL("prlimit-core", SYS_prlimit64, 0, RLIMIT_CORE, &less, 0);
  CALL("prlimit-core-upper-bits", SYS_prlimit64, 0, RLIMIT_CORE | (1UL << 32), &less, 0);
  CALL("prlimit-core-read", SYS_prlimit64, 0, RLIMIT_CORE, 0, &after);
  puts(before.rlim_cur == after.rlim_cur ? "core-limit kept" : "core-limit changed");
  CALL("prlimit-files", SYS_prlimit64, 0, RLIMIT_NOFILE, &files, 0);
}

int main(void) {
  char text[1] = "x";
  int family[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK, AF_ALG, AF_BLUETOOTH};
  const char *families[] = {"unix", "inet", "inet6", "netlink", "packet", "vsock", "alg", "bluetooth"};
  for (int i = 0; i < 8; i++) {
    char name[40];
    snprintf(name, sizeof name, "socket-%s", families[i]);
    CALL(name, SYS_socket, family[i], i == 4 || i == 3 ? SOCK_RAW : SOCK_STREAM, 0);
  }
  CALL("socket-upper-bits", SYS_socket, AF_UNIX | (1UL << 32), SOCK_STREAM, 0);
  clone_with("clone", 0);
  clone_with("clone-newns", 0x20000);
  clone_with("clone-newcgroup", 0x02000000);
  clone_with("clone-newuts", 0x04000000);
  clone_with("clone-newipc", 0x08000000);
  clone_with("clone-newuser", 0x10000000);
  clone_with("clone-newpid", 0x20000000);
  clone_with("clone-newnet", 0x40000000);
  clone_with("clone-newuser-newnet", 0x50000000);
  CALL("clone3", SYS_clone3, 0, 0);
  CALL("unshare", SYS_unshare, 0x10000000);
  CALL("setns", SYS_setns, 0, 0);
  CALL("mount", SYS_mount, "none", "/tmp", "tmpfs", 0, 0);
  CALL("umount2", SYS_umount2, "/proc", 2);
  CALL("pivot_root", SYS_pivot_root, "/", "/");
  CALL("chroot", SYS_chroot, "/tmp");
  CALL("fsopen", SYS_fsopen, "tmpfs", 0);
  CALL("open_tree", SYS_open_tree, -100, "/", 1);
  CALL("ptrace", SYS_ptrace, 0, 0, 0, 0);
  CALL("process_vm_readv", SYS_process_vm_readv, 1, 0, 0, 0, 0, 0);
  CALL("pidfd_getfd", SYS_pidfd_getfd, 0, 0, 0);
  CALL("kcmp", SYS_kcmp, 1, 1, 0, 0, 0);
  CALL("bpf", SYS_bpf, 0, 0, 0);
  CALL("perf_event_open", SYS_perf_event_open, 0, 0, 0, 0, 0);
  CALL("userfaultfd", SYS_userfaultfd, 0);
  CALL("io_uring_setup", SYS_io_uring_setup, 1, 0);
  CALL("keyctl", SYS_keyctl, 0, 0, 0, 0, 0);
  CALL("add_key", SYS_add_key, "user", "a", "b", 1, -1);
  CALL("seccomp", SYS_seccomp, 0, 0, 0);
  CALL("setuid", SYS_setuid, 0);
  CALL("syslog", SYS_syslog, 3, text, 1);
  CALL("reboot", SYS_reboot, 0, 0, 0, 0);
  CALL("tiocsti", SYS_ioctl, 0, 0x5412UL, text);
  CALL("tiocsti-upper-bits", SYS_ioctl, 0, 0x5412UL | (1UL << 32), text);
  CALL("tioclinux", SYS_ioctl, 0, 0x541cUL, text);
  CALL("ioctl-fiemap", SYS_ioctl, 0, 0xc020660bUL, text);
  CALL("personality", SYS_personality, 0xffffffffUL);
  CALL("personality-read-implies-exec", SYS_personality, 0x0400000UL);
  CALL("prctl-name", SYS_prctl, PR_SET_NAME, "boxed", 0, 0, 0);
  CALL("prctl-speculation", SYS_prctl, 53, 0, 2, 0, 0);
  CALL("mknod-fifo", SYS_mknodat, -100, "/tmp/fifo", 0010600, 0);
  CALL("mknod-device", SYS_mknodat, -100, "/tmp/device", 0020600, 0x103);
  CALL("sync", SYS_sync);
  CALL("fsync", SYS_fsync, 1);
  files();
  sizes();
  CALL("sched_setattr", SYS_sched_setattr, 0, 0, 0);
  CALL("number-that-is-none", 100000);
#ifdef __x86_64__
  foreign("i386", i386);
  foreign("x32", x32);
#endif
  return 0;
}
