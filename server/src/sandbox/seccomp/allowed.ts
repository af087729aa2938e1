/**
 * The system calls that a boxed program may make: what compilers, interpreters and ordinary programs need, by name, for all
 * architectures at once. One that is in neither list is answered as by a kernel that does not have it, so that a newer
 * libc falls back to an older call. Those that may be made with some arguments only stand in `rules.ts` and `bounding.ts`.
 */
export const ALLOWED: readonly string[] = [
  // Files, as far as the box shows any.
  ...['read', 'write', 'readv', 'writev', 'pread64', 'pwrite64', 'preadv', 'pwritev', 'preadv2', 'pwritev2', 'lseek'],
  ...['creat', 'close', 'close_range', 'dup', 'dup2', 'dup3', 'umask'],
  ...['stat', 'fstat', 'lstat', 'newfstatat', 'statx', 'access', 'faccessat', 'faccessat2', 'statfs', 'fstatfs'],
  ...['readlink', 'readlinkat', 'getdents', 'getdents64', 'getcwd', 'chdir', 'fchdir', 'mkdir', 'mkdirat', 'rmdir'],
  ...['unlink', 'unlinkat', 'rename', 'renameat', 'renameat2', 'link', 'linkat', 'symlink', 'symlinkat'],
  ...['chmod', 'fchmod', 'fchmodat', 'fchmodat2', 'chown', 'fchown', 'lchown', 'fchownat'],
  ...['utime', 'utimes', 'utimensat', 'futimesat', 'truncate', 'ftruncate', 'fallocate'],
  ...['sendfile', 'copy_file_range', 'splice', 'tee'],
  ...['getxattr', 'lgetxattr', 'fgetxattr', 'listxattr', 'llistxattr', 'flistxattr'],
  ...['inotify_init', 'inotify_init1', 'inotify_add_watch', 'inotify_rm_watch'],
  // Memory: the cgroup bounds it.
  ...['brk', 'munmap', 'mprotect', 'mremap', 'madvise', 'mincore'],
  ...['mlock', 'mlock2', 'munlock', 'mlockall', 'munlockall', 'pkey_alloc', 'pkey_mprotect', 'pkey_free'],
  // Processes, threads and signals within the box.
  ...['fork', 'vfork', 'execve', 'execveat', 'exit', 'exit_group', 'wait4', 'waitid', 'restart_syscall'],
  ...['kill', 'tkill', 'tgkill', 'pidfd_open', 'pidfd_send_signal', 'pause', 'alarm'],
  ...['rt_sigaction', 'rt_sigprocmask', 'rt_sigpending', 'rt_sigreturn', 'rt_sigsuspend', 'rt_sigtimedwait'],
  ...['rt_sigqueueinfo', 'rt_tgsigqueueinfo', 'sigaltstack', 'signalfd', 'signalfd4'],
  ...['futex', 'futex_waitv', 'set_robust_list', 'get_robust_list', 'set_tid_address', 'rseq', 'membarrier'],
  ...[
    'arch_prctl',
    'getcpu',
    'sched_yield',
    'sched_getaffinity',
    'sched_setaffinity',
    'sched_getparam',
    'sched_setparam',
  ],
  ...['sched_getscheduler', 'sched_setscheduler', 'sched_getattr', 'sched_get_priority_max', 'sched_get_priority_min'],
  ...['sched_rr_get_interval', 'getpriority', 'setpriority', 'getrusage', 'getrlimit'],
  ...['getpid', 'getppid', 'gettid', 'getpgid', 'getpgrp', 'setpgid', 'getsid', 'setsid', 'capget'],
  ...['getuid', 'geteuid', 'getgid', 'getegid', 'getresuid', 'getresgid', 'getgroups', 'uname', 'sysinfo', 'getrandom'],
  // Time.
  ...['clock_gettime', 'clock_getres', 'clock_nanosleep', 'nanosleep', 'gettimeofday', 'time', 'times'],
  ...['setitimer', 'getitimer', 'timer_create', 'timer_settime', 'timer_gettime', 'timer_getoverrun', 'timer_delete'],
  ...['timerfd_create', 'timerfd_settime', 'timerfd_gettime'],
  // Waiting for several things.
  ...['poll', 'ppoll', 'select', 'pselect6', 'epoll_create', 'epoll_create1', 'epoll_ctl', 'epoll_ctl_old'],
  ...['epoll_wait', 'epoll_wait_old', 'epoll_pwait', 'epoll_pwait2', 'eventfd', 'eventfd2', 'pipe', 'pipe2'],
  // Talk among the processes of a box; `socket` itself stands in `rules.ts`.
  ...['connect', 'bind', 'listen', 'accept', 'accept4', 'shutdown', 'getsockname', 'getpeername', 'getsockopt'],
  ...['sendto', 'recvfrom', 'sendmsg', 'recvmsg', 'sendmmsg', 'recvmmsg'],
  ...['shmat', 'shmdt', 'shmctl'],
]
