/**
 * The system calls that a boxed program is refused by name (EPERM): those it could only want for leaving its box, for
 * looking into others, or for changing the machine. The kernel refuses a stranger most of them as well; faults in the code
 * behind them have let strangers out of boxes nevertheless.
 */
export const REFUSED: readonly string[] = [
  // Other namespaces and mounts.
  ...['unshare', 'setns', 'chroot', 'pivot_root', 'mount', 'umount', 'umount2', 'mount_setattr', 'move_mount'],
  ...['open_tree', 'open_tree_attr', 'fsopen', 'fsconfig', 'fsmount', 'fspick', 'statmount', 'listmount'],
  ...['name_to_handle_at', 'open_by_handle_at', 'quotactl', 'quotactl_fd', 'swapon', 'swapoff'],
  // Other processes.
  ...['ptrace', 'process_vm_readv', 'process_vm_writev', 'process_madvise', 'process_mrelease', 'kcmp', 'pidfd_getfd'],
  // Large machinery of the kernel that ordinary programs do without.
  ...['bpf', 'perf_event_open', 'userfaultfd', 'io_uring_setup', 'io_uring_enter', 'io_uring_register'],
  ...['keyctl', 'add_key', 'request_key', 'fanotify_init', 'fanotify_mark', 'lookup_dcookie', 'seccomp'],
  ...['vmsplice', 'modify_ldt', 'iopl', 'ioperm'],
  // The machine.
  ...['init_module', 'finit_module', 'delete_module', 'create_module', 'kexec_load', 'kexec_file_load', 'reboot'],
  ...['syslog', 'acct', 'settimeofday', 'clock_settime', 'clock_adjtime', 'adjtimex', 'stime', 'sethostname'],
  ...['setdomainname', 'vhangup', 'nfsservctl', 'ioprio_set'],
  // Memory of the kernel that older ones count to nobody's cgroup.
  ...['msgget', 'msgsnd', 'msgrcv', 'msgctl', 'mq_open', 'mq_unlink', 'semget', 'semop', 'semtimedop', 'semctl'],
  // Another user than the box's: there is none.
  ...[
    'setuid',
    'setgid',
    'setreuid',
    'setregid',
    'setresuid',
    'setresgid',
    'setfsuid',
    'setfsgid',
    'setgroups',
    'capset',
  ],
]

/**
 * Those that come to nothing and say that they were done (0). All that a box writes lies in memory, so that there is nothing
 * to bring to a disk; but done for real on a file of `/usr` they would have the machine's disk flush, or forget what it had
 * read, as often as a stranger likes, and the server's own writes wait for it.
 */
export const IDLE: readonly string[] = [
  'sync',
  'syncfs',
  'fsync',
  'fdatasync',
  'sync_file_range',
  'fadvise64',
  'readahead',
  // Locks are memory of the kernel that no cgroup counts, and one on a file of `/usr` has others of the machine wait.
  'flock',
]
