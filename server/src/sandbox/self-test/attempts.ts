import type { BoxLimits } from '../box.ts'

/** What of a box's attempts can only be told from outside. */
export interface Bait {
  /** A file of this machine that everybody may read. */
  file: string
  /** Where somebody listens on this machine: a port of loopback, and a name that is abstract (unix(7)). */
  port: number
  abstract: string
}

/** In the folders that a box may write to, each. */
export const FOLDER_BYTES = 2_000_000
const FILE_BYTES = 1_500_000

/** Numbers of calls, for who makes them without a library. */
const NUMBERS: Partial<Record<NodeJS.Architecture, Record<string, number>>> = {
  x64: { ptrace: 101, mount: 165, keyctl: 250, unshare: 272, perf_event_open: 298, bpf: 321, io_uring_setup: 425 },
  arm64: { mount: 40, unshare: 97, ptrace: 117, keyctl: 219, perf_event_open: 241, bpf: 280, io_uring_setup: 425 },
}

/**
 * Tries to leave its box by all ways that a shell has, and prints of each `WORD VALUE...`: `namespace` of each kind, what the
 * kernel says of it (`status`), which places it could `write` to and which of those it could `fill`, what it `made`, and
 * what `calls` of the kernel answered, as an error number. What it reads of others it prints as it is.
 */
export function attempts({ file, port, abstract }: Bait): readonly [string, ...string[]] {
  const script = `
for kind in cgroup ipc mnt net pid user uts; do echo "namespace $kind $(readlink /proc/self/ns/$kind)"; done
while read -r name value rest; do
  case $name in Seccomp: | NoNewPrivs: | CapEff:) echo "status $name $value" ;; esac
done </proc/self/status
while read -r number parent device root point rest; do
  (echo x >"$point/ajar-attempt") 2>/dev/null || continue
  echo "write $point"
  head -c ${FILE_BYTES} /dev/zero >"$point/ajar-attempt" 2>/dev/null &&
    head -c ${FILE_BYTES} /dev/zero >"$point/ajar-attempt-2" 2>/dev/null && echo "fill $point"
  rm -f "$point/ajar-attempt" "$point/ajar-attempt-2"
done </proc/self/mountinfo
cat "$0" /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'
unshare --user --map-root-user true 2>/dev/null && echo 'made namespace'
unshare --net true 2>/dev/null && echo 'made network'
mount -t tmpfs none /tmp 2>/dev/null && echo 'made mount'
command -v perl >/dev/null && perl -e "$1"
command -v bash >/dev/null && bash -c ': <>/dev/tcp/127.0.0.1/${port}' 2>/dev/null && echo 'made connection'
echo 'end'`
  return ['/bin/sh', '-c', script, file, inPerl(port, abstract)]
}

/** Perl is on every Debian, and makes calls of the kernel without a compiler. */
function inPerl(port: number, abstract: string): string {
  const calls = Object.entries(NUMBERS[process.arch] ?? {}).map(([name, number]) => {
    // PTRACE_TRACEME, an empty mount, KEYCTL_GET_KEYRING_ID, a user namespace, and nothing.
    const first = name === 'unshare' ? 0x10000000 : 0
    return `told("${name}", syscall(${number}, ${first}, 0, 0, 0, 0) >= 0);`
  })
  return `
sub told { my ($name, $is_done) = @_; print "call $name ", $is_done ? 0 : $!+0, "\\n"; }
$| = 1;
told("socket", socket(my $inet, 2, 1, 0));
print "made connection\\n" if connect($inet, pack("S n C4 x8", 2, ${port}, 127, 0, 0, 1));
told("raw", socket(my $raw, 17, 3, 0));
socket(my $unix, 1, 1, 0);
print "made connection\\n" if connect($unix, pack("S a*", 1, "\\0${abstract}"));
open(my $null, "<", "/dev/null");
my $typed = "x";
told("tiocsti", ioctl($null, 0x5412, $typed));
${calls.join('\n')}`
}

/** Processes that together take more than `MANY_LARGE_BYTES`, though none of them does. */
export const MANY_LARGE = [
  '/bin/sh',
  '-c',
  'for i in 1 2 3 4 5 6; do (head -c 12000000 /dev/zero; sleep 1) | tail -c +2 | tail >/dev/null & done; wait',
] as const
export const MANY_LARGE_BYTES = 36_000_000
/** More of them than 12 at a time, but no more than 40. */
export const MANY = ['/bin/sh', '-c', 'i=0; while [ $i -lt 40 ]; do sleep 2 & i=$((i + 1)); done; wait'] as const
export const MOST_OF_MANY = 12
/** It would never end, and hears no signal. */
export const ENDLESS = ['/bin/sh', '-c', "trap '' TERM INT HUP; while :; do :; done"] as const
export const ENDLESS_MS = 300

/** Leaves behind what has no parent and no session any more, and can be known by its argument; it ends by itself. */
export function staying(mark: string): readonly [string, ...string[]] {
  return ['/bin/sh', '-c', 'setsid sleep "$0" </dev/null >/dev/null 2>&1 & sleep 0.05', mark]
}

export const LIMITS: BoxLimits = {
  ms: 20_000,
  memoryBytes: 64_000_000,
  processes: 40,
  folderBytes: FOLDER_BYTES,
  printedBytes: 200_000,
}
