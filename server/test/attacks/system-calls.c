// System calls that no program of a user needs, each with arguments that do no harm where nobody refuses it.
#include "attack.h"
#include <linux/sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/timex.h>
#include <sys/uio.h>

static char room[4096];

struct call {
  const char *name;
  long number;
  long arguments[6];
};
#define P(value) ((long)(value))
static const struct call calls[] = {
    {"mount", SYS_mount, {P("none"), P("/box"), P("tmpfs"), 0, 0}},
    {"umount2", SYS_umount2, {P("/proc"), 2}},
    {"pivot_root", SYS_pivot_root, {P("."), P(".")}},
    {"chroot", SYS_chroot, {P("/box")}},
    {"open_tree", SYS_open_tree, {AT_FDCWD, P("/"), 1}},
    {"move_mount", SYS_move_mount, {-1, P(""), -1, P(""), 0}},
    {"fsopen", SYS_fsopen, {P("tmpfs"), 0}},
    {"fsconfig", SYS_fsconfig, {-1, 0, 0, 0, 0}},
    {"fsmount", SYS_fsmount, {-1, 0, 0}},
    {"fspick", SYS_fspick, {AT_FDCWD, P("/"), 0}},
    {"mount_setattr", 442, {AT_FDCWD, P("/"), 0, P(room), 32}},
    {"unshare of users", SYS_unshare, {CLONE_NEWUSER}},
    {"unshare of mounts", SYS_unshare, {CLONE_NEWNS}},
    {"unshare of processes", SYS_unshare, {CLONE_NEWPID}},
    {"unshare of the network", SYS_unshare, {CLONE_NEWNET}},
    {"unshare of IPC", SYS_unshare, {CLONE_NEWIPC}},
    {"unshare of names", SYS_unshare, {CLONE_NEWUTS}},
    {"unshare of cgroups", SYS_unshare, {CLONE_NEWCGROUP}},
    {"unshare of time", SYS_unshare, {0x80}},
    {"setns", SYS_setns, {-1, 0}},
    {"ptrace, attaching", SYS_ptrace, {16, 1, 0, 0}},
    {"ptrace, seizing", SYS_ptrace, {0x4206, 1, 0, 0}},
    {"ptrace, being traced", SYS_ptrace, {0, 0, 0, 0}},
    {"process_vm_readv", SYS_process_vm_readv, {1, 0, 0, 0, 0, 0}},
    {"process_vm_writev", SYS_process_vm_writev, {1, 0, 0, 0, 0, 0}},
    {"process_madvise", SYS_process_madvise, {-1, 0, 0, 0, 0}},
    {"pidfd_getfd", SYS_pidfd_getfd, {-1, 0, 0}},
    {"kcmp", SYS_kcmp, {1, 1, 0, 0, 0}},
    {"bpf", SYS_bpf, {0, P(room), 0}},
    {"perf_event_open", SYS_perf_event_open, {P(room), 0, -1, -1, 0}},
    {"io_uring_setup", SYS_io_uring_setup, {1, P(room)}},
    {"io_uring_enter", SYS_io_uring_enter, {-1, 0, 0, 0, 0, 0}},
    {"io_uring_register", SYS_io_uring_register, {-1, 0, 0, 0}},
    {"userfaultfd", SYS_userfaultfd, {1}},
    {"memfd_secret", 447, {0}},
    {"add_key", SYS_add_key, {P("user"), P("ajar-attack"), P("x"), 1, -3}},
    {"request_key", SYS_request_key, {P("user"), P("ajar-attack"), 0, -3}},
    {"keyctl", SYS_keyctl, {0, -3, 1}},
    {"kexec_load", SYS_kexec_load, {0, 0, 0, 0}},
#ifdef SYS_kexec_file_load
    {"kexec_file_load", SYS_kexec_file_load, {-1, -1, 0, 0, 0}},
#endif
    {"init_module", SYS_init_module, {P(room), 0, P("")}},
    {"finit_module", SYS_finit_module, {-1, P(""), 0}},
    {"delete_module", SYS_delete_module, {P("ajar-attack"), 0}},
    {"swapon", SYS_swapon, {P("/box"), 0}},
    {"swapoff", SYS_swapoff, {P("/box")}},
    {"reboot", SYS_reboot, {0, 0, 0, 0}}, // without its magic numbers
    {"acct", SYS_acct, {P("/box/none")}},
    {"quotactl", SYS_quotactl, {0, 0, 0, 0}},
    {"syslog", SYS_syslog, {3, P(room), sizeof room}},
    {"settimeofday", SYS_settimeofday, {0, 0}},
    {"clock_settime", SYS_clock_settime, {0, P(room)}},
    {"sethostname", SYS_sethostname, {P("x"), 1}},
    {"setdomainname", SYS_setdomainname, {P("x"), 1}},
    {"vhangup", SYS_vhangup, {0}},
    {"open_by_handle_at", SYS_open_by_handle_at, {-1, P(room), 0}},
    {"name_to_handle_at", SYS_name_to_handle_at, {AT_FDCWD, P("/"), P(room), P(room), 0}},
    {"fanotify_init", SYS_fanotify_init, {0, 0}},
    {"move_pages", SYS_move_pages, {1, 0, 0, 0, 0, 0}},
    {"migrate_pages", SYS_migrate_pages, {1, 0, 0, 0}},
    {"personality with all readable pages executable", SYS_personality, {0x0400000}},
    {"setuid", SYS_setuid, {0}},
    {"setgid", SYS_setgid, {0}},
    {"setreuid", SYS_setreuid, {0, 0}},
    {"setresgid", SYS_setresgid, {0, 0, 0}},
    {"setgroups", SYS_setgroups, {1, P(room)}},
    {"mknod of a disk", SYS_mknodat, {AT_FDCWD, P("/box/disk"), S_IFBLK | 0600, 0x800}},
    {"mknod of all memory", SYS_mknodat, {AT_FDCWD, P("/box/mem"), S_IFCHR | 0600, 0x101}},
    {"ioctl TIOCSTI", SYS_ioctl, {0, TIOCSTI, P("x")}},
    {"ioctl TIOCLINUX", SYS_ioctl, {0, TIOCLINUX, P(room)}},
    {"ioctl TIOCSTI in more than 32 bits", SYS_ioctl, {0, P(TIOCSTI | 1L << 32), P("x")}},
#ifdef __x86_64__
    {"iopl", SYS_iopl, {3}},
    {"ioperm", SYS_ioperm, {0x80, 1, 1}},
    {"modify_ldt", SYS_modify_ldt, {0, P(room), 16}},
    {"a number of 32-bit programs on 64 bits", 0x40000000 | SYS_getpid, {0}},
    {"a number that no kernel has", 5000, {0}},
#endif
};

static const struct call *now;
static void attempt(const char *what) {
  const long *a = now->arguments;
  refused(what, syscall(now->number, a[0], a[1], a[2], a[3], a[4], a[5]));
}

/** A child in new namespaces, by either call. @param flags of clone(2) */
static void cloned(const char *what, long flags, int newer) {
  struct clone_args arguments = {.flags = flags, .exit_signal = SIGCHLD};
  long child = newer ? syscall(SYS_clone3, &arguments, sizeof arguments) : syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
  if (child == 0) _exit(0);
  refused(what, child);
}
static void clone_user(const char *what) { cloned(what, CLONE_NEWUSER, 0); }
static void clone_net(const char *what) { cloned(what, CLONE_NEWNET | CLONE_NEWUSER, 0); }
static void clone3_user(const char *what) { cloned(what, CLONE_NEWUSER, 1); }
static void clone3_plain(const char *what) { cloned(what, 0, 1); }

static void real_time(const char *what) {
  struct sched_param most = {.sched_priority = 1};
  refused(what, sched_setscheduler(0, SCHED_FIFO, &most));
}
static void before_others(const char *what) { refused(what, setpriority(PRIO_PROCESS, 0, -10)); }
static void more_than_allowed(const char *what) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max = limit.rlim_max + 1;
  refused(what, setrlimit(RLIMIT_NOFILE, &limit));
}
static void core_dumps(const char *what) {
  struct rlimit limit;
  getrlimit(RLIMIT_CORE, &limit);
  // A byte is none, also for a program that takes dumps through a pipe, which 0 does not keep from them.
  if (limit.rlim_max <= 1) kept(what, "none may be written");
  else through(what, "up to %lu bytes", (unsigned long)limit.rlim_max);
}
static void clock_of_all(const char *what) {
  struct timex change = {.modes = ADJ_TICK, .tick = 10000};
  refused(what, adjtimex(&change));
}
static void new_privileges(const char *what) {
  if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1) kept(what, "no new privileges");
  else through(what, "there may be new privileges");
}
static void filtered(const char *what) {
  if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 2) kept(what, "filtered");
  else through(what, "no filter");
}
#ifdef __x86_64__
/** getpid() as 32-bit programs call it. */
static void old_way(const char *what) {
  long result = 20;
  __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
  errno = result < 0 ? -result : 0;
  refused(what, result < 0 ? -1 : result);
}
#endif

int main(void) {
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
    now = &calls[i];
    in_child(now->name, attempt);
  }
  in_child("clone with a namespace of users", clone_user);
  in_child("clone with a namespace of networks", clone_net);
  in_child("clone3 with a namespace of users", clone3_user);
  in_child("clone3", clone3_plain);
  in_child("scheduling in real time", real_time);
  in_child("a priority before others", before_others);
  in_child("raising a limit", more_than_allowed);
  in_child("core dumps", core_dumps);
  in_child("the clock", clock_of_all);
  in_child("new privileges", new_privileges);
  in_child("the filter", filtered);
#ifdef __x86_64__
  in_child("a call as of 32-bit programs", old_way);
#endif
  printf("done\n");
  return 0;
}
